"""What a test of Databricks' SDK gets: a server with access control on, and people with tokens."""

import base64
import json
import os
import urllib.request

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.ml import ModelRegistryAPI

# Everybody has the administrator's, which the environment has.
PASSWORD = os.environ["MLFLOW_TRACKING_PASSWORD"]


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test; MLflow's client is not here."""
    return os.environ["MLFLOW_TRACKING_URI"]


@pytest.fixture(scope="session")
def call(server):
    """Ask the server over plain HTTP, signed in by name."""

    def ask(user, method, path, body=None):
        signed_in = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {signed_in}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    return ask


@pytest.fixture(scope="session")
def people(server, call):
    """The registry as ada, rita and the administrator see it, each by a token of their own."""

    def registry(name) -> ModelRegistryAPI:
        if name != "admin":
            user = {"username": name, "password": PASSWORD}
            call("admin", "POST", "/api/2.0/mlflow/users/create", user)
        token = call(name, "POST", "/api/v1/tokens", {"name": "sdk"})["token"]
        return WorkspaceClient(host=server, token=token).model_registry

    return {name: registry(name) for name in ["admin", "ada", "rita"]}


@pytest.fixture
def admin(people):
    return people["admin"]


@pytest.fixture
def ada(people):
    return people["ada"]


@pytest.fixture
def rita(people):
    return people["rita"]
