"""What this server tells of files, beside picklescan and modelscan: whatever they find, it finds."""

import contextlib
import io
import json
import logging
import os
import time
import urllib.parse
import urllib.request

import corpus
import pytest
from modelscan.modelscan import ModelScan
from modelscan.settings import DEFAULT_SETTINGS
from picklescan import scanner

SERVER = os.environ["MLFLOW_TRACKING_URI"]


@pytest.fixture(scope="session", autouse=True)
def server():
    """The address of the server under test; MLflow's client is not here."""
    return SERVER


def call(method, path, body=None, data=None):
    headers = {} if body is None else {"Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else data
    request = urllib.request.Request(SERVER + path, method=method, data=data, headers=headers)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


@pytest.fixture
def told(unique):
    """Register a version of these files. @returns what was found in each: lists of `what` and `detail`, by path"""

    def scan(files):
        mlflow = "/api/2.0/mlflow"
        call("POST", f"{mlflow}/registered-models/create", {"name": unique})
        info = call("POST", f"{mlflow}/runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]
        root = info["artifact_uri"].replace("mlflow-artifacts:", "") + "/model"
        for path, content in files.items():
            to = "/api/2.0/mlflow-artifacts/artifacts" + urllib.parse.quote(f"{root}/{path}")
            call("PUT", to, data=content)
        body = {"name": unique, "source": "mlflow-artifacts:" + root, "run_id": info["run_id"]}
        call("POST", f"{mlflow}/model-versions/create", body)
        until = time.monotonic() + 300
        while (found := call("GET", f"/api/v1/models/{unique}/versions/1/scan"))["waiting"] > 0:
            assert time.monotonic() < until, found
            time.sleep(0.2)
        by_path = {path: [] for path in files}
        for one in found["findings"]:
            by_path[one["path"]].append((one["what"], one["detail"]))
        assert found["files"] == len(files)
        return by_path

    return scan


def judge(path):
    """Who of the two scanners finds something in a file."""
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            levels = {one.safety for one in scanner.scan_file_path(str(path)).globals}
        except OSError:
            levels = set()
        issues = ModelScan().scan(str(path))["summary"]["total_issues"]
    found = {"picklescan": scanner.SafetyLevel.Dangerous in levels, "modelscan": issues > 0}
    return {name for name, isFound in found.items() if isFound}


def test_whatever_runs_is_found(told, tmp_path):
    files = corpus.malicious()
    found = told(files)
    assert [path for path, findings in found.items() if not findings] == []
    by_others = {"picklescan": 0, "modelscan": 0}
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
        for name in judge(tmp_path / path):
            by_others[name] += 1
    # They do find most of it, so that the comparison says something.
    assert by_others["picklescan"] > 60 and by_others["modelscan"] > 40


def test_nothing_is_found_in_models_as_tools_write_them(told):
    assert {path: findings for path, findings in told(corpus.benign()).items() if findings} == {}


def test_what_is_not_read_is_said(told):
    found = told(corpus.unread())
    assert {what for findings in found.values() for what, _ in findings} == {"unread"}
    assert [path for path, findings in found.items() if not findings] == []


def names():
    """Those that one of the scanners calls dangerous."""
    lists = [scanner._unsafe_globals, *DEFAULT_SETTINGS["unsafe_globals"].values()]
    for module, listed in [pair for one in lists for pair in one.items()]:
        for name in [listed] if isinstance(listed, str) else listed:
            yield module, "anything" if name == "*" else name


def test_a_name_that_they_call_dangerous_is_not_taken_for_harmless(told):
    files = {f"{module}-{name}.pkl": f"c{module}\n{name}\n)R.".encode() for module, name in names()}
    assert len(files) > 80
    found = told(files)
    wrong = {path: findings for path, findings in found.items() if [what for what, _ in findings] != ["dangerous"]}
    # Pickled functions are many a model: a finding, which a policy may allow by the module.
    assert all(path.startswith("cloudpickle.cloudpickle-") for path in wrong), wrong
    assert {what for findings in wrong.values() for what, _ in findings} == {"unlisted"}
