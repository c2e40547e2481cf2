"""MLflow's AuthServiceClient for permissions and roles, and what other clients may then do."""

import mlflow
import pytest
from mlflow.exceptions import RestException
from mlflow.tracking import MlflowClient


def refused():
    """A context in which a call must be refused for want of a permission."""
    return pytest.raises(Exception, match="PERMISSION_DENIED|Permission denied|403")


@pytest.fixture
def model(client, unique):
    """A registered model of the administrator's, with one version."""
    client.create_registered_model(f"model-{unique}")
    experiment = client.create_experiment(f"source-{unique}")
    run = client.create_run(experiment)
    source = f"{run.info.artifact_uri}/model"
    client.log_dict(run.info.run_id, {"a": 1}, "model/MLmodel")
    client.create_model_version(f"model-{unique}", source, run.info.run_id)
    return f"model-{unique}"


def test_the_default_reads_and_a_grant_writes(auth, client, user, unique, as_user):
    experiment = client.create_experiment(f"exp-{unique}")
    auth.grant_user_permission(user.username, "experiment", experiment, "EDIT")
    result = auth.get_user_permission(user.username, "experiment", experiment)
    assert (result.allowed, result.permission) == (True, "EDIT")
    other = client.create_experiment(f"other-{unique}")
    as_user(user.username)
    client.set_experiment_tag(experiment, "k", "v")
    assert client.get_experiment(other).name == f"other-{unique}"
    with refused():
        client.set_experiment_tag(other, "k", "v")
    with refused():
        client.create_run(other)
    with refused():
        client.delete_experiment(experiment)


def test_a_revoked_grant_is_gone_at_once(auth, client, user, unique, as_user):
    experiment = client.create_experiment(f"exp-{unique}")
    auth.grant_user_permission(user.username, "experiment", experiment, "EDIT")
    with pytest.raises(RestException) as err:
        auth.grant_user_permission(user.username, "experiment", experiment, "READ")
    assert err.value.error_code == "RESOURCE_ALREADY_EXISTS"
    auth.revoke_user_permission(user.username, "experiment", experiment)
    with pytest.raises(RestException) as err:
        auth.revoke_user_permission(user.username, "experiment", experiment)
    assert err.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    as_user(user.username)
    with refused():
        client.set_experiment_tag(experiment, "k", "v")


def test_who_makes_a_thing_manages_it_and_lets_others_in(auth, client, unique, as_user, password):
    ada = auth.create_user(f"ada-{unique}", password)
    bob = auth.create_user(f"bob-{unique}", password)
    as_user(ada.username)
    client.create_registered_model(f"model-{unique}")
    auth.grant_user_permission(bob.username, "registered_model", f"model-{unique}", "EDIT")
    as_user(bob.username)
    client.update_registered_model(f"model-{unique}", "described by bob")
    with refused():
        client.delete_registered_model(f"model-{unique}")
    as_user(ada.username)
    client.delete_registered_model(f"model-{unique}")
    client.create_registered_model(f"model-{unique}")
    as_user(bob.username)
    with refused():
        client.update_registered_model(f"model-{unique}", "bob has no right to the new one")


def test_a_role_gives_what_it_has_to_who_holds_it(auth, client, user, model, as_user):
    role = auth.create_role("default", f"role-{model}", "for a test")
    assert (role.name, role.description, role.permissions) == (
        f"role-{model}",
        "for a test",
        [],
    )
    added = auth.add_role_permission(role.id, "registered_model", model, "EDIT")
    assert (added.resource_pattern, added.permission) == (model, "EDIT")
    assert [p.id for p in auth.list_role_permissions(role.id)] == [added.id]
    assignment = auth.assign_role(user.username, role.id)
    assert (assignment.user_id, assignment.role_id) == (user.id, role.id)
    assert [a.user_id for a in auth.list_role_users(role.id)] == [user.id]
    assert role.id in [r.id for r in auth.list_user_roles(user.username)]
    assert role.id in [r.id for r in auth.list_roles("default")]
    assert role.id in [r.id for r in auth.list_all_roles()]
    as_user(user.username)
    client.set_model_version_tag(model, "1", "k", "v")


def test_a_role_is_changed_and_deleted(auth, unique):
    role = auth.create_role("default", unique)
    assert auth.update_role(role.id, description="d").description == "d"
    assert auth.update_role(role.id, name=f"{unique}-2").name == f"{unique}-2"
    permission = auth.add_role_permission(role.id, "experiment", "*", "READ")
    assert auth.update_role_permission(permission.id, "DENY").permission == "DENY"
    auth.remove_role_permission(permission.id)
    assert auth.get_role(role.id).permissions == []
    auth.delete_role(role.id)
    with pytest.raises(RestException) as err:
        auth.get_role(role.id)
    assert err.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_deny_hides_a_model_from_searches(auth, client, user, model, as_user):
    auth.grant_user_permission(user.username, "registered_model", model, "DENY")
    as_user(user.username)
    with refused():
        client.get_registered_model(model)
    with refused():
        client.get_model_version(model, "1")
    assert client.search_registered_models(f"name = '{model}'") == []
    assert client.search_model_versions(f"name = '{model}'") == []


def test_read_moves_no_version_and_edit_does(
    auth, client, unique, model, as_user, password
):
    reader = auth.create_user(f"reader-{unique}", password)
    editor = auth.create_user(f"editor-{unique}", password)
    auth.grant_user_permission(editor.username, "registered_model", model, "EDIT")
    as_user(reader.username)
    with refused():
        client.transition_model_version_stage(model, "1", "Staging")
    with refused():
        client.set_registered_model_alias(model, "champion", "1")
    as_user(editor.username)
    moved = client.transition_model_version_stage(model, "1", "Staging")
    assert moved.current_stage == "Staging"
    client.set_registered_model_alias(model, "champion", "1")


def test_a_user_logs_and_registers_in_what_is_its_own(client, user, unique, as_user):
    as_user(user.username)
    experiment = mlflow.set_experiment(f"own-{unique}")
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
        mlflow.log_text("text", "a/b.txt")
    assert run.info.experiment_id == experiment.experiment_id
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/a/b.txt") == "text"
    client.create_registered_model(unique)
    version = client.create_model_version(unique, f"{run.info.artifact_uri}/a", run.info.run_id)
    client.set_registered_model_alias(unique, "champion", version.version)
    assert client.get_model_version_by_alias(unique, "champion").version == version.version
    client.delete_run(run.info.run_id)


def test_artifacts_of_others_cannot_be_written(client, user, unique, as_user):
    experiment = client.create_experiment(f"exp-{unique}")
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "mine", "f.txt")
    as_user(user.username)
    theirs = MlflowClient()
    with refused():
        theirs.log_text(run.info.run_id, "theirs", "f.txt")
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/f.txt") == "mine"
