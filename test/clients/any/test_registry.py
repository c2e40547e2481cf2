"""Registered models and their versions, as every client generation from 1.30 on uses them."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import mlflow
import pytest
from mlflow.exceptions import MlflowException


@pytest.fixture
def source(run):
    """Where a run's model lies: an MLmodel file, which is all that registering asks for."""
    mlflow.log_text("flavors: {}\n", "model/MLmodel")
    return f"{run.info.artifact_uri}/model"


@pytest.fixture
def version(client, run, source, unique):
    """A function that registers one more version of `unique`."""
    client.create_registered_model(unique)
    return lambda: client.create_model_version(unique, source, run.info.run_id).version


@pytest.mark.worker
@pytest.mark.smoke
def test_a_model_is_registered_described_tagged_and_found(client, run, source, unique):
    client.create_registered_model(unique, tags={"team": "risk"}, description="Finds fraud")
    made = client.create_model_version(
        unique, source, run.info.run_id, tags={"k": "v"}, description="first"
    )
    assert str(made.version) == "1"
    assert made.status == "READY"
    client.set_registered_model_tag(unique, "more", "ü")
    client.set_model_version_tag(unique, "1", "checked", "yes")
    client.update_model_version(unique, "1", description="better")

    model = client.get_registered_model(unique)
    assert model.description == "Finds fraud"
    assert model.tags == {"team": "risk", "more": "ü"}
    found = client.get_model_version(unique, "1")
    assert found.description == "better"
    assert found.tags == {"k": "v", "checked": "yes"}
    assert found.run_id == run.info.run_id
    assert found.current_stage == "None"
    client.delete_model_version_tag(unique, "1", "k")
    client.delete_registered_model_tag(unique, "team")
    assert client.get_model_version(unique, "1").tags == {"checked": "yes"}
    assert client.get_registered_model(unique).tags == {"more": "ü"}


@pytest.mark.worker
def test_versions_count_up_and_numbers_are_not_used_twice(client, version, unique):
    assert [str(version()) for _ in range(3)] == ["1", "2", "3"]
    client.delete_model_version(unique, "3")
    assert str(version()) == "4"
    found = client.search_model_versions(f"name='{unique}'")
    assert sorted(int(v.version) for v in found) == [1, 2, 4]


@pytest.mark.worker
def test_a_new_version_in_production_archives_the_one_before(client, version, unique):
    for _ in range(3):
        version()
    client.transition_model_version_stage(unique, "1", "Production")
    client.transition_model_version_stage(unique, "2", "Staging")
    moved = client.transition_model_version_stage(
        unique, "2", "production", archive_existing_versions=True
    )
    assert moved.current_stage == "Production"
    stages = {v.version: v.current_stage for v in client.search_model_versions(f"name='{unique}'")}
    assert {int(v): stage for v, stage in stages.items()} == {1: "Archived", 2: "Production", 3: "None"}
    latest = client.get_latest_versions(unique)
    assert {(int(v.version), v.current_stage) for v in latest} == {
        (1, "Archived"),
        (2, "Production"),
        (3, "None"),
    }
    (production,) = client.get_latest_versions(unique, stages=["Production"])
    assert int(production.version) == 2


def test_a_renamed_model_takes_its_versions_along(client, version, unique):
    version()
    client.set_model_version_tag(unique, "1", "k", "v")
    client.rename_registered_model(unique, f"{unique}-new")
    assert client.get_model_version(f"{unique}-new", "1").tags == {"k": "v"}
    with pytest.raises(MlflowException) as refused:
        client.get_registered_model(unique)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_deleted_model_is_gone_with_its_versions(client, version, unique):
    version()
    client.delete_registered_model(unique)
    with pytest.raises(MlflowException) as refused:
        client.get_model_version(unique, "1")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert list(client.search_model_versions(f"name='{unique}'")) == []


def test_errors_of_the_registry_have_names(client, version, unique):
    version()

    def code(call):
        with pytest.raises(MlflowException) as refused:
            call()
        return refused.value.error_code

    assert code(lambda: client.create_registered_model(unique)) == "RESOURCE_ALREADY_EXISTS"
    assert code(lambda: client.get_registered_model(f"{unique}-no")) == "RESOURCE_DOES_NOT_EXIST"
    assert code(lambda: client.get_model_version(unique, "9")) == "RESOURCE_DOES_NOT_EXIST"
    assert code(lambda: client.transition_model_version_stage(unique, "1", "Foo")) == (
        "INVALID_PARAMETER_VALUE"
    )
    assert code(lambda: client.create_model_version(unique, "../x", None)) == (
        "INVALID_PARAMETER_VALUE"
    )


@pytest.mark.worker
def test_a_model_is_downloaded_by_number_and_by_stage(client, version, unique, tmp_path):
    version()
    client.transition_model_version_stage(unique, "1", "Production")
    for name in ["1", "Production", "latest"]:
        target = tmp_path / name
        target.mkdir()
        if name == "latest" and mlflow.__version__.startswith("1."):
            client.transition_model_version_stage(unique, "1", "None")
        path = mlflow.artifacts.download_artifacts(f"models:/{unique}/{name}", dst_path=str(target))
        with open(f"{path}/MLmodel") as file:
            assert file.read() == "flavors: {}\n"


