"""Tests of access control: the environment has the administrator's credentials."""

import os

import pytest
import requests
from mlflow.server.auth.client import AuthServiceClient

@pytest.fixture(scope="session")
def password():
    """Of every user that a test makes."""
    return "a password of a user"


@pytest.fixture
def auth(server):
    return AuthServiceClient(server)


@pytest.fixture
def user(auth, unique, password):
    """A user of the test's own."""
    return auth.create_user(unique, password)


@pytest.fixture
def as_user(monkeypatch, password):
    """A function that lets the clients of this test be somebody else from then on."""

    def become(username, its_password=password):
        monkeypatch.delenv("MLFLOW_TRACKING_TOKEN", raising=False)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", username)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", its_password)

    return become


@pytest.fixture
def as_token(monkeypatch):
    """A function that lets the clients of this test sign in with an access token."""

    def become(token):
        monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
        monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD", raising=False)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)

    return become


@pytest.fixture
def api(server):
    """A function that calls the server's own surface as the administrator."""
    session = requests.Session()
    session.auth = (
        os.environ["MLFLOW_TRACKING_USERNAME"],
        os.environ["MLFLOW_TRACKING_PASSWORD"],
    )

    def call(method, path, **kwargs):
        res = session.request(method, f"{server}/api/v1{path}", timeout=30, **kwargs)
        res.raise_for_status()
        return res.json()

    return call
