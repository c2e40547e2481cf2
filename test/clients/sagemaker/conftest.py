"""What a test of AWS's SDK gets: a server with access control on, and the key pair of a token."""

import base64
import json
import os
import urllib.request

import boto3
import pytest


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test; MLflow's client is not here."""
    return os.environ["MLFLOW_TRACKING_URI"]


ADMIN = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD")
PASSWORD = "a password of the tests"


@pytest.fixture(scope="session")
def ask(server):
    """Asks our own API, as the administrator unless `who` is another's name and password."""

    def call(method, path, body=None, who=ADMIN):
        signed_in = base64.b64encode(":".join(who).encode()).decode()
        request = urllib.request.Request(
            server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {signed_in}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    return call


@pytest.fixture(scope="session")
def key_pair(ask):
    """Of a token of the administrator's."""
    return ask("POST", "/api/v1/tokens", {"name": "ci", "aws": True})


@pytest.fixture
def person(ask, unique):
    """Makes people; the key pair of each."""

    def make(name):
        who = (f"{name}-{unique}", PASSWORD)
        ask("POST", "/api/2.0/mlflow/users/create", {"username": who[0], "password": PASSWORD})
        return who[0], ask("POST", "/api/v1/tokens", {"name": "aws", "aws": True}, who)

    return make


@pytest.fixture
def sagemaker(server, key_pair):
    """Makes clients; `path` is that of the endpoint."""

    def make(path="", pair=key_pair, **others):
        return boto3.client(
            "sagemaker",
            **{
                "endpoint_url": server + path,
                "region_name": "eu-west-1",
                "aws_access_key_id": pair["aws_access_key_id"],
                "aws_secret_access_key": pair["aws_secret_access_key"],
                **others,
            },
        )

    return make


@pytest.fixture
def sm(sagemaker):
    return sagemaker()
