"""What the server redacts and leaves out of traces, whatever the client sends."""

import json
import urllib.request

import mlflow
import pytest
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.worker

SECRET = "hunter2-very-secret"


def screen(server, experiment, **terms):
    """Say what is redacted and left out of the traces of an experiment."""
    path = f"{server}/api/v1/experiments/{experiment.experiment_id}/trace-intake"
    with urllib.request.urlopen(path) as read:
        revision = json.load(read)["revision"]
    body = json.dumps({"revision": revision, **terms}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(path, data=body, method="PUT", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@mlflow.trace
def ask(question, password):
    mlflow.update_current_trace(tags={"password": password, "who": "ada@example.com"})
    with mlflow.start_span("call") as span:
        span.set_inputs({"auth": {"Password": password}, "to": "ada@example.com"})
    return f"{question} for ada@example.com"


def test_secrets_are_in_no_part_of_a_trace(server, experiment):
    pattern = r"[a-z0-9.]+@[a-z0-9.]+\.[a-z]{2,}"
    screen(server, experiment, redact_keys=["*password*"], redact_patterns=[pattern])
    ask("pears", SECRET)
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    text = trace.to_json()
    assert SECRET not in text
    assert "ada@example.com" not in text
    assert trace.data.spans[0].inputs == {"question": "pears", "password": "[redacted]"}
    assert trace.data.spans[0].outputs == "pears for [redacted]"
    assert trace.info.tags["who"] == "[redacted]"
    mlflow.log_feedback(trace_id=trace.info.trace_id, name="good", value=True, rationale="ada@example.com")
    said = mlflow.get_trace(trace.info.trace_id).info.assessments[0]
    assert (said.value, said.rationale) == (True, "[redacted]")
    assert mlflow.search_traces(filter_string=f"trace.text LIKE '%{SECRET}%'", return_type="list") == []


def test_a_trace_is_left_out_as_a_whole_and_kept_where_it_says_so(server, experiment):
    screen(server, experiment, sample_rate=0)
    ask("pears", "p")
    mlflow.flush_trace_async_logging()
    with pytest.raises(MlflowException):
        mlflow.MlflowClient().get_trace(mlflow.get_last_active_trace_id())
    with mlflow.start_span("kept") as span:
        mlflow.update_current_trace(tags={"gatehouse.keep": "true"})
        with mlflow.start_span("inner"):
            span.set_inputs("apples")
    mlflow.flush_trace_async_logging()
    found = mlflow.search_traces(return_type="list")
    assert [sorted(span.name for span in trace.data.spans) for trace in found] == [["inner", "kept"]]


def test_an_evaluation_loses_nothing_to_sampling(server, experiment):
    screen(server, experiment, sample_rate=0)
    with mlflow.start_run() as run:
        ask("pears", "p")
        mlflow.flush_trace_async_logging()
    found = mlflow.search_traces(run_id=run.info.run_id, return_type="list")
    assert [len(trace.data.spans) for trace in found] == [2]
