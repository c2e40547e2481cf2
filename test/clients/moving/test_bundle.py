"""A version that leaves one Gatehouse in a bundle and comes to another, read there by MLflow's client."""

import os
import re
import subprocess

import mlflow
import pytest
from mlflow import MlflowClient


@pytest.fixture
def another(tmp_path):
    """The address of a second server, which knows nothing of the first."""
    command = [os.environ["GATEHOUSE_COMMAND"], "server", "--port", "0", "--data", str(tmp_path / "other")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if found := re.search(r"listening on (\S+)", line):
            yield found[1]
            break
    process.terminate()
    process.wait(30)


def test_a_version_from_a_bundle_is_loaded_by_the_client_as_where_it_was_made(
    client, another, gatehouse, tmp_path, unique, server
):
    # Not made the current one: the client tags prompts that it loads with that.
    made_in = client.create_experiment(f"exp-{unique}")
    with mlflow.start_run(experiment_id=made_in, run_name="tuned") as run:
        mlflow.log_params({"depth": 7})
        mlflow.log_metrics({"accuracy": 0.93})
        mlflow.pyfunc.log_model(
            name="model",
            python_model=lambda model_input: [len(one) for one in model_input],
            input_example=["abc"],
            registered_model_name=unique,
            pip_requirements=[],
        )
    client.set_registered_model_alias(unique, "live", "1")
    file, key = str(tmp_path / "b.zip"), str(tmp_path / "key.pem")
    gatehouse("bundle", "create", f"models:/{unique}@live", "-o", file, GATEHOUSE_SERVER=server)
    with open(key, "w") as pem:
        pem.write(gatehouse("bundle", "keys", "--pem", GATEHOUSE_SERVER=server))
    at = {"GATEHOUSE_SERVER": another}
    gatehouse("trusted-keys", "set", "lab", key, **at)
    came = gatehouse("bundle", "import", file, "--alias", "live", "--json", **at)
    assert came["status"] == "merged"

    made = mlflow.artifacts.download_artifacts(f"models:/{unique}@live", dst_path=str(tmp_path / "made"))
    there = MlflowClient(another)
    version = there.get_model_version_by_alias(unique, "live")
    assert (version.version, version.status) == ("1", "READY")
    copy = there.get_run(version.run_id)
    assert copy.info.run_name == "tuned"
    assert copy.data.params == run_data(client, run)[0]
    assert copy.data.metrics == run_data(client, run)[1]
    mlflow.set_tracking_uri(another)
    try:
        got = mlflow.artifacts.download_artifacts(f"models:/{unique}@live", dst_path=str(tmp_path / "got"))
        assert files_of(got) == files_of(made)
        assert mlflow.pyfunc.load_model(f"models:/{unique}@live").predict(["abc"]) == [3]
    finally:
        mlflow.set_tracking_uri(server)


def run_data(client, run):
    data = client.get_run(run.info.run_id).data
    return data.params, data.metrics


def files_of(folder):
    """Contents of every file below a folder, by path."""
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found
