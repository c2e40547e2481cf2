"""What a plain client may do under READ, EDIT, MANAGE and nothing at all."""

import pytest
import requests
from signed_in import admin, as_admin, as_user, password, refused, with_token


@pytest.fixture
def permit(auth):
    """Gives a user a permission on all of the things, by the calls that this client has."""

    def give(name, things, level):
        with as_admin():
            if hasattr(auth, "grant_user_permission"):
                auth.grant_user_permission(name, "experiment", things.experiment, level)
                auth.grant_user_permission(name, "registered_model", things.name, level)
            else:
                auth.create_experiment_permission(things.experiment, name, level)
                auth.create_registered_model_permission(things.name, name, level)

    return give


@pytest.fixture
def locked_out(server):
    """Takes from a user what everybody has on the things: READ."""
    def lock(name, things):
        for path, key, value in (
            ("experiments", "experiment_id", things.experiment),
            ("registered-models", "name", things.name),
        ):
            body = {key: value, "username": name, "permission": "NO_PERMISSIONS"}
            url = f"{server}/api/2.0/mlflow/{path}/permissions/create"
            assert requests.post(url, json=body, auth=admin, timeout=30).ok

    return lock


def reads(client, things):
    return [
        lambda: client.get_experiment(things.experiment),
        lambda: client.get_run(things.run),
        lambda: client.list_artifacts(things.run, "model"),
        lambda: client.get_registered_model(things.name),
        lambda: client.get_model_version(things.name, "1"),
        lambda: client.get_model_version_download_uri(things.name, "1"),
        lambda: client.get_latest_versions(things.name, ["None"]),
    ]


def edits(client, things):
    return [
        lambda: client.set_experiment_tag(things.experiment, "k", "v"),
        lambda: client.create_run(things.experiment),
        lambda: client.log_metric(things.run, "m", 1.0),
        lambda: client.set_tag(things.run, "k", "v"),
        lambda: client.update_registered_model(things.name, "described"),
        lambda: client.set_model_version_tag(things.name, "1", "k", "v"),
        lambda: client.create_model_version(things.name, things.source, things.run),
        lambda: client.transition_model_version_stage(things.name, "1", "Staging"),
        lambda: client.set_registered_model_alias(things.name, "champion", "1"),
    ]


def deletions(client, things):
    return [
        lambda: client.delete_model_version(things.name, "1"),
        lambda: client.delete_registered_model(things.name),
        lambda: client.delete_run(things.run),
        lambda: client.delete_experiment(things.experiment),
    ]


def test_without_a_permission_everything_is_refused(client, make_user, things, locked_out):
    name = make_user("nobody")
    locked_out(name, things)
    with as_user(name):
        for call in (
            *reads(client, things),
            *edits(client, things),
            *deletions(client, things),
        ):
            with refused():
                call()
        with refused():
            client.download_artifacts(things.run, "model/MLmodel")
        with pytest.raises(Exception, match="403"):
            client.log_text(things.run, "x", "y.txt")


def test_read_reads_and_changes_nothing(client, make_user, things, permit):
    name = make_user("reader")
    permit(name, things, "READ")
    with as_user(name):
        for call in reads(client, things):
            call()
        assert client.download_artifacts(things.run, "model/MLmodel")
        for call in (*edits(client, things), *deletions(client, things)):
            with refused():
                call()
        with pytest.raises(Exception, match="403"):
            client.log_text(things.run, "x", "y.txt")


def test_edit_writes_and_deletes_nothing(client, make_user, things, permit):
    name = make_user("editor")
    permit(name, things, "EDIT")
    with as_user(name):
        for call in (*reads(client, things), *edits(client, things)):
            call()
        client.log_text(things.run, "x", "y.txt")
        for call in deletions(client, things):
            with refused():
                call()


def test_manage_deletes(client, make_user, things, permit):
    name = make_user("manager")
    permit(name, things, "MANAGE")
    with as_user(name):
        for call in deletions(client, things):
            call()


