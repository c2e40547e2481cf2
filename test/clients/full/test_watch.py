"""Watching what a model URI means, over a real connection."""

import json
import threading
import time

import mlflow
import pytest
import requests

pytestmark = [pytest.mark.ours, pytest.mark.worker]


class Watch:
    """A stream of Server-Sent Events, read event by event."""

    def __init__(self, server, uri):
        self.answer = requests.get(
            f"{server}/api/v1/watch", params={"uri": uri}, stream=True, timeout=60
        )
        assert self.answer.status_code == 200, self.answer.text
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self):
        """The data of the next event."""
        for line in self.lines:
            if line.startswith("data: "):
                return json.loads(line[len("data: ") :])
        raise AssertionError("the stream ended")

    def close(self):
        self.answer.close()


@pytest.fixture
def promote(unique):
    client = mlflow.MlflowClient()
    client.create_registered_model(unique)
    for _ in range(2):
        client.create_model_version(unique, "s3://elsewhere/model")

    def move(version):
        client.transition_model_version_stage(
            unique, version, "Production", archive_existing_versions=True
        )

    move("1")
    return move


def test_who_waits_is_told_though_those_who_waited_before_have_gone(server, unique, promote):
    uri = f"models:/{unique}/Production"
    known = requests.get(f"{server}/api/v1/resolve", params={"uri": uri}, timeout=30)
    headers = {"If-None-Match": known.headers["ETag"]}
    watches = []

    def open_watches():
        time.sleep(0.5)
        watches.extend(Watch(server, uri) for _ in range(2))
        assert [watch.next()["version"] for watch in watches] == ["1", "1"]

    opening = threading.Thread(target=open_watches)
    opening.start()
    # It waits first, and so may be the one that looks for all.
    wait = {"uri": uri, "wait": 3}
    assert requests.get(f"{server}/api/v1/resolve", params=wait, headers=headers, timeout=30).status_code == 304
    opening.join()
    time.sleep(1)
    started = time.monotonic()
    promote("2")
    assert [watch.next()["version"] for watch in watches] == ["2", "2"]
    assert time.monotonic() - started < 5
    for watch in watches:
        watch.close()


def test_an_answer_is_held_until_it_changes(server, unique, promote):
    resolve = f"{server}/api/v1/resolve?uri=models:/{unique}/Production"
    known = requests.get(resolve, timeout=30)
    headers = {"If-None-Match": known.headers["ETag"]}
    assert requests.get(resolve, headers=headers, timeout=30).status_code == 304
    promote("2")
    changed = requests.get(f"{resolve}&wait=20", headers=headers, timeout=30)
    assert changed.json()["version"] == "2"
    started = time.monotonic()
    headers = {"If-None-Match": changed.headers["ETag"]}
    assert requests.get(f"{resolve}&wait=2", headers=headers, timeout=30).status_code == 304
    assert time.monotonic() - started > 1.5
