"""What the fluent logging functions send besides plain values."""

import json
import math

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.artifacts import download_artifacts, load_dict, load_image, load_text
from mlflow.entities import Metric


@pytest.mark.worker
def test_figures_images_texts_and_dictionaries_come_back(client, run):
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    mlflow.log_figure(figure, "plots/line.png")
    plt.close(figure)
    mlflow.log_image(np.zeros((4, 6, 3), dtype=np.uint8), "black.png")
    mlflow.log_text("hello", "hello.txt")
    mlflow.log_dict({"a": 1}, "a.json")
    root = run.info.artifact_uri
    assert load_image(f"{root}/black.png").size == (6, 4)
    assert load_image(f"{root}/plots/line.png").size[0] > 0
    assert load_text(f"{root}/hello.txt") == "hello"
    assert load_dict(f"{root}/a.json") == {"a": 1}
    paths = [(entry.path, entry.is_dir) for entry in client.list_artifacts(run.info.run_id)]
    assert paths == [
        ("a.json", False),
        ("black.png", False),
        ("hello.txt", False),
        ("plots", True),
    ]


def test_images_of_a_series_are_logged_by_step(client, run):
    for step in range(2):
        image = np.full((4, 4, 3), step, dtype=np.uint8)
        mlflow.log_image(image, key="sample", step=step, synchronous=True)
    names = [entry.path for entry in client.list_artifacts(run.info.run_id, "images")]
    assert len(names) == 4
    assert all(name.startswith("images/sample") for name in names)


@pytest.mark.worker
def test_a_table_grows_with_each_call_and_loads_for_its_run(run, experiment):
    mlflow.log_table({"q": ["a", "b"], "score": [0.1, 0.2]}, "eval_results.json")
    mlflow.log_table(pd.DataFrame({"q": ["c"], "score": [0.3]}), "eval_results.json")
    table = mlflow.load_table("eval_results.json", run_ids=[run.info.run_id])
    assert table["q"].tolist() == ["a", "b", "c"]
    assert table["score"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    tag = mlflow.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tag) == [{"path": "eval_results.json", "type": "table"}]


@pytest.mark.worker
def test_datasets_are_inputs_that_runs_are_found_by(client, experiment, unique):
    data = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name=unique, targets="x")
    with mlflow.start_run() as active:
        mlflow.log_input(data, context="training", tags={"k": "v"})
        mlflow.log_input(data, context="training")
    (entry,) = client.get_run(active.info.run_id).inputs.dataset_inputs
    assert (entry.dataset.name, entry.dataset.digest) == (unique, data.digest)
    tags = {tag.key: tag.value for tag in entry.tags}
    assert tags["mlflow.data.context"] == "training"
    found = client.search_runs([experiment.experiment_id], f"dataset.name = '{unique}'")
    assert [r.info.run_id for r in found] == [active.info.run_id]


def test_asynchronous_logging_arrives_in_full(client, run):
    run_id = run.info.run_id
    for step in range(200):
        mlflow.log_metric("loss", step, step=step, synchronous=False)
    mlflow.log_params({f"p{n}": n for n in range(50)}, synchronous=False)
    mlflow.set_tag("t", "v", synchronous=False)
    mlflow.flush_async_logging()
    assert len(client.get_metric_history(run_id, "loss")) == 200
    data = client.get_run(run_id).data
    assert data.params == {f"p{n}": str(n) for n in range(50)}
    assert data.tags["t"] == "v"


def test_thousands_of_points_of_many_keys_are_read_back(client, run):
    run_id = run.info.run_id
    for start in range(0, 5000, 1000):
        client.log_batch(
            run_id,
            metrics=[Metric(f"m{n % 10}", n / 7, n, n) for n in range(start, start + 1000)],
        )
    for key in range(10):
        history = client.get_metric_history(run_id, f"m{key}")
        assert [m.step for m in history] == list(range(key, 5000, 10))
        assert all(m.value == m.step / 7 for m in history)


@pytest.mark.worker
def test_search_gives_a_table_of_runs(experiment):
    for n in range(3):
        with mlflow.start_run():
            mlflow.log_metric("m", math.nan if n == 0 else n)
            mlflow.log_param("p", n)
    table = mlflow.search_runs(
        [experiment.experiment_id], filter_string="metrics.m >= 1", order_by=["metrics.m DESC"]
    )
    assert table["metrics.m"].tolist() == [2.0, 1.0]
    assert table["params.p"].tolist() == ["2", "1"]


def test_searching_pages_through_thousands(client, unique):
    """2,000 runs by pages of 300, and 120 experiments by pages of 50."""
    from concurrent.futures import ThreadPoolExecutor

    experiment_id = client.create_experiment(f"{unique}-runs")
    with ThreadPoolExecutor(8) as pool:
        runs = pool.map(lambda n: client.create_run(experiment_id, start_time=n), range(1, 2001))
        made = [run.info.run_id for run in runs]
        list(pool.map(lambda n: client.create_experiment(f"{unique}-{n:03}"), range(120)))
    seen, token = [], None
    while True:
        page = client.search_runs([experiment_id], max_results=300, page_token=token)
        seen += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert seen == list(reversed(made))
    names, token = [], None
    while True:
        page = client.search_experiments(
            filter_string=f"name LIKE '{unique}-___'",
            order_by=["name ASC"],
            max_results=50,
            page_token=token,
        )
        names += [found.name for found in page]
        token = page.token
        if not token:
            break
    assert names == [f"{unique}-{n:03}" for n in range(120)]


def test_a_folder_is_downloaded_with_all_below_it(run, tmp_path):
    for n in range(20):
        mlflow.log_text(str(n), f"deep/{n % 4}/{n}.txt")
    folder = download_artifacts(run_id=run.info.run_id, artifact_path="deep", dst_path=tmp_path)
    files = sorted(path.name for path in (tmp_path / "deep").rglob("*.txt"))
    assert folder.rstrip("/").endswith("deep")
    assert files == sorted(f"{n}.txt" for n in range(20))


@pytest.mark.ours
@pytest.mark.worker
def test_a_large_file_goes_up_in_parts(run, tmp_path, monkeypatch):
    import hashlib
    import os

    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * 2**20))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * 2**20))
    path = tmp_path / "large ü.bin"
    path.write_bytes(os.urandom(12 * 2**20 + 7))
    mlflow.log_artifact(str(path), "parts of it")
    target = tmp_path / "down"
    target.mkdir()
    copy = download_artifacts(
        run_id=run.info.run_id, artifact_path="parts of it/large ü.bin", dst_path=target
    )
    with open(copy, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
