"""Experiments and runs, as every client generation from 1.30 on uses them."""

import math
import time

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType
from mlflow.exceptions import MlflowException


@pytest.mark.worker
@pytest.mark.smoke
def test_what_a_run_logs_is_what_it_reads_back(client, experiment):
    with mlflow.start_run(run_name="baseline") as active:
        mlflow.log_param("n_estimators", 100)
        mlflow.log_params({"depth": 3, "größe": "ü"})
        mlflow.log_metric("accuracy", 0.1 + 0.2)
        mlflow.log_metrics({"loss": 1e-300, "auc": -1.5}, step=3)
        mlflow.set_tag("team", "risk")
        mlflow.set_tags({"a": "b", "c": ""})
    run = client.get_run(active.info.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.end_time >= run.info.start_time > 0
    assert run.info.experiment_id == experiment.experiment_id
    assert run.data.params == {"n_estimators": "100", "depth": "3", "größe": "ü"}
    assert run.data.metrics == {"accuracy": 0.1 + 0.2, "loss": 1e-300, "auc": -1.5}
    assert run.data.tags["mlflow.runName"] == "baseline"
    assert run.data.tags["team"] == "risk"
    assert run.data.tags["c"] == ""


@pytest.mark.worker
def test_a_metric_keeps_its_thousand_steps(client, run):
    now = int(time.time() * 1000)
    points = [Metric("loss", 1 / (step + 1), now + step, step) for step in range(1000)]
    client.log_batch(run.info.run_id, metrics=points)
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value, m.timestamp) for m in history] == [
        (m.step, m.value, m.timestamp) for m in points
    ]
    assert client.get_run(run.info.run_id).data.metrics["loss"] == 1 / 1000


@pytest.mark.worker
def test_nan_infinity_and_large_integers_survive(client, run):
    run_id = run.info.run_id
    far = 2**53 + 1
    client.log_metric(run_id, "nan", math.nan, timestamp=1, step=0)
    client.log_metric(run_id, "inf", math.inf, timestamp=1, step=0)
    client.log_metric(run_id, "minus", -math.inf, timestamp=1, step=0)
    client.log_metric(run_id, "far", 5e-324, timestamp=far, step=far)
    client.log_metric(run_id, "most", 1.0, timestamp=1, step=2**63 - 1)
    metrics = client.get_run(run_id).data.metrics
    assert math.isnan(metrics["nan"])
    # MLflow's own server clamps infinities to the largest double.
    assert metrics["inf"] >= 1.7976931348623157e308
    assert metrics["minus"] <= -1.7976931348623157e308
    (point,) = client.get_metric_history(run_id, "far")
    assert (point.value, point.timestamp, point.step) == (5e-324, far, far)
    (point,) = client.get_metric_history(run_id, "most")
    assert point.step == 2**63 - 1


def test_a_batch_is_kept_whole_or_not_at_all(client, run):
    run_id = run.info.run_id
    client.log_param(run_id, "lr", "0.1")
    with pytest.raises(MlflowException) as refused:
        client.log_batch(
            run_id,
            metrics=[Metric("m", 1.0, 1, 0)],
            params=[Param("new", "1"), Param("lr", "0.2")],
            tags=[RunTag("t", "v")],
        )
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    data = client.get_run(run_id).data
    assert data.params == {"lr": "0.1"}
    assert data.metrics == {}
    assert "t" not in data.tags


@pytest.mark.worker
def test_runs_are_found_by_params_metrics_tags_and_order(client, experiment):
    for n in range(6):
        with mlflow.start_run(run_name=f"run {n}"):
            mlflow.log_param("depth", n)
            mlflow.log_metric("auc", n / 10)
            mlflow.set_tag("parity", "odd" if n % 2 else "even")
    ids = [experiment.experiment_id]

    def names(filter_string, **options):
        found = client.search_runs(ids, filter_string, **options)
        return [r.data.tags["mlflow.runName"] for r in found]

    assert names("metrics.auc > 0.25", order_by=["metrics.auc DESC"]) == ["run 5", "run 4", "run 3"]
    assert names("params.depth = '2'") == ["run 2"]
    assert names("tags.parity = 'odd' and metrics.auc < 0.4", order_by=["metrics.auc"]) == [
        "run 1",
        "run 3",
    ]
    assert names("tags.`mlflow.runName` LIKE 'run%'", order_by=["params.depth"], max_results=2) == [
        "run 0",
        "run 1",
    ]
    assert names("attributes.status = 'FAILED'") == []


