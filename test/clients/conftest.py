"""What every test of a real client gets: a server by MLFLOW_TRACKING_URI, and names of its own.

MLflow is imported where it is used: clients that are not MLflow's have it not. Tests that are not about
what a model requires say it: to find it out, MLflow imports the model in a process of its own.
"""

import os
import uuid

import pytest


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test."""
    import mlflow

    uri = os.environ["MLFLOW_TRACKING_URI"]
    mlflow.set_tracking_uri(uri)
    return uri


@pytest.fixture
def client():
    from mlflow.tracking import MlflowClient

    return MlflowClient()


@pytest.fixture
def unique():
    """A name nobody else uses: several suites share one server."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(unique):
    """An experiment of the test's own, made the current one."""
    import mlflow

    return mlflow.set_experiment(f"exp-{unique}") or mlflow.get_experiment_by_name(f"exp-{unique}")


@pytest.fixture
def run(experiment):
    """A run that is active while the test runs."""
    import mlflow

    with mlflow.start_run() as active:
        yield active
