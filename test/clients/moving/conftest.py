"""A real MLflow server to move from or to, and the command that moves."""

import json
import os
import subprocess
import sys
import time
import urllib.request

import pytest
from ports import free_port


@pytest.fixture(scope="session")
def start_mlflow(tmp_path_factory):
    """Starts MLflow's own server on an empty store; all of them end with the session."""
    started = []

    def start():
        folder = tmp_path_factory.mktemp("mlflow")
        port = free_port()
        log = open(folder / "log", "w")
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
        command += ["--artifacts-destination", str(folder / "artifacts")]
        env = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
        # Five more processes, which nothing here asks for.
        env["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=env)
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            said = (folder / "log").read_text()
            # Only its own word counts: what answers at the port may be another server.
            if "Uvicorn running on" in said:
                urllib.request.urlopen(f"{url}/health", timeout=30).read()
                return url, folder
            assert process.poll() is None, said[-3000:]
            time.sleep(0.2)
        raise AssertionError(said[-3000:])

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(30)


@pytest.fixture(scope="session")
def filled(start_mlflow):
    """@returns URL and folder of a server with a little of all, and ids of its runs"""
    from filled import fill

    url, folder = start_mlflow()
    return url, folder, fill(url)


@pytest.fixture(scope="session")
def gatehouse(tmp_path_factory):
    """Runs the command, on the server under test or on a data folder."""

    def run(*args, code=0, **env):
        command = [os.environ["GATEHOUSE_COMMAND"], *args]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, env={**os.environ, **env}
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout) if "--json" in args and code == 0 else done.stdout

    return run
