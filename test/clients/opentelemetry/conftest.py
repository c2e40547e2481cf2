"""What a test of OpenTelemetry's exporter gets: a server; MLflow's client is not here."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test."""
    return os.environ["MLFLOW_TRACKING_URI"]
