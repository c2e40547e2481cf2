"""`gatehouse export mlflow` into MLflow's own server, read back by MLflow's client."""

import os
import signal
import subprocess
import time

import mlflow
import pytest
from filled import datasets_of
from mlflow import MlflowClient


@pytest.fixture(scope="module")
def exported(filled, start_mlflow, gatehouse, tmp_path_factory):
    """What went from an MLflow server into a Gatehouse, and from there into another MLflow server."""
    url, _, ids = filled
    data = str(tmp_path_factory.mktemp("between"))
    gatehouse("import", "mlflow", url, "--data", data)
    target, _ = start_mlflow()
    report = gatehouse("export", "mlflow", target, "--data", data, "--json")
    return MlflowClient(url), MlflowClient(target), ids, report, data


def own_tags(tags):
    return {k: v for k, v in tags.items() if not k.startswith("gatehouse.")}


def test_everything_of_tracking_is_the_same_on_both_sides(exported):
    there, back, _, report, _ = exported
    assert report["differing"] == 0, report
    assert report["counts"]["runs"]["added"] == len(report["ids"]["runs"])
    for old in there.search_experiments(view_type=3):
        new = back.get_experiment_by_name(old.name)
        assert (new.lifecycle_stage, own_tags(new.tags)) == (old.lifecycle_stage, old.tags)
        for run in there.search_runs([old.experiment_id], run_view_type=3):
            copy = back.get_run(report["ids"]["runs"][run.info.run_id])
            assert copy.info.experiment_id == new.experiment_id
            assert copy.data.tags["gatehouse.source_id"] == run.info.run_id
            assert copy.data.params == run.data.params
            assert datasets_of(copy) == datasets_of(run)
            for field in ["run_name", "user_id", "status", "start_time", "end_time", "lifecycle_stage"]:
                assert getattr(copy.info, field) == getattr(run.info, field), field
            for key in run.data.metrics:
                points = [
                    [(m.timestamp, m.step, repr(m.value)) for m in c.get_metric_history(id, key)]
                    for c, id in ((there, run.info.run_id), (back, copy.info.run_id))
                ]
                assert points[0] == points[1]


def test_files_and_logged_models_come_along(exported):
    there, back, ids, report, _ = exported
    mlflow.set_tracking_uri(back.tracking_uri)
    run_id = report["ids"]["runs"][ids[0]]
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/ä b.txt") == "hello ä"
    assert mlflow.pyfunc.load_model(f"runs:/{run_id}/model").predict(["x"]) == ["x"]
    for model in there.search_logged_models([there.get_run(ids[0]).info.experiment_id]):
        copy = back.get_logged_model(report["ids"]["logged_models"][model.model_id])
        assert (copy.name, copy.params, copy.status) == (model.name, model.params, model.status)
        assert copy.source_run_id == report["ids"]["runs"][model.source_run_id]
        assert copy.tags["mlflow.modelVersions"] == model.tags["mlflow.modelVersions"]
        figures = [
            sorted((m.key, m.value, m.timestamp, m.step, m.dataset_name) for m in one.metrics or [])
            for one in (model, copy)
        ]
        assert figures[0] == figures[1]


def test_versions_keep_numbers_stages_aliases_and_load(exported):
    there, back, _, report, _ = exported
    for name in ["fraud", "fraud-prod"]:
        sides = []
        for client in (there, back):
            versions = client.search_model_versions(f"name='{name}'")
            sides.append(
                {v.version: (v.current_stage, v.description, own_tags(v.tags)) for v in versions}
            )
        assert sides[0] == sides[1]
        old, new = there.get_registered_model(name), back.get_registered_model(name)
        assert (new.aliases, own_tags(new.tags)) == (old.aliases, old.tags)
    runs = report["ids"]["runs"]
    for version in there.search_model_versions("name='fraud'"):
        copy = back.get_model_version("fraud", version.version)
        assert copy.run_id == runs[version.run_id]
    mlflow.set_tracking_uri(back.tracking_uri)
    for uri in ["models:/fraud/Production", "models:/fraud@champion", "models:/fraud-prod/1"]:
        assert mlflow.pyfunc.load_model(uri).predict(["x"]) == ["x"]
    assert mlflow.genai.load_prompt("prompts:/greet/2").template == "Hi {{name}}"
    assert mlflow.genai.load_prompt("prompts:/greet@prod").version == 1


