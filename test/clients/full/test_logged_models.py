"""Logged models, which MLflow 3 keeps beside runs."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException


@pytest.mark.worker
def test_a_logged_model_lives_from_pending_to_deleted(client, experiment, tmp_path):
    made = client.create_logged_model(
        experiment.experiment_id,
        name="scorer",
        tags={"team": "risk"},
        params={"depth": "3"},
        model_type="agent",
    )
    assert made.model_id.startswith("m-")
    assert str(made.status) in ("LoggedModelStatus.PENDING", "PENDING")
    note = tmp_path / "note.txt"
    note.write_text("hello")
    client.log_model_artifact(made.model_id, str(note))
    client.log_model_params(made.model_id, {"width": "5"})
    client.set_logged_model_tags(made.model_id, {"k": "v", "gone": "x"})
    client.delete_logged_model_tag(made.model_id, "gone")
    client.finalize_logged_model(made.model_id, "READY")

    model = client.get_logged_model(made.model_id)
    assert (model.name, model.model_type) == ("scorer", "agent")
    assert model.params == {"depth": "3", "width": "5"}
    assert model.tags == {"team": "risk", "k": "v"}
    assert str(model.status) in ("LoggedModelStatus.READY", "READY")
    path = mlflow.artifacts.download_artifacts(f"models:/{made.model_id}")
    with open(f"{path}/note.txt") as file:
        assert file.read() == "hello"

    client.delete_logged_model(made.model_id)
    with pytest.raises(MlflowException) as refused:
        client.get_logged_model(made.model_id)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.worker
def test_logged_models_are_found_by_their_metrics_and_in_pages(client, experiment):
    ids = []
    with mlflow.start_run():
        for n in range(7):
            model = mlflow.create_external_model(name=f"model-{n}", params={"n": str(n)})
            mlflow.log_metric("auc", n / 10, model_id=model.model_id)
            ids.append(model.model_id)
    where = {"experiment_ids": [experiment.experiment_id]}
    best = client.search_logged_models(
        **where,
        filter_string="metrics.auc >= 0.4",
        order_by=[{"field_name": "metrics.auc", "ascending": False}],
    )
    assert [model.model_id for model in best] == [ids[6], ids[5], ids[4]]
    named = client.search_logged_models(**where, filter_string="name = 'model-3'")
    assert [model.model_id for model in named] == [ids[3]]
    seen, token = [], None
    while True:
        page = client.search_logged_models(**where, max_results=3, page_token=token)
        seen += [model.model_id for model in page]
        token = page.token
        if not token:
            break
    assert len(seen) == 7
    assert set(seen) == set(ids)


def test_a_run_names_the_models_it_made(client, experiment):
    with mlflow.start_run() as active:
        model = mlflow.initialize_logged_model(name="made-here")
        mlflow.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(
            active.info.run_id, [mlflow.entities.LoggedModelOutput(model.model_id, step=1)]
        )
    outputs = client.get_run(active.info.run_id).outputs.model_outputs
    assert model.model_id in [output.model_id for output in outputs]
    assert client.get_logged_model(model.model_id).source_run_id == active.info.run_id


def test_a_model_that_is_not_there_is_an_error_by_name(client):
    with pytest.raises(MlflowException) as refused:
        client.get_logged_model("m-" + "0" * 32)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"