def test_pages_cover_every_run_once(client, experiment):
    ids = [experiment.experiment_id]
    made = {client.create_run(experiment.experiment_id).info.run_id for _ in range(25)}
    seen, token = [], None
    while True:
        page = client.search_runs(ids, max_results=7, page_token=token)
        seen += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert len(seen) == 25
    assert set(seen) == made


def test_a_deleted_run_comes_back(client, experiment):
    ids = [experiment.experiment_id]
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert [r.info.run_id for r in client.search_runs(ids)] == []
    (deleted,) = client.search_runs(ids, run_view_type=ViewType.DELETED_ONLY)
    assert deleted.info.run_id == run_id
    with pytest.raises(MlflowException) as refused:
        client.log_metric(run_id, "m", 1.0)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    client.restore_run(run_id)
    client.set_terminated(run_id, RunStatus.to_string(RunStatus.FAILED))
    assert client.get_run(run_id).info.status == "FAILED"


@pytest.mark.worker
def test_an_experiment_is_made_renamed_tagged_deleted_and_restored(client, unique):
    experiment_id = client.create_experiment(unique)
    client.set_experiment_tag(experiment_id, "team", "risk")
    client.rename_experiment(experiment_id, f"{unique}-new")
    found = client.get_experiment_by_name(f"{unique}-new")
    assert found.experiment_id == experiment_id
    assert found.tags == {"team": "risk"}
    assert found.artifact_location == f"mlflow-artifacts:/{experiment_id}"
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert client.get_experiment_by_name(unique) is None


def test_the_default_experiment_is_there(client):
    default = client.get_experiment("0")
    assert default.name == "Default"


def test_a_tag_is_deleted_once(client, run):
    client.set_tag(run.info.run_id, "k", "v")
    client.delete_tag(run.info.run_id, "k")
    assert "k" not in client.get_run(run.info.run_id).data.tags
    with pytest.raises(MlflowException) as refused:
        client.delete_tag(run.info.run_id, "k")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.worker
def test_nested_runs_name_their_parent(client, experiment):
    with mlflow.start_run() as parent:
        for n in range(3):
            with mlflow.start_run(nested=True):
                mlflow.log_param("n", n)
    children = client.search_runs(
        [experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    )
    assert sorted(child.data.params["n"] for child in children) == ["0", "1", "2"]


def error_of(call):
    """The code of the error that `call` ends with, and that it came without retrying."""
    started = time.monotonic()
    with pytest.raises(MlflowException) as refused:
        call()
    assert time.monotonic() - started < 5
    return refused.value.error_code


@pytest.mark.worker
def test_errors_reach_the_client_at_once_and_by_name(client, experiment, run, unique):
    experiment_id = experiment.experiment_id
    run_id = run.info.run_id
    assert error_of(lambda: client.get_run("0" * 32)) == "RESOURCE_DOES_NOT_EXIST"
    assert error_of(lambda: client.get_experiment("99999999")) == "RESOURCE_DOES_NOT_EXIST"
    assert error_of(lambda: client.create_experiment(experiment.name)) == "RESOURCE_ALREADY_EXISTS"
    assert error_of(lambda: client.search_runs([experiment_id], "nonsense ==")) == (
        "INVALID_PARAMETER_VALUE"
    )
    client.log_param(run_id, "p", "1")
    assert error_of(lambda: client.log_param(run_id, "p", "2")) == "INVALID_PARAMETER_VALUE"
