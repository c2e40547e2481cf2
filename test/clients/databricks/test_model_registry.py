"""The model registry of the unchanged databricks-sdk."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    NotFound,
    NotImplemented,
    PermissionDenied,
    ResourceAlreadyExists,
)
from databricks.sdk.service.ml import (
    ActivityType,
    HttpUrlSpec,
    JobSpec,
    ModelTag,
    PermissionLevel,
    RegistryWebhookEvent,
    RegistryWebhookStatus,
)

pytestmark = pytest.mark.databricks


@pytest.fixture
def model(ada, unique):
    """A model of ada's with one version; its name."""
    ada.create_model(unique, description="finds fraud", tags=[ModelTag(key="team", value="risk")])
    ada.create_model_version(unique, "s3://bucket/model")
    return unique


@pytest.fixture
def policy(call, model):
    """A policy that lets versions into Production when rita, who may move them, approves."""
    document = {
        "applies_to": {"models": model, "stage": "Production"},
        "approvals": {"required": 1, "from": ["user:rita"]},
    }
    allowed = {"name": model, "username": "rita", "permission": "EDIT"}
    call("admin", "POST", "/api/2.0/mlflow/registered-models/permissions/create", allowed)
    return call("admin", "PUT", f"/api/v1/policies/{model}", document)


def stage_of(registry, model, version="1"):
    return registry.get_model_version(model, version).model_version.current_stage


def test_models_are_read_changed_and_searched(ada, rita, model):
    found = ada.get_model(model).registered_model_databricks
    assert (found.name, found.description) == (model, "finds fraud")
    assert found.permission_level == PermissionLevel.CAN_MANAGE
    assert found.tags == [ModelTag(key="team", value="risk")]
    assert [version.version for version in found.latest_versions] == ["1"]
    assert rita.get_model(model).registered_model_databricks.permission_level == PermissionLevel.CAN_READ
    ada.update_model(model, description="finds more fraud")
    ada.set_model_tag(model, "tier", "1")
    ada.delete_model_tag(model, "team")
    (searched,) = ada.search_models(filter=f"name = '{model}'")
    assert searched.description == "finds more fraud"
    assert [tag.key for tag in searched.tags] == ["tier"]
    assert model in [each.name for each in ada.list_models(max_results=1)]
    ada.rename_model(model, new_name=f"{model}-b")
    ada.delete_model(f"{model}-b")
    with pytest.raises(NotFound):
        ada.get_model(f"{model}-b")


def test_versions_are_read_changed_and_deleted(ada, model):
    ada.update_model_version(model, "1", description="first")
    ada.set_model_version_tag(model, "1", "team", "risk")
    version = ada.get_model_version(model, "1").model_version
    assert (version.description, version.tags[0].key) == ("first", "team")
    ada.delete_model_version_tag(model, "1", "team")
    assert ada.get_model_version_download_uri(model, "1").artifact_uri == "s3://bucket/model"
    assert [v.version for v in ada.get_latest_versions(model)] == ["1"]
    assert [v.version for v in ada.search_model_versions(filter=f"name = '{model}'")] == ["1"]
    ada.delete_model_version(model, "1")
    with pytest.raises(NotFound):
        ada.get_model_version(model, "1")


def test_a_transition_keeps_its_comment(ada, call, model):
    moved = ada.transition_stage(model, "1", "Staging", False, comment="for a look")
    assert moved.model_version_databricks.current_stage == "Staging"
    entries = call("admin", "GET", f"/api/v1/audit?model={model}&action=model_version.transitioned")
    assert [entry["reason"] for entry in entries["items"]] == ["for a look"]


def test_a_request_is_opened_listed_approved_and_applied(ada, rita, model, policy):
    made = ada.create_transition_request(model, "1", "Production", comment="ready").request
    assert (made.user_id, made.to_stage, made.comment) == ("ada", "Production", "ready")
    assert [action.value for action in made.available_actions] == ["CANCEL_TRANSITION_REQUEST"]
    with pytest.raises(ResourceAlreadyExists):
        ada.create_transition_request(model, "1", "Production")
    (listed,) = rita.list_transition_requests(model, "1")
    assert (listed.to_stage, listed.activity_type) == ("Production", ActivityType.REQUESTED_TRANSITION)
    with pytest.raises(PermissionDenied):
        ada.approve_transition_request(model, "1", "Production", False)
    assert stage_of(ada, model) == "None"
    done = rita.approve_transition_request(model, "1", "Production", True, comment="fine").activity
    assert (done.activity_type, done.user_id) == (ActivityType.APPLIED_TRANSITION, "rita")
    assert stage_of(ada, model) == "Production"
    assert list(rita.list_transition_requests(model, "1")) == []


