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


@pytest.fixture(scope="session")
def key_pair(server):
    """Of a token of the administrator's."""
    user, password = os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]
    signed_in = base64.b64encode(f"{user}:{password}".encode()).decode()
    request = urllib.request.Request(
        f"{server}/api/v1/tokens",
        data=json.dumps({"name": "ci", "aws": True}).encode(),
        headers={"Authorization": f"Basic {signed_in}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.fixture
def sagemaker(server, key_pair):
    """Makes clients; `path` is that of the endpoint."""

    def make(path="", **others):
        return boto3.client(
            "sagemaker",
            **{
                "endpoint_url": server + path,
                "region_name": "eu-west-1",
                "aws_access_key_id": key_pair["aws_access_key_id"],
                "aws_secret_access_key": key_pair["aws_secret_access_key"],
                **others,
            },
        )

    return make


@pytest.fixture
def sm(sagemaker):
    return sagemaker()
