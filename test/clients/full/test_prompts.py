"""Prompts, which the client keeps as registered models with tags."""

import urllib.request

import mlflow
import pytest
from mlflow.exceptions import MlflowException


@pytest.mark.worker
def test_a_prompt_is_registered_loaded_and_filled_in(unique):
    first = mlflow.genai.register_prompt(
        name=unique, template="Hello {{name}}", commit_message="first", tags={"lang": "en"}
    )
    second = mlflow.genai.register_prompt(name=unique, template="Dear {{name}}, {{rest}}")
    assert (first.version, second.version) == (1, 2)
    loaded = mlflow.genai.load_prompt(f"prompts:/{unique}/1")
    assert loaded.template == "Hello {{name}}"
    assert loaded.commit_message == "first"
    assert loaded.format(name="Ada") == "Hello Ada"
    assert mlflow.genai.load_prompt(f"prompts:/{unique}@latest").version == 2


@pytest.mark.worker
def test_a_prompt_is_loaded_by_alias_until_the_alias_goes(unique):
    for text in ["one", "two"]:
        mlflow.genai.register_prompt(name=unique, template=text)
    mlflow.genai.set_prompt_alias(unique, alias="production", version=1)
    assert mlflow.genai.load_prompt(f"prompts:/{unique}@production").template == "one"
    mlflow.genai.set_prompt_alias(unique, alias="production", version=2)
    found = mlflow.genai.load_prompt(f"prompts:/{unique}@production", cache_ttl_seconds=0)
    assert found.template == "two"
    mlflow.genai.delete_prompt_alias(unique, alias="production")
    with pytest.raises(MlflowException):
        mlflow.genai.load_prompt(f"prompts:/{unique}@production", cache_ttl_seconds=0)


def test_a_chat_prompt_keeps_its_messages(unique):
    messages = [
        {"role": "system", "content": "Answer in {{language}}"},
        {"role": "user", "content": "{{question}}"},
    ]
    mlflow.genai.register_prompt(name=unique, template=messages)
    loaded = mlflow.genai.load_prompt(unique)
    assert loaded.template == messages


@pytest.mark.worker
def test_prompts_are_searched_apart_from_models(client, unique):
    client.create_registered_model(f"{unique}-model")
    mlflow.genai.register_prompt(name=f"{unique}-prompt", template="x", tags={"k": "v"})
    prompts = mlflow.genai.search_prompts(filter_string=f"name LIKE '{unique}%'")
    assert [prompt.name for prompt in prompts] == [f"{unique}-prompt"]
    models = client.search_registered_models(filter_string=f"name LIKE '{unique}%'")
    assert [model.name for model in models] == [f"{unique}-model"]


def test_tags_of_prompts_and_versions_are_set_and_deleted(client, unique):
    mlflow.genai.register_prompt(name=unique, template="x")
    mlflow.genai.set_prompt_tag(unique, "team", "risk")
    assert mlflow.genai.get_prompt_tags(unique)["team"] == "risk"
    mlflow.genai.set_prompt_version_tag(unique, "1", "checked", "yes")
    assert mlflow.genai.load_prompt(f"prompts:/{unique}/1").tags["checked"] == "yes"
    mlflow.genai.delete_prompt_version_tag(unique, "1", "checked")
    found = mlflow.genai.load_prompt(f"prompts:/{unique}/1", cache_ttl_seconds=0)
    assert "checked" not in found.tags


def test_versions_of_a_prompt_are_listed_and_deleted(client, unique):
    for text in ["one", "two"]:
        mlflow.genai.register_prompt(name=unique, template=text)
    versions = client.search_prompt_versions(unique)
    assert sorted(version.template for version in versions) == ["one", "two"]
    client.delete_prompt_version(unique, "1")
    client.delete_prompt_version(unique, "2")
    client.delete_prompt(unique)
    assert mlflow.genai.search_prompts(filter_string=f"name = '{unique}'") == []


@pytest.mark.worker
def test_pages_show_what_the_client_registered(server, unique):
    def page(path):
        request = urllib.request.Request(server + path, headers={"accept": "text/html"})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    mlflow.genai.register_prompt(name=unique, template="Hello {{name}}", commit_message="first")
    mlflow.genai.register_prompt(
        name=unique,
        template=[{"role": "system", "content": "Answer in {{language}}"}],
        commit_message="as a chat",
        tags={"checked": "yes"},
        model_config={"model_name": "gpt-5", "temperature": 0.5},
        response_format={"type": "object"},
    )
    mlflow.genai.set_prompt_alias(unique, alias="production", version=1)
    listed = page(f"/prompts?q={unique}")
    assert f'href="/prompts/{unique}"' in listed and "production" in listed
    second = page(f"/prompts/{unique}/2")
    shown = ["Answer in <mark>{{language}}</mark>", "as a chat", "checked=yes", "gpt-5", "&quot;object&quot;"]
    assert [text for text in shown if text not in second] == []
    assert "Hello <mark>{{name}}</mark>" in page(f"/prompts/{unique}/@production")
    assert "<del>" in page(f"/prompts/{unique}/compare?v=1,2")
