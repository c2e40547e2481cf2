"""What tests of permissions share: users, tokens, and things of the administrator's."""

import pytest
import requests
from signed_in import admin, as_admin, password, signed_in


@pytest.fixture(autouse=True)
def nobody():
    """Each test says itself who asks."""
    with signed_in():
        yield


@pytest.fixture
def ours(server):
    """Our own API, asked by the administrator: a function of method, path below /api/v1/ and body."""
    def call(method, path, body=None):
        res = requests.request(method, f"{server}/api/v1/{path}", json=body, auth=admin, timeout=30)
        assert res.ok, res.text
        return res.json()

    return call


@pytest.fixture
def make_user(auth, unique):
    """A function that makes a user and answers its name."""

    def make(name):
        made = f"{name}-{unique}"
        with as_admin():
            auth.create_user(made, password)
        return made

    return make


@pytest.fixture
def token_of(ours):
    """A function that makes an access token of an account."""

    def make(account, scopes=("read", "write")):
        asked = {"name": "a test", "for": account, "scopes": list(scopes)}
        return ours("POST", "tokens", asked)["token"]

    return make


class Things:
    """A model of the administrator's with one version, and the experiment and run behind it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name
        with as_admin():
            self.experiment = client.create_experiment(f"exp-{name}")
            run = client.create_run(self.experiment)
            self.run = run.info.run_id
            self.source = f"{run.info.artifact_uri}/model"
            client.log_text(self.run, "flavors: {}\n", "model/MLmodel")
            client.create_registered_model(name)
            client.create_model_version(name, self.source, self.run)


@pytest.fixture
def things(client, unique):
    return Things(client, unique)
