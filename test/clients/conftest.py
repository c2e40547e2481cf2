"""What every test of a real client gets: a server by MLFLOW_TRACKING_URI, and names of its own."""

import os
import uuid

import mlflow
import pytest
from mlflow.tracking import MlflowClient


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test."""
    uri = os.environ["MLFLOW_TRACKING_URI"]
    mlflow.set_tracking_uri(uri)
    return uri


@pytest.fixture
def client():
    return MlflowClient()


@pytest.fixture
def unique():
    """A name nobody else uses: several suites share one server."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(unique):
    """An experiment of the test's own, made the current one."""
    return mlflow.set_experiment(f"exp-{unique}") or mlflow.get_experiment_by_name(f"exp-{unique}")


@pytest.fixture
def run(experiment):
    """A run that is active while the test runs."""
    with mlflow.start_run() as active:
        yield active