def test_models_are_searched_page_by_page(client, unique):
    for n in range(12):
        client.create_registered_model(f"{unique}-{n:02}")
    page = client.search_registered_models(f"name LIKE '{unique}%'", max_results=5)
    assert [m.name for m in page] == [f"{unique}-{n:02}" for n in range(5)]
    rest = client.search_registered_models(
        f"name LIKE '{unique}%'", max_results=100, page_token=page.token
    )
    assert [m.name for m in rest] == [f"{unique}-{n:02}" for n in range(5, 12)]
    backwards = client.search_registered_models(
        f"name LIKE '{unique}%'", max_results=1, order_by=["name DESC"]
    )
    assert [m.name for m in backwards] == [f"{unique}-11"]


@pytest.mark.skipif(
    not hasattr(mlflow.tracking.MlflowClient, "set_registered_model_alias"),
    reason="this client has no aliases",
)
@pytest.mark.worker
def test_an_alias_moves_and_goes(client, version, unique):
    version()
    version()
    client.set_registered_model_alias(unique, "champion", "1")
    client.set_registered_model_alias(unique, "champion", "2")
    assert client.get_model_version_by_alias(unique, "champion").version in ("2", 2)
    assert client.get_registered_model(unique).aliases == {"champion": "2"}
    path = mlflow.artifacts.download_artifacts(f"models:/{unique}@champion")
    with open(f"{path}/MLmodel") as file:
        assert file.read() == "flavors: {}\n"
    client.delete_registered_model_alias(unique, "champion")
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(unique, "champion")
    assert client.get_registered_model(unique).aliases == {}


@pytest.mark.skipif(
    not hasattr(mlflow.tracking.MlflowClient, "copy_model_version"),
    reason="this client has no copy_model_version",
)
def test_a_copied_version_loads_the_same_files(client, version, unique, run):
    version()
    copied = client.copy_model_version(f"models:/{unique}/1", f"{unique}-copy")
    assert (copied.name, str(copied.version)) == (f"{unique}-copy", "1")
    assert copied.run_id == run.info.run_id
    assert copied.source == f"models:/{unique}/1"
    path = mlflow.artifacts.download_artifacts(f"models:/{unique}-copy/1")
    with open(f"{path}/MLmodel") as file:
        assert file.read() == "flavors: {}\n"


@pytest.mark.ours
@pytest.mark.worker
def test_a_version_keeps_its_files_when_the_run_loses_them(client, version, unique, run):
    version()
    mlflow.log_text("something else", "model/MLmodel")
    mlflow.end_run()
    client.delete_run(run.info.run_id)
    path = mlflow.artifacts.download_artifacts(f"models:/{unique}/1")
    with open(f"{path}/MLmodel") as file:
        assert file.read() == "flavors: {}\n"


@pytest.mark.ours
@pytest.mark.worker
def test_of_sixteen_promotions_at_once_one_version_stays_in_production(client, version, unique):
    numbers = [str(version()) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        promoted = [
            pool.submit(
                client.transition_model_version_stage,
                unique,
                number,
                "Production",
                archive_existing_versions=True,
            )
            for number in numbers
        ]
    assert all(future.exception() is None for future in promoted)
    stages = [v.current_stage for v in client.search_model_versions(f"name='{unique}'")]
    assert sorted(stages) == ["Archived"] * 15 + ["Production"]


def downloaded(uri):
    """The MLmodel file of a model, as the client downloads it."""
    path = mlflow.artifacts.download_artifacts(uri)
    with open(f"{path}/MLmodel") as file:
        return file.read()


@pytest.fixture
def canary(server):
    """A custom stage of the server, made where it is not there; other suites may share it."""
    with urlopen(f"{server}/api/v1/stages") as reply:
        stages = json.load(reply)["items"]
    if all(stage["name"] != "Canary" for stage in stages):
        items = [*stages, {"name": "Canary", "exclusive": True}]
        body = json.dumps({"items": items}).encode()
        headers = {"Content-Type": "application/json"}
        urlopen(Request(f"{server}/api/v1/stages", body, headers, method="PUT")).close()
    return "Canary"


@pytest.mark.ours
@pytest.mark.worker
def test_a_custom_stage_is_used_like_one_of_mlflows(client, version, unique, canary):
    version()
    version()
    moved = client.transition_model_version_stage(unique, "1", "canary")
    assert moved.current_stage == canary
    with pytest.raises(MlflowException) as refused:
        client.transition_model_version_stage(unique, "2", canary)
    assert "send archive_existing_versions" in str(refused.value)
    client.transition_model_version_stage(unique, "2", canary, archive_existing_versions=True)
    assert client.get_model_version(unique, "1").current_stage == "Archived"
    (latest,) = client.get_latest_versions(unique, stages=[canary])
    assert int(latest.version) == 2
    assert canary in {v.current_stage for v in client.get_latest_versions(unique)}
    assert downloaded(f"models:/{unique}/Canary") == "flavors: {}\n"


@pytest.mark.skipif(
    not hasattr(mlflow.tracking.MlflowClient, "set_registered_model_alias"),
    reason="this client has no aliases",
)
@pytest.mark.ours
@pytest.mark.worker
def test_a_stage_is_loaded_as_an_alias_until_an_alias_has_its_name(client, version, unique, canary):
    for _ in range(3):
        version()
    client.transition_model_version_stage(unique, "1", "Production")
    client.transition_model_version_stage(unique, "2", canary)
    assert int(client.get_model_version_by_alias(unique, "production").version) == 1
    assert int(client.get_model_version_by_alias(unique, "canary").version) == 2
    assert downloaded(f"models:/{unique}@production") == "flavors: {}\n"
    client.set_registered_model_alias(unique, "production", "3")
    assert int(client.get_model_version_by_alias(unique, "production").version) == 3
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(unique, "staging")