def test_who_makes_a_thing_manages_it_and_others_read_it(client, make_user, unique):
    maker, other = make_user("maker"), make_user("other")
    with as_user(maker):
        experiment = client.create_experiment(f"own-{unique}")
        client.create_registered_model(f"own-{unique}")
    with as_user(other):
        client.get_experiment(experiment)
        client.get_registered_model(f"own-{unique}")
        with refused():
            client.delete_experiment(experiment)
        with refused():
            client.delete_registered_model(f"own-{unique}")
    with as_user(maker):
        client.delete_registered_model(f"own-{unique}")
        client.delete_experiment(experiment)


def test_searches_have_what_the_caller_may_read_and_full_pages_of_it(
    client, make_user, unique, locked_out, things
):
    name = make_user("reader")
    with as_admin():
        for n in range(5):
            client.create_registered_model(f"{unique}-{n}")
    locked_out(name, things)
    with as_user(name):
        pages, token = [], None
        while True:
            page = client.search_registered_models(
                f"name like '{unique}%'", max_results=2, order_by=["name"], page_token=token
            )
            pages.append([model.name for model in page])
            token = page.token
            if not token:
                break
        assert pages[0] == [f"{unique}-0", f"{unique}-1"]
        assert sum(pages, []) == [f"{unique}-{n}" for n in range(5)]
        assert len(client.search_model_versions(f"name='{unique}'")) == 0
        assert client.search_experiments(filter_string=f"name = 'exp-{unique}'") == []
        assert len(client.search_runs([things.experiment])) == 0
    with as_admin():
        assert len(client.search_model_versions(f"name='{unique}'")) == 1
        assert len(client.search_runs([things.experiment])) == 1


def test_a_training_account_moves_to_staging_and_not_to_production(
    client, things, unique, make_user, ours, token_of, permit
):
    """The story of docs/permissions.md."""
    ours("POST", "service-accounts", {"name": f"trainer-{unique}"})
    trainer = f"service:trainer-{unique}"
    release = make_user("release")
    ours("PUT", f"groups/release-{unique}", {"members": [release]})
    for principal, action, place in (
        (trainer, "register", {}),
        (trainer, "promote", {"stage": "Staging"}),
        (f"group:release-{unique}", "promote", {"stage": "Staging"}),
        (f"group:release-{unique}", "promote", {"stage": "Production"}),
        (f"group:release-{unique}", "promote", {"alias": "champion"}),
    ):
        grant = {"principal": principal, "action": action, "models": unique, **place}
        ours("POST", "grants", grant)
    with with_token(token_of(trainer)):
        made = client.create_model_version(unique, things.source, things.run)
        client.transition_model_version_stage(unique, made.version, "Staging")
        with refused():
            client.transition_model_version_stage(unique, made.version, "Production")
        with refused():
            client.set_registered_model_alias(unique, "champion", made.version)
        with refused():
            client.delete_registered_model(unique)
    editor = make_user("editor")
    permit(editor, things, "EDIT")
    with as_user(editor):
        with refused():
            client.create_model_version(unique, things.source, things.run)
        with refused():
            client.transition_model_version_stage(unique, made.version, "Production")
    with as_user(release):
        client.transition_model_version_stage(unique, made.version, "Production")
        client.set_registered_model_alias(unique, "champion", made.version)
        assert client.get_model_version_by_alias(unique, "champion").version == made.version
    with with_token(token_of(trainer)):
        with refused():
            client.transition_model_version_stage(unique, made.version, "Archived")


def test_users_see_themselves_and_administer_nobody(auth, make_user):
    rita, omar = make_user("rita"), make_user("omar")
    with as_user(rita):
        assert auth.get_user(rita).username == rita
        with refused():
            auth.get_user(omar)
        with refused():
            auth.create_user(f"{rita}-b", password)
        with refused():
            auth.update_user_admin(rita, True)
        with refused():
            auth.update_user_password(omar, "another password")
        with refused():
            auth.delete_user(omar)


def test_without_credentials_nothing_is_answered(client, things):
    calls = [
        lambda: client.search_experiments(),
        lambda: client.get_run(things.run),
        lambda: client.search_registered_models(),
        lambda: client.get_model_version(things.name, "1"),
        lambda: client.list_artifacts(things.run),
    ]
    for call in calls:
        with refused("UNAUTHENTICATED"):
            call()
    with refused("UNAUTHENTICATED"):
        client.download_artifacts(things.run, "model/MLmodel")
