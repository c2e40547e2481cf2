"""MLflow's AuthServiceClient for users, and how its other clients sign in."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException, RestException


def test_a_user_is_made_found_and_deleted(auth, unique, password):
    made = auth.create_user(unique, password)
    assert (made.username, made.is_admin) == (unique, False)
    found = auth.get_user(unique)
    assert (found.id, found.username, found.is_admin) == (made.id, unique, False)
    auth.delete_user(unique)
    with pytest.raises(RestException) as err:
        auth.get_user(unique)
    assert err.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_name_is_taken_once(auth, user, password):
    with pytest.raises(RestException) as err:
        auth.create_user(user.username, password)
    assert err.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_short_password_is_refused(auth, unique):
    with pytest.raises(RestException, match="at least 12 characters"):
        auth.create_user(unique, "short")


def test_an_administrator_comes_and_goes(auth, user, as_user, password):
    auth.update_user_admin(user.username, True)
    assert auth.get_user(user.username).is_admin
    as_user(user.username)
    auth.create_user(f"{user.username}-2", password)
    auth.update_user_admin(user.username, False)
    with pytest.raises(MlflowException, match="PERMISSION_DENIED"):
        auth.create_user(f"{user.username}-3", password)


def test_a_user_changes_the_own_password_with_the_current_one(auth, user, as_user, password):
    as_user(user.username)
    with pytest.raises(RestException, match="Current password is required"):
        auth.update_user_password(user.username, "another password")
    auth.update_user_password(user.username, "another password", current_password=password)
    with pytest.raises(MlflowException, match="UNAUTHENTICATED|401"):
        auth.get_user(user.username)
    as_user(user.username, "another password")
    assert auth.get_user(user.username).username == user.username


def test_an_administrator_sets_a_password_without_it(auth, user, as_user):
    auth.update_user_password(user.username, "another password")
    as_user(user.username, "another password")
    assert auth.get_user(user.username).username == user.username


def test_a_wrong_password_is_refused(client, user, as_user):
    as_user(user.username, "not the password")
    with pytest.raises(MlflowException, match="UNAUTHENTICATED|401"):
        client.search_experiments()


def test_a_run_is_logged_by_user_and_password(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1.0)
        mlflow.log_text("hello", "a.txt")
    assert client.get_run(run.info.run_id).data.metrics == {"m": 1.0}
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["a.txt"]


@pytest.mark.ours
def test_a_run_is_logged_by_an_access_token(client, unique, api, as_token):
    token = api("POST", "/tokens", json={"name": unique, "expires_in_days": 1})
    as_token(token["token"])
    mlflow.set_experiment(f"exp-{unique}")
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "a.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a.txt") == "hello"
    api("DELETE", f"/tokens/{token['id']}")
    with pytest.raises(MlflowException, match="UNAUTHENTICATED|401"):
        client.get_run(run.info.run_id)


@pytest.mark.ours
def test_an_access_token_that_may_read_searches_and_changes_nothing(client, unique, api, as_token):
    experiment_id = client.create_experiment(unique)
    as_token(api("POST", "/tokens", json={"name": unique, "scopes": ["read"]})["token"])
    assert client.search_runs([experiment_id]) == []
    assert client.get_experiment(experiment_id).name == unique
    with pytest.raises(MlflowException, match="lacks the scope 'write'"):
        client.create_run(experiment_id)


@pytest.mark.ours
def test_a_token_is_the_password_of_any_user_name(client, unique, api, as_user):
    token = api("POST", "/tokens", json={"name": unique})
    as_user("whoever", token["token"])
    client.search_experiments()
