"""Webhooks, made by the real client and received by a real receiver."""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mlflow
import pytest
from mlflow.entities.webhook import WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

SECRET = "a shared secret"


class Receiver:
    """Takes deliveries on this machine; `statuses` are its answers in turn by model, then 200.

    Other tests share the server: what they make reaches this receiver too."""

    def __init__(self):
        self.received = queue.Queue()
        self.statuses = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.received.put((self.headers, body))
                statuses = receiver.statuses.get(json.loads(body)["data"]["name"])
                self.send_response(statuses.pop(0) if statuses else 200)
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, timeout=60):
        headers, body = self.received.get(timeout=timeout)
        return headers, body, json.loads(body)

    def next_of(self, name):
        """What is of another model is none of ours."""
        while True:
            headers, body, payload = self.next()
            if payload["data"]["name"] == name:
                return headers, body, payload


@pytest.fixture
def receiver():
    started = Receiver()
    yield started
    started.server.shutdown()


@pytest.fixture
def hook(client, receiver, unique):
    """A webhook for all that happens, gone after the test."""
    made = client.create_webhook(
        name=unique,
        url=receiver.url,
        events=[
            "registered_model.created",
            "model_version.created",
            "model_version_tag.set",
            "model_version_tag.deleted",
            "model_version_alias.created",
            "model_version_alias.deleted",
            "prompt.created",
            "prompt_version.created",
        ],
        secret=SECRET,
    )
    yield made
    client.delete_webhook(made.webhook_id)


def is_authentic(headers, body, secret):
    """The check of MLflow's documentation: version, HMAC over id.timestamp.body, and age."""
    version, _, given = headers["X-MLflow-Signature"].partition(",")
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body}"
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    fresh = abs(time.time() - int(headers["X-MLflow-Timestamp"])) < 300
    return (
        version == "v1"
        and fresh
        and hmac.compare_digest(base64.b64encode(expected).decode(), given)
    )


@pytest.mark.worker
def test_a_webhook_is_made_read_changed_listed_and_deleted(client, receiver, unique):
    made = client.create_webhook(
        name=unique, url=receiver.url, events=["model_version.created"], description="d"
    )
    assert made.secret is None
    found = client.get_webhook(made.webhook_id)
    assert (found.name, found.url, found.description) == (unique, receiver.url, "d")
    assert found.events == [WebhookEvent.from_str("model_version.created")]
    changed = client.update_webhook(
        made.webhook_id, status=WebhookStatus.DISABLED, events=["prompt.created"]
    )
    assert changed.status == WebhookStatus.DISABLED
    assert changed.events == [WebhookEvent.from_str("prompt.created")]
    assert made.webhook_id in [webhook.webhook_id for webhook in client.list_webhooks()]
    client.delete_webhook(made.webhook_id)
    with pytest.raises(MlflowException, match="not found"):
        client.get_webhook(made.webhook_id)


@pytest.mark.worker
def test_what_happens_to_a_model_is_delivered_in_order_and_signed(client, hook, receiver, unique):
    client.create_registered_model(unique, tags={"a": "b"}, description="desc")
    client.create_model_version(unique, "s3://bucket/model")
    client.set_model_version_tag(unique, "1", "k", "v")
    client.delete_model_version_tag(unique, "1", "k")
    client.set_registered_model_alias(unique, "champion", "1")
    client.delete_registered_model_alias(unique, "champion")
    got = [receiver.next_of(unique) for _ in range(6)]
    assert [f"{payload['entity']}.{payload['action']}" for _, _, payload in got] == [
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
    ]
    assert got[0][2]["data"] == {"name": unique, "tags": {"a": "b"}, "description": "desc"}
    assert got[2][2]["data"] == {"name": unique, "version": "1", "key": "k", "value": "v"}
    for headers, body, _ in got:
        assert is_authentic(headers, body, SECRET)
        assert not is_authentic(headers, body + " ", SECRET)
        assert not is_authentic(headers, body, "another")


@pytest.mark.worker
def test_a_prompt_is_told_apart_from_a_model(hook, receiver, unique):
    mlflow.genai.register_prompt(name=unique, template="Hello {{name}}", commit_message="first")
    got = [receiver.next_of(unique)[2] for _ in range(2)]
    assert [payload["entity"] for payload in got] == ["prompt", "prompt_version"]
    assert got[1]["data"]["template"] == "Hello {{name}}"
    assert got[1]["data"]["description"] == "first"


@pytest.mark.worker
def test_a_delivery_is_repeated_under_its_id_until_it_is_taken(client, hook, receiver, unique):
    receiver.statuses = {unique: [503, 429]}
    client.create_registered_model(unique)
    got = [receiver.next_of(unique) for _ in range(3)]
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _, _ in got}) == 1
    assert len({headers["X-MLflow-Signature"] for headers, _, _ in got}) == 1


@pytest.mark.worker
def test_a_test_call_tells_what_the_receiver_answered(client, hook, receiver):
    result = client.test_webhook(hook.webhook_id)
    assert (result.success, result.response_status, result.response_body) == (True, 200, "thanks")
    receiver.next_of("example_model")
    receiver.statuses = {"example_prompt": [404]}
    result = client.test_webhook(hook.webhook_id, event="prompt.created")
    assert (result.success, result.response_status) == (False, 404)
    assert receiver.next_of("example_prompt")[2]["entity"] == "prompt"


def test_an_address_that_is_not_public_is_refused(client, unique):
    for url in ["https://10.0.0.1/x", "https://169.254.169.254/", "http://example.com/"]:
        with pytest.raises(MlflowException):
            client.create_webhook(name=unique, url=url, events=["model_version.created"])
