"""Who the next requests of a client are from."""

import os
from contextlib import contextmanager

import pytest
from mlflow.exceptions import MlflowException

# The environment is the administrator's when the tests begin.
admin = (os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"])
password = "a password of somebody"
variables = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


@contextmanager
def signed_in(username=None, secret=None, token=None):
    """Requests of clients, made meanwhile, are of this user; of nobody when none is given."""
    before = {key: os.environ.pop(key, None) for key in variables}
    _set(dict(zip(variables, (username, secret, token))))
    try:
        yield
    finally:
        for key in variables:
            os.environ.pop(key, None)
        _set(before)


def as_admin():
    return signed_in(*admin)


def as_user(name):
    """A user that the fixture `make_user` made."""
    return signed_in(name, password)


def with_token(token):
    return signed_in(token=token)


@contextmanager
def refused(code="PERMISSION_DENIED"):
    """The one call meanwhile comes to an MlflowException of this code."""
    with pytest.raises(MlflowException) as caught:
        yield
    assert caught.value.error_code == code, caught.value


def _set(values):
    os.environ.update({key: value for key, value in values.items() if value is not None})
