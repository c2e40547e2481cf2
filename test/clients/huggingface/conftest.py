"""What a test of the Hub's clients gets: models of its own on the server, which is their Hub.

The clients read where their Hub is, and by which token, when they are imported.
"""

import base64
import json
import os
import tempfile
import urllib.parse
import urllib.request

import pytest

SERVER = os.environ["MLFLOW_TRACKING_URI"]
USER = os.environ.get("MLFLOW_TRACKING_USERNAME")


def call(method, path, body=None, data=None, user=USER):
    """Ask the server over plain HTTP, signed in by name where it has access control."""
    headers = {"Content-Type": "application/json"} if data is None else {}
    if USER:
        signed_in = f"{user}:{os.environ['MLFLOW_TRACKING_PASSWORD']}"
        headers["Authorization"] = f"Basic {base64.b64encode(signed_in.encode()).decode()}"
    if body is not None:
        data = json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, method=method, data=data, headers=headers)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def token_of(user):
    """A token by which this person reads; None where nobody signs in."""
    if not USER:
        return None
    if user != USER:
        person = {"username": user, "password": os.environ["MLFLOW_TRACKING_PASSWORD"]}
        call("POST", "/api/2.0/mlflow/users/create", person)
    return call("POST", "/api/v1/tokens", {"name": "hub", "scopes": ["read"]}, user=user)["token"]


os.environ["HF_ENDPOINT"] = f"{SERVER}/hf"
os.environ["HF_HOME"] = tempfile.mkdtemp()
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ.pop("HF_TOKEN", None)
if USER:
    os.environ["HF_TOKEN"] = token_of(USER)


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test; MLflow's client may not be here."""
    return SERVER


@pytest.fixture(scope="session")
def register():
    """Register one more version of a model with these files."""

    def make(name, files, stage=None, alias=None):
        try:
            call("POST", "/api/2.0/mlflow/registered-models/create", {"name": name})
        except urllib.error.HTTPError as taken:
            assert taken.code == 400
        experiment = call(
            "POST", "/api/2.0/mlflow/experiments/create", {"name": f"e-{os.urandom(8).hex()}"}
        )
        run = call("POST", "/api/2.0/mlflow/runs/create", experiment)["run"]["info"]
        root = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
        for path, content in files.items():
            where = urllib.parse.quote(f"{root}/{path}")
            call("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{where}", data=content)
        version = {"name": name, "source": run["artifact_uri"], "run_id": run["run_id"]}
        made = call("POST", "/api/2.0/mlflow/model-versions/create", version)["model_version"]
        if stage:
            move = {"name": name, "version": made["version"], "stage": stage}
            call("POST", "/api/2.0/mlflow/model-versions/transition-stage", move)
        if alias:
            call(
                "POST",
                "/api/2.0/mlflow/registered-models/alias",
                {"name": name, "alias": alias, "version": made["version"]},
            )
        return made["version"]

    return make


FILES = {
    "MLmodel": b"artifact_path: model\nflavors: {}\n",
    "config.json": b'{"model_type": "bert", "hidden_size": 32, "num_attention_heads": 2}',
    "data/weights.bin": bytes(range(256)) * 50_000,
    "README.md": b"# One\n",
}


@pytest.fixture
def fraud(unique, register):
    """A model of two versions, which differ in one file: 1 is `champion`, 2 in Production."""
    register(unique, FILES, alias="champion")
    register(unique, {**FILES, "README.md": b"# Two\n"}, stage="Production")
    return f"default/{unique}"
