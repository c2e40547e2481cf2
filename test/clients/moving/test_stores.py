"""`gatehouse import` from the two stores that need no server, and from one that is cut off."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest
from filled import fill
from mlflow import MlflowClient

kinds = ["experiments", "runs", "logged models", "registered models", "versions", "aliases"]


def test_a_database_file_is_taken_over_like_its_server(filled, gatehouse, tmp_path):
    url, folder, _ = filled
    of_server = gatehouse("import", "mlflow", url, "--data", str(tmp_path / "a"), "--json")
    at = ["--artifacts-from", str(folder / "artifacts"), "--json"]
    args = ["import", "mlflow-db", str(folder / "mlflow.db"), *at]
    of_file = gatehouse(*args, "--data", str(tmp_path / "b"))
    assert of_file["differing"] == 0, of_file
    assert of_file["counts"] == of_server["counts"]
    again = gatehouse(*args, "--data", str(tmp_path / "b"))
    assert [again["counts"][kind]["added"] for kind in kinds] == [0] * len(kinds)


def test_a_database_that_names_other_folders_gets_none_of_their_files(filled, gatehouse, tmp_path):
    _, folder, ids = filled
    copy = tmp_path / "mlflow.db"
    shutil.copy(folder / "mlflow.db", copy)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.pem").write_text("secret")
    with sqlite3.connect(copy) as db:
        db.execute("update runs set artifact_uri = ?", [f"file://{secret}"])
    at = ["--artifacts-from", str(folder / "artifacts"), "--data", str(tmp_path / "b")]
    out = gatehouse("import", "mlflow-db", str(copy), *at, code=1)
    assert f"differs: run {ids[0]}, files: they lie at 'file://{secret}', outside" in out
    with sqlite3.connect(tmp_path / "b" / "gatehouse.db") as db:
        assert not db.execute("select 1 from artifact_files where path like '%key.pem'").fetchall()


@pytest.fixture
def file_store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    fill(f"file://{tmp_path}/mlruns")
    return tmp_path / "mlruns"


def test_a_file_store_is_taken_over(file_store, gatehouse, tmp_path):
    args = ["import", "mlruns", str(file_store), "--data", str(tmp_path / "data"), "--json"]
    report = gatehouse(*args)
    assert report["differing"] == 0, report
    assert report["counts"]["runs"]["added"] == 5
    assert report["counts"]["versions"]["added"] == 6
    again = gatehouse(*args)
    assert again["counts"]["runs"]["unchanged"] == 5


def test_cut_off_half_way_the_same_command_goes_on(filled, gatehouse, tmp_path):
    url, folder, _ = filled
    experiment = MlflowClient(url).create_experiment("many")
    with sqlite3.connect(folder / "mlflow.db") as db:
        for i in range(250):
            run = f"{i:032x}"
            db.execute(
                "insert into runs (run_uuid, name, user_id, status, start_time, end_time,"
                " lifecycle_stage, artifact_uri, experiment_id)"
                " values (?, 'r', 'rita', 'FINISHED', 1, 2, 'active', ?, ?)",
                [run, f"mlflow-artifacts:/{experiment}/{run}/artifacts", experiment],
            )
            db.execute("insert into params values ('i', ?, ?)", [str(i), run])
            points = [("loss", 1 / (n + 1), 1000 + n, run, n, 0) for n in range(20)]
            into = "(key, value, timestamp, run_uuid, step, is_nan) values (?, ?, ?, ?, ?, ?)"
            db.executemany(f"insert into metrics {into}", points)
            db.execute(f"insert into latest_metrics {into}", points[-1])
    data = str(tmp_path / "data")
    args = ["import", "mlflow", url, "--data", data, "--jobs", "2"]
    for _ in range(2):
        process = subprocess.Popen(
            [os.environ["GATEHOUSE_COMMAND"], *args], start_new_session=True, stdout=subprocess.DEVNULL
        )
        before = count_runs(data)
        deadline = time.time() + 120
        while count_runs(data) < before + 50 and process.poll() is None:
            assert time.time() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    there = count_runs(data)
    assert 50 <= there < 250 + 7
    report = gatehouse(*args, "--json")
    assert report["differing"] == 0, report
    runs = report["counts"]["runs"]
    assert runs["source"] == runs["added"] + runs["updated"] + runs["unchanged"] == count_runs(data)
    assert runs["source"] > 250
    assert runs["unchanged"] >= 50
    assert report["counts"]["points"]["source"] > 5000


def count_runs(data):
    try:
        with sqlite3.connect(f"file:{data}/gatehouse.db?mode=ro", uri=True) as db:
            return db.execute("select count(*) from runs").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
