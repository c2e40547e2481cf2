"""`mlflow models serve` on a stage of a registered model."""

import os
import signal
import socket
import subprocess
import sys
import time

import mlflow
import requests
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_version_in_production_answers_invocations(client, experiment, unique, tmp_path):
    X, y = make_classification(n_samples=100, n_features=4, random_state=42)
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", registered_model_name=unique)
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


def answers(url):
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.ConnectionError:
        return False
