"""mlflow-export-import 1.2.0 moves experiments out of the server and into it again, and models out."""

import json
import os
import subprocess
import sys

from mlflow import MlflowClient


def run_tool(server, module, *args):
    # Another test may have set another one for this process.
    env = {**os.environ, "MLFLOW_TRACKING_URI": server}
    command = [sys.executable, "-m", f"mlflow_export_import.{module}", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_takes_experiments_there_and_back_and_models_with_aliases(server, unique, tmp_path):
    client = MlflowClient(server)
    experiment = client.create_experiment(unique)
    run_id = client.create_run(experiment).info.run_id
    for step in range(3):
        client.log_metric(run_id, "loss", 1 / (step + 1), step=step)
    client.log_param(run_id, "alpha", "0.5")
    client.log_text(run_id, "hello", "notes/a.txt")
    client.set_terminated(run_id)
    client.create_registered_model(unique)
    client.create_model_version(unique, f"runs:/{run_id}/notes", run_id)
    client.set_registered_model_alias(unique, "champion", 1)

    folder = tmp_path / "experiment"
    exported = ["--experiment", unique, "--output-dir", folder]
    run_tool(server, "experiment.export_experiment", *exported)
    args = ["--experiment-name", f"{unique}-copy", "--input-dir", folder]
    run_tool(server, "experiment.import_experiment", *args)
    copied = client.get_experiment_by_name(f"{unique}-copy")
    [copy] = client.search_runs([copied.experiment_id])
    assert (copy.data.params, copy.data.metrics) == ({"alpha": "0.5"}, {"loss": 1 / 3})
    history = client.get_metric_history(copy.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert [file.path for file in client.list_artifacts(copy.info.run_id, "notes")] == ["notes/a.txt"]

    run_tool(server, "model.export_model", "--model", unique, "--output-dir", tmp_path / "model")
    model = json.loads((tmp_path / "model" / "model.json").read_text())["mlflow"]
    assert model["registered_model"]["name"] == unique
    assert [version["version"] for version in model["registered_model"]["versions"]] == ["1"]
