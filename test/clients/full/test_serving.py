"""`mlflow models serve` on a stage of a registered model, by itself and under `gatehouse serve`."""

import json
import os
import signal
import subprocess
import sys
import time

import mlflow
import pytest
import requests
from ports import free_port
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression


def test_the_version_in_production_answers_invocations(client, experiment, unique, tmp_path):
    X, y = make_classification(n_samples=100, n_features=4, random_state=42)
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=unique,
            pip_requirements=["scikit-learn"],
        )
    client.transition_model_version_stage(unique, "1", "Production")
    port = free_port()
    command = ["models", "serve", "-m", f"models:/{unique}/Production", "--env-manager", "local"]
    # It starts uvicorn by name, as in an activated environment.
    programs = os.path.dirname(sys.executable)
    with open(tmp_path / "serve.log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command, "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while not answers(f"{address}/ping"):
            assert server.poll() is None, (tmp_path / "serve.log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "serve.log").read_text()
            time.sleep(0.2)
        reply = requests.post(
            f"{address}/invocations", json={"inputs": X[:5].tolist()}, timeout=30
        )
        assert reply.json() == {"predictions": model.predict(X[:5]).tolist()}
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@pytest.mark.ours
def test_gatehouse_serve_follows_the_stage_with_mlflows_own_scorer(
    server, client, experiment, unique, tmp_path
):
    X, y = make_classification(n_samples=100, n_features=4, random_state=42)
    models = [LogisticRegression().fit(X, labels) for labels in (y, 1 - y)]
    for model in models:
        with mlflow.start_run():
            mlflow.sklearn.log_model(
                model,
                name="model",
                registered_model_name=unique,
                input_example=X[:2],
                pip_requirements=["scikit-learn"],
            )
    client.transition_model_version_stage(unique, "1", "Production")
    programs = os.path.dirname(sys.executable)
    command = [os.environ["GATEHOUSE_COMMAND"], "serve", f"models:/{unique}/Production"]
    command += ["--server", server, "--port", "0", "--folder", str(tmp_path / "models")]
    serving = subprocess.Popen(
        [*command, "--env-manager", "local", "--json"],
        stdout=subprocess.PIPE,
        stderr=open(tmp_path / "serve.log", "wb"),
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        text=True,
    )

    def event():
        line = serving.stdout.readline()
        assert line, (tmp_path / "serve.log").read_text()
        return json.loads(line)

    def score():
        reply = requests.post(
            f"{address}/invocations", json={"inputs": X[:20].tolist()}, timeout=30
        )
        return reply.headers["X-Gatehouse-Model-Version"], reply.json()

    def expected(version):
        return version, {"predictions": models[int(version) - 1].predict(X[:20]).tolist()}

    try:
        address = event()["url"]
        # The second is new, and the third a rollback.
        for version in ("1", "2", "1"):
            client.transition_model_version_stage(
                unique, version, "Production", archive_existing_versions=True
            )
            told = event()
            assert (told["event"], told["version"]) == ("live", version)
            assert score() == expected(version)
    finally:
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(30) == 0, (tmp_path / "serve.log").read_text()


def answers(url):
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.ConnectionError:
        return False
