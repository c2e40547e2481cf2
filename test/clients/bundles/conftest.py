"""What a test of bundles gets: versions of its own on the server, and our command beside the tools."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

SERVER = os.environ["MLFLOW_TRACKING_URI"]
ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test; MLflow's client is not here."""
    return SERVER


def call(method, path, body=None, data=None):
    """Ask the server over plain HTTP."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else data
    request = urllib.request.Request(SERVER + path, method=method, data=data, headers=headers)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


@pytest.fixture
def register():
    """Register a version of a run with these files, and move it to Production under an alias."""

    def make(name, files, metrics=None):
        mlflow = "/api/2.0/mlflow"
        call("POST", f"{mlflow}/registered-models/create", {"name": name})
        made = call("POST", f"{mlflow}/runs/create", {"experiment_id": "0", "start_time": 1})
        info = made["run"]["info"]
        root = info["artifact_uri"].replace("mlflow-artifacts:", "") + "/model"
        for path, body in files.items():
            to = "/api/2.0/mlflow-artifacts/artifacts" + urllib.parse.quote(f"{root}/{path}")
            call("PUT", to, data=body)
        for key, value in (metrics or {}).items():
            metric = {"run_id": info["run_id"], "key": key, "value": value, "timestamp": 1}
            call("POST", f"{mlflow}/runs/log-metric", metric)
        body = {"name": name, "source": "mlflow-artifacts:" + root, "run_id": info["run_id"]}
        version = call("POST", f"{mlflow}/model-versions/create", body)["model_version"]["version"]
        moved = {"name": name, "version": version, "stage": "Production"}
        call("POST", f"{mlflow}/model-versions/transition-stage", moved)
        alias = {"name": name, "version": version, "alias": "production"}
        call("POST", f"{mlflow}/registered-models/alias", alias)
        return version

    return make


@pytest.fixture
def sh(tmp_path):
    """Run a script with our command and this environment's tools. @returns how it ended"""

    def run(script, folder=tmp_path):
        programs = f"{os.path.dirname(sys.executable)}:{ROOT / 'bin'}"
        environment = {
            **os.environ,
            "GATEHOUSE_SERVER": SERVER,
            "PATH": f"{programs}:{os.environ['PATH']}",
        }
        return subprocess.run(
            ["sh", "-ec", script], cwd=folder, env=environment, capture_output=True, text=True
        )

    return run
