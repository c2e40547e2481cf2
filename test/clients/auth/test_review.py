"""Review under an unchanged client: four people, each with the real MlflowClient, and every side door."""

import os
from contextlib import contextmanager

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException

PASSWORD = "a password of theirs"


@pytest.fixture
def people(server, unique, monkeypatch):
    return People(server, unique, monkeypatch)


class People:
    """The administrator of the server, and users of the test's own."""

    def __init__(self, server, unique, monkeypatch):
        self.server, self.unique, self.monkeypatch = server, unique, monkeypatch
        self.admin = (
            os.environ["MLFLOW_TRACKING_USERNAME"],
            os.environ["MLFLOW_TRACKING_PASSWORD"],
        )

    def add(self, role):
        name = f"{role}-{self.unique}"
        self.call(self.admin, "POST", "/api/2.0/mlflow/users/create", username=name, password=PASSWORD)
        return (name, PASSWORD)

    def call(self, who, method, path, **body):
        """One call beside MLflow's client. It must succeed."""
        res = requests.request(method, self.server + path, auth=who, json=body or None, timeout=30)
        assert res.status_code < 300, res.text
        return res.json() if res.text else {}

    @contextmanager
    def signed_in(self, who):
        """What MLflow's client does in here, it does as them."""
        with self.monkeypatch.context() as env:
            env.setenv("MLFLOW_TRACKING_USERNAME", who[0])
            env.setenv("MLFLOW_TRACKING_PASSWORD", who[1])
            yield mlflow.MlflowClient()


@pytest.fixture
def story(people, unique):
    """A requester with a version under a policy, two reviewers of a group, and what they say."""
    requester, reviewer, second = (people.add(role) for role in ("ann", "rita", "sam"))
    group = f"reviewers-{unique}"
    people.call(people.admin, "PUT", f"/api/v1/groups/{group}", members=[reviewer[0], second[0]])
    model = f"fraud-{unique}"
    rules = {
        "approvals": {"required": 2, "from": [f"group:{group}"]},
        "gates": [
            {"name": "accurate", "type": "metric", "metric": "accuracy", "min": 0.9},
            {"name": "limits", "type": "model_card", "fields": ["limitations"]},
        ],
    }
    for name, target in ((f"stage-{unique}", {"stage": "Production"}), (f"alias-{unique}", {"alias": "champion"})):
        applies_to = {"models": f"{model}*", **target}
        people.call(people.admin, "PUT", f"/api/v1/policies/{name}", applies_to=applies_to, **rules)
    with people.signed_in(requester) as client:
        experiment = client.create_experiment(f"exp-{unique}")
        run = client.create_run(experiment)
        client.log_metric(run.info.run_id, "accuracy", 0.95)
        client.create_registered_model(model)
        client.create_model_version(model, "s3://bucket/model", run.info.run_id)
    for reader in (reviewer, second):
        people.call(
            people.admin,
            "POST",
            "/api/3.0/mlflow/users/permissions/grant",
            username=reader[0],
            resource_type="registered_model",
            resource_id=model,
            permission="READ",
        )
    return people, model, requester, reviewer, second


def promote(people, who, model, version="1"):
    with people.signed_in(who) as client:
        return client.transition_model_version_stage(model, version, "Production")


def refused(people, who, model, version="1"):
    """The number of the request that a refused transition names, and the whole message."""
    with pytest.raises(MlflowException) as caught:
        promote(people, who, model, version)
    assert caught.value.error_code == "PERMISSION_DENIED"
    message = caught.value.message
    return message.split("#")[1].split(" ")[0], message


