"""`gatehouse import mlflow` from MLflow's own server, read back by MLflow's client."""

import mlflow
import pytest
from filled import datasets_of
from mlflow import MlflowClient


@pytest.fixture(scope="module")
def moved(filled, gatehouse, server):
    url, _, ids = filled
    first = gatehouse("import", "mlflow", url, "--server", server, "--json")
    return MlflowClient(url), MlflowClient(server), ids, first, url


def runs_of(client, experiment_id):
    return {run.info.run_id: run for run in client.search_runs([experiment_id], run_view_type=3)}


def test_everything_of_tracking_is_the_same_on_both_sides(moved):
    there, here, _, report, _ = moved
    assert report["differing"] == 0, report
    assert report["counts"]["runs"]["added"] == 5
    for old in there.search_experiments(view_type=3):
        new = here.get_experiment_by_name(old.name)
        if old.experiment_id != "0":
            assert (new.lifecycle_stage, new.creation_time, new.tags) == (
                old.lifecycle_stage,
                old.creation_time,
                old.tags,
            )
        found = runs_of(here, new.experiment_id)
        for run_id, run in runs_of(there, old.experiment_id).items():
            copy = found[run_id]
            assert copy.data.params == run.data.params
            assert copy.data.tags == run.data.tags
            assert datasets_of(copy) == datasets_of(run)
            for field in ["run_name", "user_id", "status", "start_time", "end_time", "lifecycle_stage"]:
                assert getattr(copy.info, field) == getattr(run.info, field), field
            for key in run.data.metrics:
                points = [
                    [(m.timestamp, m.step, repr(m.value)) for m in c.get_metric_history(run_id, key)]
                    for c in (there, here)
                ]
                assert points[0] == points[1]


def test_files_and_logged_models_come_along(moved, server):
    there, here, ids, _, _ = moved
    mlflow.set_tracking_uri(server)
    assert mlflow.artifacts.load_text(f"runs:/{ids[0]}/notes/ä b.txt") == "hello ä"
    assert mlflow.pyfunc.load_model(f"runs:/{ids[0]}/model").predict(["x"]) == ["x"]
    for model in there.search_logged_models([there.get_run(ids[0]).info.experiment_id]):
        copy = here.get_logged_model(model.model_id)
        assert (copy.params, copy.creation_timestamp, copy.source_run_id) == (
            model.params,
            model.creation_timestamp,
            model.source_run_id,
        )


def versions_of(client, name):
    return {
        v.version: (v.current_stage, v.creation_timestamp, v.description, v.tags, v.run_id, v.status)
        for v in client.search_model_versions(f"name='{name}'")
    }


def test_versions_keep_numbers_stages_aliases_and_load(moved, server):
    there, here, ids, _, _ = moved
    for name in ["fraud", "fraud-prod"]:
        assert versions_of(here, name) == versions_of(there, name)
        old, new = there.get_registered_model(name), here.get_registered_model(name)
        assert (new.aliases, new.tags, new.creation_timestamp) == (
            old.aliases,
            old.tags,
            old.creation_timestamp,
        )
    assert {str(version) for version in versions_of(here, "fraud")} == {"1", "2", "4"}
    mlflow.set_tracking_uri(server)
    for uri in ["models:/fraud/Production", "models:/fraud@champion", "models:/fraud-prod/1"]:
        assert mlflow.pyfunc.load_model(uri).predict(["x"]) == ["x"]
    assert mlflow.genai.load_prompt("prompts:/greet/2").template == "Hi {{name}}"
    assert mlflow.genai.load_prompt("prompts:/greet@prod").version == 1


def test_a_second_import_adds_nothing_and_takes_what_is_new(moved, gatehouse, server):
    there, here, ids, _, url = moved
    again = gatehouse("import", "mlflow", url, "--server", server, "--json")
    assert again["differing"] == 0
    assert {kind: n["added"] + n["updated"] for kind, n in again["counts"].items()} == {
        kind: 0 for kind in again["counts"]
    }
    there.log_metric(ids[0], "loss", 0.1, step=9)
    there.create_run(there.get_run(ids[0]).info.experiment_id, run_name="fresh")
    third = gatehouse("import", "mlflow", url, "--server", server, "--json")
    assert (third["counts"]["runs"]["added"], third["counts"]["runs"]["updated"]) == (1, 1)
    assert here.get_metric_history(ids[0], "loss")[-1].value == 0.1


def test_a_difference_is_told_and_ends_with_code_1(moved, gatehouse, server):
    _, here, ids, _, url = moved
    here.set_tag(ids[1], "mlflow.note.content", "changed here")
    out = gatehouse("import", "mlflow", url, "--server", server, code=1)
    assert f"differs: run {ids[1]}" in out
    here.delete_tag(ids[1], "mlflow.note.content")


def test_a_number_that_was_given_out_there_is_not_given_again_here(moved):
    _, here, _, _, _ = moved
    assert str(here.create_model_version("fraud", "s3://x/y").version) == "5"


def test_a_server_that_is_none_is_one_line(gatehouse, server):
    out = gatehouse("import", "mlflow", "http://127.0.0.1:9", "--server", server, code=1)
    assert out == ""
