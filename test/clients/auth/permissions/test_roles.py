"""Roles and permissions as AuthServiceClient of MLflow 3.13 and later has them."""

from signed_in import as_admin, as_user, refused


def test_a_role_gives_its_holders_what_it_permits(auth, client, make_user, things, unique):
    name = make_user("rita")
    with as_admin():
        role = auth.create_role("default", f"editors-{unique}", description="write")
        given = auth.add_role_permission(role.id, "registered_model", things.name, "EDIT")
        auth.assign_role(name, role.id)
        assert [r.name for r in auth.list_user_roles(name)] == [f"editors-{unique}"]
        assert [a.role_id for a in auth.list_role_users(role.id)] == [role.id]
    with as_user(name):
        client.update_registered_model(things.name, "by a role")
        with refused():
            client.delete_registered_model(things.name)
    with as_admin():
        assert auth.update_role_permission(given.id, "MANAGE").permission == "MANAGE"
        assert [p.permission for p in auth.list_role_permissions(role.id)] == ["MANAGE"]
    with as_user(name):
        client.rename_registered_model(things.name, f"{things.name}-b")
    with as_admin():
        auth.unassign_role(name, role.id)
    with refused(), as_user(name):
        client.update_registered_model(f"{things.name}-b", "no longer")


def test_a_role_is_changed_listed_and_deleted(auth, unique):
    with as_admin():
        role = auth.create_role("default", f"r-{unique}")
        changed = auth.update_role(role.id, name=f"s-{unique}", description="d")
        assert (changed.name, changed.description) == (f"s-{unique}", "d")
        assert auth.get_role(role.id).name == f"s-{unique}"
        for listed in (auth.list_roles("default"), auth.list_all_roles()):
            assert f"s-{unique}" in [r.name for r in listed]
        permission = auth.add_role_permission(role.id, "experiment", "*", "READ")
        auth.remove_role_permission(permission.id)
        assert auth.list_role_permissions(role.id) == []
        with refused("RESOURCE_ALREADY_EXISTS"):
            auth.create_role("default", f"s-{unique}")
        auth.delete_role(role.id)
        with refused("RESOURCE_DOES_NOT_EXIST"):
            auth.get_role(role.id)


def test_deny_of_a_role_wins_over_what_another_gives(auth, client, make_user, things, unique):
    name = make_user("rita")
    with as_admin():
        auth.grant_user_permission(name, "registered_model", things.name, "MANAGE")
        role = auth.create_role("default", f"denied-{unique}")
        auth.add_role_permission(role.id, "registered_model", things.name, "DENY")
        auth.assign_role(name, role.id)
    with refused(), as_user(name):
        client.get_registered_model(things.name)


def test_a_permission_is_given_asked_and_taken(auth, make_user, things):
    name = make_user("rita")
    with as_admin():
        assert auth.get_user_permission(name, "experiment", things.experiment).permission == "READ"
        auth.grant_user_permission(name, "experiment", things.experiment, "EDIT")
        found = auth.get_user_permission(name, "experiment", things.experiment)
        assert (found.permission, found.allowed) == ("EDIT", True)
    with as_user(name):
        assert auth.get_user_permission(name, "experiment", things.experiment).permission == "EDIT"
    with as_admin():
        auth.revoke_user_permission(name, "experiment", things.experiment)
        assert auth.get_user_permission(name, "experiment", things.experiment).permission == "READ"


def test_who_manages_a_model_gives_permissions_on_it_and_nobody_else_does(
    auth, client, make_user, unique
):
    maker, other, third = make_user("maker"), make_user("other"), make_user("third")
    with as_user(maker):
        client.create_registered_model(unique)
        auth.grant_user_permission(other, "registered_model", unique, "EDIT")
    with as_user(other):
        client.update_registered_model(unique, "by who was let")
        with refused():
            auth.grant_user_permission(third, "registered_model", unique, "EDIT")
        with refused():
            auth.revoke_user_permission(maker, "registered_model", unique)
        with refused():
            auth.get_user_permission(maker, "registered_model", unique)
        with refused():
            auth.create_role("default", f"own-{unique}")
