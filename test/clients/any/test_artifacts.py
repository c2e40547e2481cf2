"""Files of runs, as every client generation from 1.30 on moves them."""

import hashlib
import json
import os

import mlflow
import pytest


def files_below(client, run_id, path=None):
    """Path and size of every file of a run, folders walked."""
    found = {}
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            assert entry.file_size is None
            found.update(files_below(client, run_id, entry.path))
        else:
            # Clients read a missing size as None, and MLflow's server leaves out the size of an empty file.
            found[entry.path] = entry.file_size or 0
    return found


def download(run_id, path, target):
    return mlflow.artifacts.download_artifacts(
        run_id=run_id, artifact_path=path, dst_path=str(target)
    )


@pytest.mark.worker
@pytest.mark.smoke
def test_texts_and_dictionaries_come_back(run, tmp_path):
    mlflow.log_text("Grüße\n", "notes/read me.txt")
    mlflow.log_dict({"a": [1, 2]}, "conf/settings.json")
    folder = download(run.info.run_id, "", tmp_path)
    with open(os.path.join(folder, "notes/read me.txt"), encoding="utf-8") as file:
        assert file.read() == "Grüße\n"
    with open(os.path.join(folder, "conf/settings.json")) as file:
        assert json.load(file) == {"a": [1, 2]}


@pytest.mark.worker
def test_a_folder_goes_up_and_down_with_odd_names_and_empty_files(client, run, tmp_path):
    # Not `%41`: the clients' HTTP library sends it as `A`.
    names = [
        "plain.txt",
        "with blank.txt",
        "umlaut-ü.txt",
        "100%.txt",
        "a+b.txt",
        "empty.bin",
        "sub folder/deep/ä+%.bin",
    ]
    source = tmp_path / "source"
    contents = {}
    for number, name in enumerate(names):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        contents[name] = b"" if name == "empty.bin" else os.urandom(100 + number)
        path.write_bytes(contents[name])
    run_id = run.info.run_id
    client.log_artifacts(run_id, str(source), "up")
    sizes = {f"up/{name}": len(data) for name, data in contents.items()}
    assert files_below(client, run_id) == sizes
    target = tmp_path / "target"
    target.mkdir()
    folder = download(run_id, "up", target)
    for name, data in contents.items():
        with open(os.path.join(folder, name), "rb") as file:
            assert file.read() == data, name


@pytest.mark.worker
def test_one_file_is_listed_and_fetched_alone(client, run, tmp_path):
    path = tmp_path / "data.bin"
    path.write_bytes(os.urandom(3_000_000))
    client.log_artifact(run.info.run_id, str(path))
    (entry,) = client.list_artifacts(run.info.run_id)
    assert (entry.path, entry.is_dir, entry.file_size) == ("data.bin", False, 3_000_000)
    target = tmp_path / "down"
    target.mkdir()
    with open(download(run.info.run_id, "data.bin", target), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_written_again_shows_its_new_content(run, tmp_path):
    mlflow.log_text("old, and longer", "note.txt")
    mlflow.log_text("new", "note.txt")
    with open(download(run.info.run_id, "note.txt", tmp_path)) as file:
        assert file.read() == "new"


def test_a_run_without_files_lists_nothing(client, run):
    assert list(client.list_artifacts(run.info.run_id)) == []
    assert list(client.list_artifacts(run.info.run_id, "nothing/here")) == []


def test_a_missing_file_is_an_error_and_not_an_empty_one(run, tmp_path):
    with pytest.raises(Exception, match="(?i)not found|no such|404|does not exist|failed to download"):
        download(run.info.run_id, "missing.txt", tmp_path)


def test_a_hundred_files_in_one_folder_are_all_listed(client, run, tmp_path):
    for number in range(100):
        (tmp_path / f"{number:03}.txt").write_text(str(number))
    client.log_artifacts(run.info.run_id, str(tmp_path), "many")
    listed = [entry.path for entry in client.list_artifacts(run.info.run_id, "many")]
    assert listed == [f"many/{number:03}.txt" for number in range(100)]