def test_a_refused_transition_succeeds_after_card_and_sign_off(story):
    people, model, requester, reviewer, second = story
    number, message = refused(people, requester, model)
    assert "needs 2 approvals" in message
    assert "gate 'limits' failed" in message
    assert "gate 'accurate'" not in message
    with people.signed_in(requester) as client:
        assert client.get_model_version(model, "1").current_stage == "None"
    entries = people.call(people.admin, "GET", f"/api/v1/audit?model={model}&action=request.refused")
    [attempt] = entries["items"]
    assert attempt["actor"]["name"] == requester[0]
    assert attempt["promotion_id"] == number
    assert [gate["name"] for gate in attempt["after"]["gates"]] == ["limits"]

    card = f"/api/v1/models/{model}/versions/1/card"
    people.call(requester, "PUT", card, limitations="not for loans to minors")
    reviews = f"/api/v1/promotions/{number}/reviews"
    own = requests.post(people.server + reviews, auth=requester, json={"decision": "approve"}, timeout=30)
    assert own.status_code == 403
    people.call(reviewer, "POST", reviews, decision="approve", comment="card read")
    again, message = refused(people, requester, model)
    assert again == number and "needs 1 approval" in message
    people.call(second, "POST", reviews, decision="approve")

    assert promote(people, requester, model).current_stage == "Production"
    merged = people.call(people.admin, "GET", f"/api/v1/promotions/{number}")
    assert merged["status"] == "merged"
    assert [gate["status"] for gate in merged["gates"]] == ["passed", "passed"]
    moves = people.call(people.admin, "GET", f"/api/v1/audit?model={model}&action=model_version.transitioned")
    [move] = moves["items"]
    assert move["promotion_id"] == number
    assert sorted(move["approved_by"]) == sorted([reviewer[0], second[0]])


def test_no_side_door_leads_past_the_policy(story):
    people, model, requester, reviewer, second = story
    number, _ = refused(people, requester, model)
    people.call(requester, "PUT", f"/api/v1/models/{model}/versions/1/card", limitations="minors")
    for approver in (reviewer, second):
        people.call(approver, "POST", f"/api/v1/promotions/{number}/reviews", decision="approve")
    promote(people, requester, model)
    with people.signed_in(requester) as client:
        source = client.get_model_version(model, "1")
        client.create_model_version(model, "s3://bucket/worse", source.run_id)
        other = f"free-{model}"
        client.create_registered_model(other)
        client.create_model_version(other, "s3://bucket/worse")
        client.transition_model_version_stage(other, "1", "Production")
        copied = client.copy_model_version(f"models:/{model}/Production", model)
        assert (copied.current_stage, list(copied.aliases)) == ("None", [])
        doors = {
            "archive what is there": lambda: client.transition_model_version_stage(
                model, "2", "Production", archive_existing_versions=True
            ),
            "set the alias": lambda: client.set_registered_model_alias(model, "champion", "2"),
            "delete the version": lambda: client.delete_model_version(model, "1"),
            "delete the model": lambda: client.delete_registered_model(model),
            "rename it away": lambda: client.rename_registered_model(model, f"away-{model}"),
            "rename another onto it": lambda: client.rename_registered_model(other, f"{model}-2"),
            "make it anew": lambda: client.create_registered_model(model),
        }
        # Leaving a guarded place is no way in, and takes no sign-off.
        client.delete_registered_model_alias(model, "champion")
        for name, door in doors.items():
            with pytest.raises(MlflowException) as caught:
                door()
            expected = "RESOURCE_ALREADY_EXISTS" if name == "make it anew" else "PERMISSION_DENIED"
            assert caught.value.error_code == expected, name
        holders = client.get_latest_versions(model, ["Production"])
        assert [holder.version for holder in holders] == ["1"]
        assert client.get_registered_model(model).aliases == {}
    for prefix in ("/api/2.0/preview/mlflow", "/ajax-api/2.0/mlflow"):
        res = requests.post(
            f"{people.server}{prefix}/model-versions/transition-stage",
            auth=requester,
            json={"name": model, "version": "2", "stage": "pRoDuCtIoN"},
            timeout=30,
        )
        assert res.status_code == 403, prefix