def test_a_plain_transition_meets_the_policy_and_is_a_request_then(ada, rita, model, policy):
    with pytest.raises(PermissionDenied, match="Promotion request #"):
        ada.transition_stage(model, "1", "Production", False, comment="now")
    (listed,) = rita.list_transition_requests(model, "1")
    assert listed.comment == "now"
    rejected = rita.reject_transition_request(model, "1", "Production", comment="not yet").activity
    assert rejected.activity_type == ActivityType.REJECTED_REQUEST
    assert stage_of(ada, model) == "None"


def test_a_request_is_cancelled_by_who_made_it(ada, rita, model):
    ada.create_transition_request(model, "1", "Staging")
    with pytest.raises(PermissionDenied):
        rita.delete_transition_request(model, "1", "Staging", "ada")
    with pytest.raises(NotFound):
        ada.delete_transition_request(model, "1", "Staging", "rita")
    done = ada.delete_transition_request(model, "1", "Staging", "ada", comment="no need").activity
    assert done.activity_type == ActivityType.CANCELLED_REQUEST


def test_comments_are_their_authors(ada, rita, model):
    made = rita.create_comment(model, "1", "looks odd").comment
    assert (made.user_id, made.comment) == ("rita", "looks odd")
    with pytest.raises(PermissionDenied):
        ada.update_comment(made.id, "fine")
    assert rita.update_comment(made.id, "looks fine").comment.comment == "looks fine"
    rita.delete_comment(made.id)
    with pytest.raises(NotFound):
        rita.delete_comment(made.id)


class Receiver(HTTPServer):
    """Keeps what webhooks send to it."""

    def __init__(self):
        self.got = []
        self.arrived = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"taken")
        self.server.arrived.set()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_webhooks_are_made_tested_told_changed_and_deleted(admin, ada, model, receiver):
    event = RegistryWebhookEvent.MODEL_VERSION_TRANSITIONED_TO_STAGING
    made = admin.create_webhook(
        [event],
        model_name=model,
        http_url_spec=HttpUrlSpec(url=f"http://127.0.0.1:{receiver.server_port}/", secret="shared"),
        status=RegistryWebhookStatus.TEST_MODE,
    ).webhook
    assert (made.events, made.model_name, made.status) == ([event], model, RegistryWebhookStatus.TEST_MODE)
    tested = admin.test_registry_webhook(made.id, event=event)
    assert (tested.status_code, tested.body) == (200, "taken")
    receiver.arrived.clear()
    admin.update_webhook(made.id, status=RegistryWebhookStatus.ACTIVE)
    ada.transition_stage(model, "1", "Staging", False)
    assert receiver.arrived.wait(30)
    headers, body = receiver.got[-1]
    told = json.loads(body)
    assert told["event"] == event.value
    assert (told["model_name"], told["version"], told["webhook_id"]) == (model, "1", made.id)
    assert (told["from_stage"], told["to_stage"]) == ("None", "Staging")
    signed = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(headers["X-Databricks-Signature"], signed)
    assert made.id in [each.id for each in admin.list_webhooks(events=[event], model_name=model)]
    other = [RegistryWebhookEvent.COMMENT_CREATED, RegistryWebhookEvent.MODEL_VERSION_TAG_SET]
    assert list(admin.list_webhooks(events=other, model_name=model)) == []
    admin.delete_webhook(made.id)
    assert list(admin.list_webhooks(model_name=model)) == []


def test_webhooks_that_run_jobs_are_refused(admin, ada, model):
    event = RegistryWebhookEvent.MODEL_VERSION_CREATED
    with pytest.raises((BadRequest, InvalidParameterValue), match="job_spec"):
        admin.create_webhook([event], job_spec=JobSpec(job_id="1", access_token="t"))
    with pytest.raises(PermissionDenied):
        ada.create_webhook([event], http_url_spec=HttpUrlSpec(url="https://example.com/"))


def test_permissions_in_the_form_of_databricks_are_not_here(admin):
    with pytest.raises(NotImplemented, match="docs/mlflow-compatibility.md"):
        admin.get_permissions("1")
