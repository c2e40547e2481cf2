"""Models are read by the unchanged huggingface_hub, of both versions that are tested."""

import os

import pytest
from huggingface_hub import (
    HfApi,
    HfFileSystem,
    auth_check,
    file_exists,
    get_paths_info,
    hf_hub_download,
    list_repo_commits,
    list_repo_files,
    list_repo_refs,
    list_repo_tree,
    model_info,
    revision_exists,
    snapshot_download,
)
from huggingface_hub.utils import (
    EntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from conftest import FILES, USER, call, token_of


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def test_a_snapshot_is_what_was_registered(fraud):
    path = snapshot_download(fraud, revision="Production")
    sha = model_info(fraud, revision="Production").sha
    assert len(sha) == 40
    assert path.endswith(sha)
    assert read(path, "data/weights.bin") == FILES["data/weights.bin"]
    assert read(path, "README.md") == b"# Two\n"
    assert snapshot_download(fraud, revision=sha) == path
    # What is asked for when nothing is said.
    assert snapshot_download(fraud) == path


def test_only_what_changed_comes_after_a_move(fraud):
    before = snapshot_download(fraud, revision="champion")
    after = snapshot_download(fraud, revision="Production")
    assert before != after
    weights = [os.path.realpath(os.path.join(path, "data/weights.bin")) for path in (before, after)]
    assert weights[0] == weights[1]
    assert read(before, "README.md") == b"# One\n"


def test_one_file_comes_by_the_number_of_a_version(fraud, tmp_path):
    path = hf_hub_download(fraud, "data/weights.bin", revision="1", local_dir=tmp_path)
    assert read(path) == FILES["data/weights.bin"]
    assert os.path.relpath(path, tmp_path) == "data/weights.bin"


def test_files_are_listed(fraud):
    assert sorted(list_repo_files(fraud, revision="champion")) == sorted(FILES)
    top = {entry.path for entry in list_repo_tree(fraud, revision="1")}
    assert top == {"MLmodel", "config.json", "data", "README.md"}
    [info, folder] = sorted(
        get_paths_info(fraud, ["data", "MLmodel", "nope"], revision="1"), key=lambda one: one.path
    )
    assert info.path == "MLmodel"
    assert info.size == len(FILES["MLmodel"])
    assert folder.path == "data"
    assert file_exists(fraud, "MLmodel", revision="1")
    assert not file_exists(fraud, "nope", revision="1")


def test_what_is_known_of_the_model(fraud):
    call(
        "POST",
        "/api/2.0/mlflow/registered-models/set-tag",
        {"name": fraud.split("/")[1], "key": "team", "value": "risk"},
    )
    info = model_info(fraud, files_metadata=True)
    assert info.id == fraud
    assert info.private
    assert "team:risk" in info.tags
    sizes = {one.rfilename: one.size for one in info.siblings}
    assert sizes == {path: len(content) for path, content in FILES.items()}
    refs = list_repo_refs(fraud)
    assert {ref.name for ref in refs.branches} == {"main", "Production", "champion"}
    assert [ref.name for ref in refs.tags] == ["v2", "v1"]
    assert [commit.title for commit in list_repo_commits(fraud)] == ["version 2", "version 1"]
    assert revision_exists(fraud, "refs/heads/Production")
    assert not revision_exists(fraud, "Nowhere")


def test_the_library_and_the_licence_are_told(unique, register):
    mlmodel = b"flavors:\n  python_function: {}\n  sklearn: {}\n"
    readme = b"---\nlicense: apache-2.0\n---\n# Fraud\n"
    register(unique, {"MLmodel": mlmodel, "README.md": readme}, stage="Production")
    info = model_info(f"default/{unique}")
    assert info.library_name == "sklearn"
    assert {"sklearn", "license:apache-2.0"} <= set(info.tags)
    assert info.card_data.license == "apache-2.0"
    assert info.card_data.library_name == "sklearn"


def test_it_is_a_file_system(fraud):
    files = HfFileSystem(skip_instance_cache=True)
    assert files.cat(f"{fraud}@Production/README.md") == b"# Two\n"
    assert f"{fraud}/data" in files.ls(fraud, detail=False)
    with files.open(f"{fraud}@1/data/weights.bin") as weights:
        weights.seek(-10, os.SEEK_END)
        assert weights.read() == FILES["data/weights.bin"][-10:]


def test_what_is_not_there_has_an_error_of_its_own(fraud, unique):
    with pytest.raises(RevisionNotFoundError):
        snapshot_download(fraud, revision="Nowhere")
    with pytest.raises(EntryNotFoundError, match="No file 'nope'"):
        hf_hub_download(fraud, "nope", revision="1")
    with pytest.raises(RepositoryNotFoundError):
        snapshot_download(f"default/{unique}-nope")


def test_nothing_in_production_is_no_version(unique, register):
    register(unique, FILES)
    with pytest.raises(RevisionNotFoundError, match="nothing in Production; name a revision"):
        hf_hub_download(f"default/{unique}", "MLmodel")


def test_a_model_of_another_name_is_asked_for_by_its_tag(unique, register):
    name = f"{unique} süd"
    register(name, FILES)
    tag = {"name": name, "key": "gatehouse.hub_name", "value": f"{unique}-south"}
    call("POST", "/api/2.0/mlflow/registered-models/set-tag", tag)
    path = hf_hub_download(f"{unique}-south", "README.md", revision="v1")
    assert read(path) == FILES["README.md"]


def test_who_asks_is_told_who_it_is(fraud):
    who = HfApi(token=os.environ.get("HF_TOKEN", "hf_none")).whoami()
    assert who["name"] == (USER or "anonymous")
    auth_check(fraud)


@pytest.mark.skipif(not USER, reason="everybody may read without access control")
def test_rights_decide_who_reads(fraud, unique, tmp_path):
    name = fraud.split("/")[1]
    eve = token_of(f"eve-{unique}")
    assert snapshot_download(fraud, token=eve)
    denied = {
        "username": f"eve-{unique}",
        "resource_type": "registered_model",
        "resource_id": name,
        "permission": "DENY",
    }
    call("POST", "/api/3.0/mlflow/users/permissions/grant", denied)
    for token in (eve, False):
        with pytest.raises(RepositoryNotFoundError):
            model_info(fraud, token=token)
        with pytest.raises(RepositoryNotFoundError):
            hf_hub_download(fraud, "MLmodel", revision="2", token=token, cache_dir=tmp_path)
