"""`gatehouse import` into the server under test, whatever runtime it has."""

import json
import os
import subprocess

import pytest


@pytest.mark.worker
def test_a_file_store_is_taken_over(tmp_path, monkeypatch, server, client, unique):
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, DatasetInput, Metric, Param

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    store = tmp_path / "mlruns"
    there = MlflowClient(tracking_uri=f"file://{store}", registry_uri=f"file://{store}")
    experiment = there.create_experiment(unique)
    points = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(50)]
    wide = Dataset(unique, "w1", "local", "{}", profile="0123456789ü" * 70_000)
    runs = []
    for i in range(3):
        run = there.create_run(experiment)
        run_id = run.info.run_id
        there.log_batch(run_id, metrics=points, params=[Param("i", str(i))])
        there.log_inputs(run_id, [DatasetInput(wide)])
        there.log_text(run_id, f"hello {i}", "notes/a.txt")
        there.set_terminated(run_id)
        runs.append(there.get_run(run_id))
    there.create_registered_model(unique)
    there.create_model_version(unique, f"{run.info.artifact_uri}/notes", run_id=run_id)

    command = [os.environ["GATEHOUSE_COMMAND"], "import", "mlruns", str(store), "--json"]
    counts = []
    for _ in range(2):
        done = subprocess.run([*command, "--server", server], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout)
        assert report["differing"] == 0, report
        counts.append(report["counts"]["runs"])
    assert [counts[0]["added"], counts[1]["added"], counts[1]["unchanged"]] == [3, 0, 3]

    for run in runs:
        copy = client.get_run(run.info.run_id)
        assert (copy.data.params, copy.data.metrics) == (run.data.params, run.data.metrics)
        assert copy.inputs.dataset_inputs[0].dataset.profile == wide.profile
        assert copy.info.end_time == run.info.end_time
        assert len(client.get_metric_history(run.info.run_id, "loss")) == len(points)
        assert [file.path for file in client.list_artifacts(run.info.run_id, "notes")] == ["notes/a.txt"]
    assert client.get_model_version(unique, "1").run_id == run_id
