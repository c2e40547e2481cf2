"""What MLflow logs by itself of calls of OpenAI's package, against a stand-in of OpenAI's server."""

import asyncio
import json
import os
import subprocess
import sys

import mlflow
import openai
import pytest
from stand_in import openai_server

pytestmark = pytest.mark.worker

ASKED = [{"role": "user", "content": "pears"}]
USED = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


@pytest.fixture(scope="module")
def address():
    with openai_server() as url:
        mlflow.openai.autolog()
        yield url
        mlflow.openai.autolog(disable=True)


@pytest.fixture
def chat(address):
    return openai.OpenAI(base_url=address, api_key="k", max_retries=0).chat.completions


@pytest.fixture
def chat_async(address):
    return openai.AsyncOpenAI(base_url=address, api_key="k", max_retries=0).chat.completions


def last_trace():
    """The latest, once it is whole: the client sends its parts in any order."""
    mlflow.flush_trace_async_logging()
    return mlflow.get_trace(mlflow.get_last_active_trace_id())


def assert_chat(trace, content="about pears"):
    (span,) = trace.data.spans
    assert span.span_type == "CHAT_MODEL"
    assert span.inputs["messages"] == ASKED
    assert span.outputs["choices"][0]["message"]["content"].strip() == content
    assert span.get_attribute("mlflow.llm.model") == "pear-1"
    assert trace.info.token_usage == USED
    assert trace.info.state.name == "OK"


def found(experiment, filter_string):
    traces = mlflow.search_traces(
        locations=[experiment.experiment_id], filter_string=filter_string, return_type="list"
    )
    return [trace.info.trace_id for trace in traces]


@pytest.mark.parametrize("is_async_export", ["true", "false"])
def test_a_completion_is_a_trace_that_is_found(chat, experiment, monkeypatch, is_async_export):
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", is_async_export)
    assert chat.create(model="pear-1", messages=ASKED).usage.total_tokens == 10
    trace = last_trace()
    assert_chat(trace)
    for text in [
        "span.type = 'CHAT_MODEL'",
        "trace.text LIKE '%about pears%'",
        "span.attributes.`mlflow.llm.model` = 'pear-1'",
        "status = 'OK'",
    ]:
        assert found(experiment, text) == [trace.info.trace_id], text
    assert found(experiment, "span.status = 'ERROR'") == []


