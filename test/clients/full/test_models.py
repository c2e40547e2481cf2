"""Models that the client trains, logs, registers and loads again."""

import os

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from packaging.version import Version
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

# From 3.12 on the client refuses to log tree models until their type is named as trusted.
newer = Version(mlflow.__version__) >= Version("3.12")
trees = {"skops_trusted_types": ["sklearn.tree._tree.Tree"]} if newer else {}

X, y = make_classification(n_samples=200, n_features=4, random_state=42)


def register_forest(name, depth):
    """One more version of `name`: a small forest. Its run's id, and what it predicts for X."""
    with mlflow.start_run() as active:
        model = RandomForestClassifier(n_estimators=5, max_depth=depth, random_state=42).fit(X, y)
        mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(X, model.predict(X)),
            registered_model_name=name,
            pip_requirements=["scikit-learn"],
            **trees,
        )
    return active.info.run_id, model.predict(X)


@pytest.mark.worker
@pytest.mark.smoke
def test_a_registered_model_loads_by_every_address(client, experiment, unique):
    run_id, first = register_forest(unique, 1)
    _, second = register_forest(unique, 4)
    client.transition_model_version_stage(unique, "1", "Production")
    client.transition_model_version_stage(
        unique, "2", "Production", archive_existing_versions=True
    )
    client.set_registered_model_alias(unique, "champion", "2")
    model_id = client.get_model_version(unique, "1").source.rsplit("/", 1)[-1]
    assert model_id.startswith("m-")
    expected = {
        f"models:/{unique}/1": first,
        f"models:/{unique}/Archived": first,
        f"models:/{model_id}": first,
        f"runs:/{run_id}/model": first,
        f"models:/{unique}/Production": second,
        f"models:/{unique}/latest": second,
        f"models:/{unique}@champion": second,
    }
    for uri, predictions in expected.items():
        loaded = mlflow.pyfunc.load_model(uri)
        assert np.array_equal(loaded.predict(X), predictions), uri


@pytest.mark.ours
@pytest.mark.worker
def test_a_version_in_production_survives_all_that_happens_to_its_run(client, experiment, unique):
    import requests

    run_id, predictions = register_forest(unique, 2)
    client.transition_model_version_stage(unique, "1", "Production")
    model_id = client.get_model_version(unique, "1").source.rsplit("/", 1)[-1]
    folder = f"{experiment.experiment_id}/models/{model_id}/artifacts"
    base = f"{mlflow.get_tracking_uri()}/api/2.0/mlflow-artifacts/artifacts/{folder}"
    assert requests.put(f"{base}/MLmodel", data=b"broken").status_code == 200
    assert requests.delete(f"{base}/model.skops").status_code == 200
    client.delete_logged_model(model_id)
    client.delete_run(run_id)
    client.delete_experiment(experiment.experiment_id)
    loaded = mlflow.sklearn.load_model(f"models:/{unique}/Production")
    assert np.array_equal(loaded.predict(X), predictions)


class Doubler(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["factor"]) as file:
            self.factor = int(file.read())

    def predict(self, context, model_input, params=None):
        return model_input * self.factor


def test_a_pyfunc_brings_its_code_and_files_along(client, experiment, unique, tmp_path):
    factor = tmp_path / "factor.txt"
    factor.write_text("2")
    code = tmp_path / "code_of_model"
    code.mkdir()
    (code / "__init__.py").write_text("answer = 42\n")
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="doubler",
            python_model=Doubler(),
            artifacts={"factor": str(factor)},
            code_paths=[str(code)],
            registered_model_name=unique,
            pip_requirements=[],
        )
    loaded = mlflow.pyfunc.load_model(f"models:/{unique}/1")
    assert loaded.predict(pd.DataFrame({"a": [1, 2]}))["a"].tolist() == [2, 4]
    path = mlflow.artifacts.download_artifacts(f"models:/{unique}/1")
    assert os.path.isfile(f"{path}/code/code_of_model/__init__.py")


@pytest.mark.worker
def test_autolog_records_a_grid_search_as_nested_runs(client, experiment):
    mlflow.sklearn.autolog(log_models=True, silent=True, max_tuning_runs=3)
    try:
        with mlflow.start_run() as active:
            search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2)
            search.fit(X, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    parent = client.get_run(active.info.run_id)
    assert parent.data.params["best_C"] in {"0.1", "1.0", "10.0"}
    assert "training_score" in parent.data.metrics
    children = client.search_runs(
        [experiment.experiment_id], f"tags.mlflow.parentRunId = '{active.info.run_id}'"
    )
    assert sorted(float(child.data.params["C"]) for child in children) == [0.1, 1.0, 10.0]
    assert all("mean_test_score" in child.data.metrics for child in children)
    (dataset, *_) = parent.inputs.dataset_inputs
    assert dataset.dataset.source_type == "code"


def test_a_model_registered_from_its_run_names_the_run(client, experiment, unique):
    with mlflow.start_run() as active:
        model = LogisticRegression().fit(X, y)
        mlflow.sklearn.log_model(model, name="model")
    made = mlflow.register_model(f"runs:/{active.info.run_id}/model", unique, tags={"k": "v"})
    assert str(made.version) == "1"
    found = client.get_model_version(unique, "1")
    assert (found.run_id, found.tags) == (active.info.run_id, {"k": "v"})
    assert np.array_equal(
        mlflow.sklearn.load_model(f"models:/{unique}/1").predict(X), model.predict(X)
    )