def test_what_mlflow_takes_from_nobody_is_told(exported):
    _, _, _, report, _ = exported
    assert report["not_kept"]["users who made versions"] == 6
    assert any(what.startswith("ids of runs") for what in report["not_kept"])


def test_a_second_export_adds_nothing_and_takes_what_is_new(exported, gatehouse):
    there, back, ids, report, data = exported
    args = ["export", "mlflow", back.tracking_uri, "--data", data, "--json"]
    again = gatehouse(*args)
    assert again["differing"] == 0, again
    assert again["ids"] == report["ids"]
    changed = {kind: n["added"] + n["updated"] for kind, n in again["counts"].items()}
    assert changed == dict.fromkeys(changed, 0)
    there.log_metric(ids[0], "loss", 0.1, step=9)
    there.set_model_version_tag("fraud", "2", "validated", "again")
    gatehouse("import", "mlflow", there.tracking_uri, "--data", data)
    third = gatehouse(*args)
    assert third["differing"] == 0, third
    assert (third["counts"]["runs"]["updated"], third["counts"]["versions"]["updated"]) == (1, 1)
    assert back.get_metric_history(report["ids"]["runs"][ids[0]], "loss")[-1].value == 0.1


def test_what_somebody_changed_there_is_told_and_ends_with_code_1(exported, gatehouse):
    _, back, ids, report, data = exported
    run_id = report["ids"]["runs"][ids[1]]
    back.set_tag(run_id, "mlflow.note.content", "changed there")
    out = gatehouse("export", "mlflow", back.tracking_uri, "--data", data, code=1)
    assert f"differs: run {run_id} there" in out
    back.delete_tag(run_id, "mlflow.note.content")


def test_a_name_that_is_taken_there_is_refused_and_told(exported, gatehouse, start_mlflow):
    *_, data = exported
    target, _ = start_mlflow()
    other = MlflowClient(target)
    other.create_experiment("fraud")
    other.create_registered_model("fraud")
    out = gatehouse("export", "mlflow", target, "--data", data, code=1)
    assert "experiment of that name is there that is not of this server" in out
    assert "a model or prompt of that name is there that is not of this server" in out
    assert other.search_runs([other.get_experiment_by_name("fraud").experiment_id]) == []
    assert other.search_model_versions("name='fraud'") == []


def test_cut_off_half_way_the_same_command_goes_on(gatehouse, start_mlflow, tmp_path):
    data = str(tmp_path / "data")
    source, _ = start_mlflow()
    client = MlflowClient(source)
    experiment = client.create_experiment("many")
    runs = [client.create_run(experiment).info.run_id for _ in range(60)]
    for run in runs:
        client.log_metric(run, "loss", 0.5, step=1)
    client.create_registered_model("gaps")
    for number in range(1, 6):
        client.create_model_version("gaps", "s3://bucket/x")
        if number % 2:
            client.delete_model_version("gaps", str(number))
    gatehouse("import", "mlflow", source, "--data", data)
    target, _ = start_mlflow()
    args = ["export", "mlflow", target, "--data", data, "--jobs", "2"]
    back = MlflowClient(target)
    for wanted in (20, 40):
        process = subprocess.Popen(
            [os.environ["GATEHOUSE_COMMAND"], *args], start_new_session=True, stdout=subprocess.DEVNULL
        )
        deadline = time.time() + 120
        while whole_runs(back) < wanted and process.poll() is None:
            assert time.time() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert wanted <= whole_runs(back) < 60
    report = gatehouse(*args, "--json")
    assert report["differing"] == 0, report
    assert report["counts"]["runs"]["unchanged"] >= wanted
    found = back.search_runs([back.get_experiment_by_name("many").experiment_id], run_view_type=3)
    assert len(found) == len({run.data.tags["gatehouse.source_id"] for run in found}) == 60
    assert {v.version for v in back.search_model_versions("name='gaps'")} == {"2", "4"}


def whole_runs(client):
    experiment = client.get_experiment_by_name("many")
    if experiment is None:
        return 0
    found = client.search_runs([experiment.experiment_id], "tags.`gatehouse.digest` != ''")
    return len(found)


def test_a_server_that_is_none_is_one_line(gatehouse, exported):
    assert gatehouse("export", "mlflow", "http://127.0.0.1:9", "--data", exported[4], code=1) == ""
