"""Model cards that the client logs, and that the server keeps as the first revision."""

import json
import urllib.request
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

X, y = make_classification(n_samples=50, n_features=3, n_redundant=0, random_state=1)

README = """---
license: apache-2.0
tags: [fraud]
---
# Model card for fraud

## Limitations

Blind to *gift cards*.
"""


def card_of(server, name, version, rest=""):
    url = f"{server}/api/v1/models/{name}/versions/{version}/card{rest}"
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def register(name, how, requirements=("scikit-learn",)):
    """A small model in a run of its own; `how` logs the card, given the model's info.

    MLflow finds out itself what the model requires where `requirements` is None.
    """
    with mlflow.start_run() as run:
        mlflow.log_param("c", 1)
        mlflow.log_metric("accuracy", 0.9)
        frame = pd.DataFrame(X, columns=["a", "b", "c"])
        dataset = mlflow.data.from_pandas(frame, name="transactions")
        mlflow.log_input(dataset, context="training")
        model = LogisticRegression().fit(X, y)
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, model.predict(X)),
            pip_requirements=requirements and list(requirements),
        )
        how(info)
    version = mlflow.register_model(info.model_uri, name)
    return run.info.run_id, version.version


@pytest.mark.worker
def test_a_card_logged_beside_the_model_is_the_first_revision(server, experiment, unique, tmp_path):
    card = Path(tmp_path, "model_card.md")
    card.write_text("## Limitations\n\nBlind to *gift cards*.\n")
    run_id, version = register(unique, lambda _: mlflow.log_artifact(str(card)), None)
    kept = json.loads(card_of(server, unique, version))
    assert kept["revision"] == 1
    assert kept["imported_from"].endswith("model_card.md")
    assert kept["card"] == {"limitations": "Blind to *gift cards*."}
    derived = kept["derived"]
    assert derived["run_id"] == run_id
    assert derived["experiment"] == experiment.name
    assert derived["params"] == {"c": "1"}
    assert derived["metrics"]["accuracy"] == 0.9
    assert [dataset["name"] for dataset in derived["datasets"]] == ["transactions"]
    assert [column["name"] for column in derived["signature"]["inputs"]] == ["a", "b", "c"]
    assert derived["flavors"] == ["sklearn"]
    assert any(line.startswith("scikit-learn==") for line in derived["environment"])
    assert derived["digest"].startswith("sha256:")


def test_a_hugging_face_readme_among_the_model_s_files_is_one_too(
    server, client, experiment, unique, tmp_path
):
    readme = Path(tmp_path, "README.md")
    readme.write_text(README)

    def log(info):
        client.log_model_artifact(info.model_id, str(readme))

    _, version = register(unique, log)
    kept = json.loads(card_of(server, unique, version))
    assert kept["imported_from"] == "README.md"
    assert kept["card"]["licence"] == "apache-2.0"
    assert kept["card"]["limitations"] == "Blind to *gift cards*."
    assert "fraud" in kept["card"]["notes"]
    exported = card_of(server, unique, version, ".md?format=huggingface")
    assert exported.startswith("---\nlicense: apache-2.0\n")
    assert "Blind to <em>gift cards</em>." in card_of(server, unique, version, ".html")


def test_a_version_without_a_card_has_none_yet(server, experiment, unique):
    _, version = register(unique, lambda _: None)
    kept = json.loads(card_of(server, unique, version))
    assert (kept["revision"], kept["card"]) == (0, {})
