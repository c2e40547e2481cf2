"""Trains three versions, serves them, promotes under load, splits, shadows, and lets a canary grow and a guard roll a bad one back.

Needs a server on http://localhost:5000 (`npm start`), mlflow and scikit-learn in the PATH, and the command `npx gatehouse`
(the variable GATEHOUSE names another). It ends the processes that it starts.
"""

import collections
import json
import os
import shlex
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import mlflow
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

SERVER = "http://localhost:5000"
NAME = "fraud-live"
PROXY = "http://127.0.0.1:8091"

mlflow.set_tracking_uri(SERVER)
mlflow.set_experiment("serving-story")
client = mlflow.MlflowClient()
X, y = make_classification(n_samples=500, n_features=4, random_state=7)


class Slow(mlflow.pyfunc.PythonModel):
    """Right, and far too late: what nobody sees before it is under load."""

    def predict(self, context, model_input, params=None):
        time.sleep(2)
        return [0] * len(model_input)


def train():
    for c in (0.1, 10):
        with mlflow.start_run():
            mlflow.sklearn.log_model(LogisticRegression(C=c).fit(X, y), name="model", registered_model_name=NAME)
    with mlflow.start_run():
        mlflow.pyfunc.log_model(name="model", python_model=Slow(), registered_model_name=NAME)
    newest = max(int(v.version) for v in client.search_model_versions(f"name='{NAME}'"))
    return [str(newest - 2), str(newest - 1), str(newest)]


def promote(version):
    client.transition_model_version_stage(NAME, version, "Production", archive_existing_versions=True)


def in_production():
    return client.get_latest_versions(NAME, ["Production"])[0].version


def api(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    req = urllib.request.Request(SERVER + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(req, timeout=30) as res:
        return json.load(res)


def put(variants, **more):
    api("PUT", f"/api/v1/deployments/{NAME}", {"model": NAME, "variants": variants, **more})


def score():
    """The status of an answer, and its headers."""
    body = json.dumps({"inputs": X[:1].tolist()}).encode()
    req = urllib.request.Request(PROXY + "/invocations", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(req, timeout=60) as res:
            res.read()
            return res.status, res.headers
    except urllib.error.HTTPError as err:
        return err.code, err.headers
    except OSError:
        return 0, {}


class Load:
    """Two callers, for as long as it is open."""

    def __enter__(self):
        self.isOver, self.answers = False, []
        self.threads = [threading.Thread(target=self.call) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        return self

    def call(self):
        while not self.isOver:
            self.answers.append(score())
            time.sleep(0.02)

    def __exit__(self, *_):
        self.isOver = True
        for thread in self.threads:
            thread.join()

    def count(self, header):
        return collections.Counter(headers.get(header) for _, headers in self.answers)

    def failed(self):
        return sum(status != 200 for status, _ in self.answers)


def until(what, holds, seconds=240):
    for _ in range(seconds * 4):
        if holds():
            return
        time.sleep(0.25)
    raise SystemExit(f"{what}: not after {seconds} s")


def answered_by(header, value):
    return lambda: score()[1].get(header) == value


first, second, slow = train()
promote(first)
champion = {"name": "champion", "uri": f"models:/{NAME}/Production", "weight": 1}
put([champion])
serving = subprocess.Popen(
    [
        *shlex.split(os.environ.get("GATEHOUSE", "npx gatehouse")),
        *["serve", "--deployment", NAME, "--server", SERVER, "--port", "8091", "--env-manager", "local"],
        *["--folder", tempfile.mkdtemp(), "--metrics"],
    ],
    stderr=subprocess.DEVNULL,
)
try:
    until(f"version {first} answers", answered_by("X-Gatehouse-Model-Version", first))

    with Load() as load:
        promote(second)
        until(f"version {second} answers", answered_by("X-Gatehouse-Model-Version", second))
    print(f"Promoted under load: {len(load.answers)} answers, {load.failed()} failed")
    assert load.failed() == 0, load.answers

    challenger = {"name": "challenger", "uri": f"models:/{NAME}/{first}", "weight": 1}
    shadow = {"name": "next", "uri": f"models:/{NAME}/{second}"}
    put([{**champion, "weight": 3}, challenger], shadows=[shadow])
    until("the challenger answers", answered_by("X-Gatehouse-Variant", "challenger"))
    with Load() as load:
        time.sleep(8)
    print(f"Split 3 to 1: {dict(load.count('X-Gatehouse-Variant'))}, {load.failed()} failed")
    assert load.failed() == 0 and set(load.count("X-Gatehouse-Variant")) == {"champion", "challenger"}

    outcomes = [
        {"request_id": headers["X-Gatehouse-Request-Id"], "name": "converted", "value": int(i % 3 == 0)}
        for i, (_, headers) in enumerate(load.answers[:1000])
    ]
    api("POST", f"/api/v1/deployments/{NAME}/outcomes", {"items": outcomes})
    for difference in api("GET", f"/api/v1/deployments/{NAME}/outcomes")["differences"]:
        print(f"{difference['variant']} against {difference['against']}: p = {difference.get('p_value')}")

    # The challenger grows by steps, and its version enters Production after the last one.
    steps = [{"weight": 50, "minutes": 0.05}, {"weight": 90, "minutes": 0.05}, {"weight": 100, "then": {"stage": "Production"}}]
    put([champion, {**challenger, "steps": steps}])
    with Load() as load:
        until("the canary enters Production", lambda: in_production() == first)
    print(f"A canary grew: {dict(load.count('X-Gatehouse-Variant'))}, {load.failed()} failed; Production is version {first}")
    assert load.failed() == 0, load.answers
    for change in reversed(api("GET", f"/api/v1/deployments/{NAME}/history?max_results=4")["items"]):
        print(f"  {change['by']}: {change.get('reason', 'written')}")

    # One variant that follows Production, and bounds. The last version is far too slow.
    bounds = {"max_p95_ms": 1000, "window_seconds": 60, "min_requests": 5, "action": "rollback"}
    put([champion], guard=bounds)
    until(f"version {first} answers alone", answered_by("X-Gatehouse-Variant", "champion"))
    until(f"version {first} answers", answered_by("X-Gatehouse-Model-Version", first))
    with Load() as load:
        promote(slow)
        until(f"version {slow} answers", answered_by("X-Gatehouse-Model-Version", slow))
        until("the guard rolls back", lambda: in_production() == first)
        until(f"version {first} answers again", answered_by("X-Gatehouse-Model-Version", first))
    print(f"Rolled back by the guard: {load.failed()} failed; Production is version {in_production()} again")
finally:
    serving.terminate()
    serving.wait()
