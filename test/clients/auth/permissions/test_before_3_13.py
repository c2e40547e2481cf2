"""Permissions on one thing, as AuthServiceClient had them before MLflow 3.13."""

from signed_in import as_admin, as_user, refused


def test_a_permission_on_an_experiment_is_made_read_changed_and_deleted(
    auth, client, make_user, things
):
    name = make_user("rita")
    with as_admin():
        made = auth.create_experiment_permission(things.experiment, name, "EDIT")
        assert (made.experiment_id, made.permission) == (things.experiment, "EDIT")
        with refused("RESOURCE_ALREADY_EXISTS"):
            auth.create_experiment_permission(things.experiment, name, "READ")
        (held,) = auth.get_user(name).experiment_permissions
        assert (held.experiment_id, held.permission) == (things.experiment, "EDIT")
        auth.update_experiment_permission(things.experiment, name, "MANAGE")
        assert auth.get_experiment_permission(things.experiment, name).permission == "MANAGE"
    with as_user(name):
        client.rename_experiment(things.experiment, f"{things.name}-b")
    with as_admin():
        auth.delete_experiment_permission(things.experiment, name)
        with refused("RESOURCE_DOES_NOT_EXIST"):
            auth.get_experiment_permission(things.experiment, name)
    with refused(), as_user(name):
        client.rename_experiment(things.experiment, f"{things.name}-c")


def test_a_permission_on_a_model_is_made_read_changed_and_deleted(auth, client, make_user, things):
    name = make_user("rita")
    with as_admin():
        made = auth.create_registered_model_permission(things.name, name, "EDIT")
        assert (made.name, made.permission) == (things.name, "EDIT")
        auth.update_registered_model_permission(things.name, name, "NO_PERMISSIONS")
        found = auth.get_registered_model_permission(things.name, name)
        assert found.permission == "NO_PERMISSIONS"
    with refused(), as_user(name):
        client.get_registered_model(things.name)
    with as_admin():
        auth.delete_registered_model_permission(things.name, name)
    with as_user(name):
        client.get_registered_model(things.name)


def test_only_who_manages_a_thing_gives_permissions_on_it(auth, make_user, things):
    name = make_user("rita")
    with as_user(name):
        with refused():
            auth.create_experiment_permission(things.experiment, name, "MANAGE")
        with refused():
            auth.create_registered_model_permission(things.name, name, "MANAGE")