def test_a_stream_is_a_trace_with_what_came_of_it(chat, experiment):
    stream = chat.create(
        model="pear-1", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == "about pears "
    trace = last_trace()
    assert_chat(trace)
    assert len(trace.data.spans[0].events) == 5


def test_asynchronous_calls_at_once_are_traces_of_their_own(chat_async, experiment):
    async def ask_all():
        calls = [chat_async.create(model="pear-1", messages=ASKED) for _ in range(8)]
        await asyncio.gather(*calls)
        stream = await chat_async.create(
            model="pear-1", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
        return [chunk async for chunk in stream]

    asyncio.run(ask_all())
    mlflow.flush_trace_async_logging()
    ids = found(experiment, "span.type = 'CHAT_MODEL'")
    assert len(set(ids)) == 9
    for trace_id in ids:
        assert_chat(mlflow.get_trace(trace_id))


def test_tools_are_kept_with_the_calls_of_them(chat, experiment):
    @mlflow.trace(span_type="TOOL")
    def weather(city):
        return f"rain in {city}"

    @mlflow.trace(span_type="AGENT")
    def agent():
        first = chat.create(model="pear-1", messages=ASKED, tools=TOOLS).choices[0].message
        (call,) = first.tool_calls
        told = weather(**json.loads(call.function.arguments))
        told_message = {"role": "tool", "tool_call_id": call.id, "content": told}
        messages = [*ASKED, first.to_dict(), told_message]
        return chat.create(model="pear-1", messages=messages, tools=TOOLS)

    agent()
    trace = last_trace()
    spans = sorted(trace.data.spans, key=lambda span: span.start_time_ns)
    assert [span.span_type for span in spans] == ["AGENT", "CHAT_MODEL", "TOOL", "CHAT_MODEL"]
    assert spans[1].outputs["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "weather"
    assert spans[1].get_attribute("mlflow.chat.tools")[0]["function"]["name"] == "weather"
    assert spans[2].outputs == "rain in Oslo"
    assert trace.info.token_usage == {name: 2 * count for name, count in USED.items()}


def test_a_refused_call_is_a_trace_in_error(chat, experiment):
    with pytest.raises(openai.NotFoundError):
        chat.create(model="none", messages=ASKED)
    trace = last_trace()
    assert trace.info.state.name == "ERROR"
    (span,) = trace.data.spans
    assert "no such model" in span.events[0].attributes["exception.message"]
    assert found(experiment, "span.status = 'ERROR'") == [trace.info.trace_id]


CALLEE = """
import json, sys
import mlflow, openai
from mlflow.tracing import set_tracing_context_from_http_request_headers as within
mlflow.openai.autolog()
headers, url = json.loads(sys.argv[1]), sys.argv[2]
with within(headers):
    openai.OpenAI(base_url=url, api_key="k").chat.completions.create(
        model="pear-1", messages=[{"role": "user", "content": "pears"}])
mlflow.flush_trace_async_logging()
"""


def test_calls_in_a_process_that_was_called_join_the_trace(address, experiment):
    from mlflow.tracing import get_tracing_context_headers_for_http_request

    with mlflow.start_span("caller") as caller:
        headers = json.dumps(get_tracing_context_headers_for_http_request())
        where = {
            **os.environ,
            "MLFLOW_EXPERIMENT_ID": experiment.experiment_id,
            "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
        }
        arguments = [sys.executable, "-c", CALLEE, headers, address]
        subprocess.run(arguments, check=True, env=where, timeout=60)
    spans = {span.span_type: span for span in last_trace().data.spans}
    assert set(spans) == {"UNKNOWN", "CHAT_MODEL"}
    assert spans["CHAT_MODEL"].parent_id == caller.span_id


def test_feedback_of_a_call_is_searched(chat, experiment):
    chat.create(model="pear-1", messages=ASKED)
    trace_id = last_trace().info.trace_id
    mlflow.log_feedback(trace_id=trace_id, name="helpful", value=0.9, rationale="to the point")
    mlflow.log_expectation(trace_id=trace_id, name="answer", value="about pears")
    for text, ids in [
        ("feedback.helpful > 0.5", [trace_id]),
        ("feedback.helpful > 0.95", []),
        ("expectation.answer = 'about pears'", [trace_id]),
        ("feedback.helpful IS NULL", []),
    ]:
        assert found(experiment, text) == ids, text


def test_many_calls_with_a_large_batch_are_all_there(address, experiment):
    script = """
import mlflow, openai, sys
mlflow.openai.autolog()
chat = openai.OpenAI(base_url=sys.argv[1], api_key="k").chat.completions
for i in range(30):
    with mlflow.start_span("step"):
        chat.create(model="pear-1", messages=[{"role": "user", "content": "pears"}])
"""
    where = {
        **os.environ,
        "MLFLOW_EXPERIMENT_ID": experiment.experiment_id,
        "MLFLOW_ASYNC_TRACE_LOGGING_MAX_SPAN_BATCH_SIZE": "100",
    }
    # The process ends without a flush: what is queued is sent at its exit.
    subprocess.run([sys.executable, "-c", script, address], check=True, env=where, timeout=120)
    traces = mlflow.search_traces(
        locations=[experiment.experiment_id], max_results=100, return_type="list"
    )
    assert len(traces) == 30
    for trace in traces:
        assert [span.span_type for span in trace.data.spans] == ["UNKNOWN", "CHAT_MODEL"]
        assert trace.info.token_usage == USED
