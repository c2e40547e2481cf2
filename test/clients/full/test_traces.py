"""Traces: logged in every way that the client has, and read back whole."""

import json
import os
import subprocess
import sys

import mlflow
import pytest
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.exceptions import MlflowException
from mlflow.tracing import get_tracing_context_headers_for_http_request
from mlflow.tracing.client import TracingClient

pytestmark = pytest.mark.worker


@mlflow.trace
def answer(question):
    """A root with two children, one of which fails."""
    mlflow.update_current_trace(
        tags={"fruit": "apple"}, metadata={"mlflow.trace.session": "s-1", "extra": "m"}
    )
    with mlflow.start_span("retrieve", span_type="RETRIEVER") as span:
        span.set_inputs({"question": question})
        span.set_outputs([{"page_content": "doc", "score": 1.0, "rank": 1}])
    try:
        with mlflow.start_span("call", span_type="LLM") as span:
            span.set_attribute("big", 2**60)
            span.set_attribute(
                "mlflow.chat.tokenUsage",
                {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
            )
            raise ValueError("no")
    except ValueError:
        pass
    return {"answer": f"about {question}"}


def read(trace_id):
    """The trace once it is whole: the client sends its parts in any order."""
    mlflow.flush_trace_async_logging()
    return mlflow.get_trace(trace_id)


def assert_whole(trace):
    """All that `answer` logs, once."""
    spans = {span.name: span for span in trace.data.spans}
    assert sorted(span.name for span in trace.data.spans) == ["answer", "call", "retrieve"]
    assert trace.data.spans[0].name == "answer"
    assert spans["answer"].inputs == {"question": "pears"}
    assert spans["answer"].outputs == {"answer": "about pears"}
    (document,) = spans["retrieve"].outputs
    assert document == {"page_content": "doc", "score": 1.0, "rank": 1}
    assert (type(document["score"]), type(document["rank"])) == (float, int)
    assert spans["call"].get_attribute("big") == 2**60
    assert spans["call"].status.status_code.name == "ERROR"
    assert spans["call"].events[0].name == "exception"
    assert spans["call"].parent_id == spans["answer"].span_id
    assert trace.info.state.name == "OK"
    assert trace.info.tags["fruit"] == "apple"
    assert trace.info.tags["mlflow.traceName"] == "answer"
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s-1"
    assert trace.info.token_usage == {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    assert json.loads(trace.info.request_preview) == {"question": "pears"}


def test_a_trace_is_whole_however_it_is_exported(experiment, monkeypatch):
    for is_async, batch in [("false", "5"), ("true", "5"), ("true", "100")]:
        monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", is_async)
        monkeypatch.setenv("MLFLOW_ASYNC_TRACE_LOGGING_MAX_SPAN_BATCH_SIZE", batch)
        ids = []
        for _ in range(3):
            assert answer("pears") == {"answer": "about pears"}
            ids.append(mlflow.get_last_active_trace_id())
        for trace_id in ids:
            assert_whole(read(trace_id))


REMOTE = """
import json, sys
import mlflow
from mlflow.tracing import set_tracing_context_from_http_request_headers as within
with within(json.loads(sys.argv[1])), mlflow.start_span("callee"):
    pass
mlflow.flush_trace_async_logging()
"""


def test_a_trace_goes_on_in_the_process_that_is_called(experiment):
    with mlflow.start_span("caller") as caller:
        headers = json.dumps(get_tracing_context_headers_for_http_request())
        # A process that ends at once loses what 3.17 would send later, with MLflow's own server too.
        where = {
            **os.environ,
            "MLFLOW_EXPERIMENT_ID": experiment.experiment_id,
            "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
        }
        subprocess.run([sys.executable, "-c", REMOTE, headers], check=True, env=where, timeout=60)
    spans = {span.name: span for span in read(caller.trace_id).data.spans}
    assert sorted(spans) == ["callee", "caller"]
    assert spans["callee"].parent_id == spans["caller"].span_id


def test_a_trace_of_the_client_survives_a_server_that_takes_no_spans(experiment, monkeypatch):
    from mlflow.store.tracking.rest_store import RestStore

    def refuse(self, *args, **kwargs):
        raise MlflowException("spans are refused")

    monkeypatch.setattr(RestStore, "log_spans", refuse)
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    answer("pears")
    assert_whole(read(mlflow.get_last_active_trace_id()))


def test_a_trace_that_is_started_and_ended_by_hand(client, experiment):
    root = client.start_trace("by hand", inputs={"n": 1})
    child = client.start_span("child", trace_id=root.trace_id, parent_id=root.span_id)
    client.end_span(child.trace_id, child.span_id, outputs=[1, 2.5])
    client.end_trace(root.trace_id, outputs="done", status="ERROR")
    trace = read(root.trace_id)
    assert [span.name for span in trace.data.spans] == ["by hand", "child"]
    assert trace.data.spans[1].outputs == [1, 2.5]
    assert trace.info.state.name == "ERROR"


def test_a_trace_within_a_run_names_it(client, run):
    answer("pears")
    trace = read(mlflow.get_last_active_trace_id())
    assert trace.info.trace_metadata["mlflow.sourceRun"] == run.info.run_id


def test_attachments_are_files_of_the_trace(experiment, tmp_path):
    from mlflow.tracing.attachments import Attachment

    with mlflow.start_span("picture") as span:
        span.set_inputs({"image": Attachment(content_type="image/png", content_bytes=b"\x89PNG")})
    trace = read(span.trace_id)
    reference = Attachment.parse_ref(trace.data.spans[0].inputs["image"])
    # Clients before 3.17 do not say how large it is.
    assert (reference["content_type"], reference.get("size", 4)) == ("image/png", 4)
    assert reference["trace_id"] == span.trace_id
    location = trace.info.tags["mlflow.artifactLocation"]
    kept = mlflow.artifacts.download_artifacts(
        f"{location}/attachments/{reference['attachment_id']}", dst_path=str(tmp_path)
    )
    with open(kept, "rb") as file:
        assert file.read() == b"\x89PNG"


def test_a_trace_that_is_not_there_is_an_error(client, experiment):
    with pytest.raises(MlflowException) as refused:
        client.get_trace("tr-" + "0" * 32)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_traces_are_found_by_what_they_are_and_hold(client, experiment, run):
    answer("pears")
    mine = mlflow.get_last_active_trace_id()
    read(mine)
    for text in [
        "status = 'OK'",
        "tags.fruit = 'apple'",
        "metadata.`mlflow.trace.session` LIKE 's-%'",
        "span.name = 'call' AND span.status = 'ERROR'",
        "span.attributes.big LIKE '1152921504606846976'",
        "trace.text LIKE '%about pears%'",
        f"run_id = '{run.info.run_id}'",
    ]:
        frame = mlflow.search_traces(locations=[experiment.experiment_id], filter_string=text)
        assert list(frame["trace_id"]) == [mine], text
    assert len(mlflow.search_traces(locations=[experiment.experiment_id])["spans"][0]) == 3
    nothing = mlflow.search_traces(
        locations=[experiment.experiment_id], filter_string="span.type = 'TOOL'"
    )
    assert len(nothing) == 0


def test_pages_of_traces_follow_each_other(client, experiment):
    ids = []
    for i in range(5):
        with mlflow.start_span(f"t{i}") as span:
            pass
        ids.append(span.trace_id)
    mlflow.flush_trace_async_logging()
    found, token = [], None
    while True:
        page = client.search_traces(
            locations=[experiment.experiment_id], max_results=2, page_token=token
        )
        found += [trace.info.trace_id for trace in page]
        token = page.token
        if not token:
            break
    assert sorted(found) == sorted(ids)


def test_tags_links_and_deletes(client, run, experiment, unique):
    mlflow.genai.register_prompt(name=unique, template="Hello {{name}}")

    @mlflow.trace
    def greet():
        return mlflow.genai.load_prompt(f"prompts:/{unique}/1").format(name="Ada")

    greet()
    trace_id = mlflow.get_last_active_trace_id()
    read(trace_id)
    client.set_trace_tag(trace_id, "k", "v")
    client.set_trace_tag(trace_id, "gone", "v")
    client.delete_trace_tag(trace_id, "gone")
    tags = client.get_trace(trace_id).info.tags
    assert tags["k"] == "v" and "gone" not in tags
    client.link_traces_to_run([trace_id], run.info.run_id)
    found = mlflow.search_traces(run_id=run.info.run_id, return_type="list")
    assert [trace.info.trace_id for trace in found] == [trace_id]
    assert client.delete_traces(experiment.experiment_id, trace_ids=[trace_id]) == 1
    with pytest.raises(MlflowException):
        client.get_trace(trace_id)


def test_feedback_and_expectations_are_logged_overridden_and_deleted(client, experiment):
    answer("pears")
    trace_id = mlflow.get_last_active_trace_id()
    read(trace_id)
    first = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="because")
    mlflow.log_feedback(trace_id=trace_id, name="score", value=0.5)
    mlflow.log_expectation(trace_id=trace_id, name="facts", value=["a", "b"])
    second = mlflow.override_feedback(
        trace_id=trace_id, assessment_id=first.assessment_id, value=False
    )
    by_name = {a.name: a for a in mlflow.get_trace(trace_id).info.assessments if a.valid is not False}
    assert by_name["good"].feedback.value is False
    assert by_name["score"].feedback.value == 0.5
    assert by_name["facts"].expectation.value == ["a", "b"]
    mlflow.delete_assessment(trace_id=trace_id, assessment_id=second.assessment_id)
    kept = mlflow.get_assessment(trace_id=trace_id, assessment_id=first.assessment_id)
    assert kept.valid and kept.rationale == "because"
    found = mlflow.search_traces(
        locations=[experiment.experiment_id], filter_string="feedback.good = 'true'"
    )
    assert list(found["trace_id"]) == [trace_id]


def test_figures_over_many_traces(client, experiment):
    for fruit in ["pears", "plums"]:
        answer(fruit)
        read(mlflow.get_last_active_trace_id())
    found = TracingClient().calculate_trace_filter_correlation(
        [experiment.experiment_id], "status = 'OK'", "trace.text LIKE '%plums%'"
    )
    counts = (found.filter1_count, found.filter2_count, found.joint_count, found.total_count)
    assert counts == (2, 1, 1, 2)
    points = TracingClient().store.query_trace_metrics(
        [experiment.experiment_id],
        MetricViewType.TRACES,
        "latency",
        [
            MetricAggregation(AggregationType.AVG),
            MetricAggregation(AggregationType.PERCENTILE, percentile_value=50),
        ],
        dimensions=["trace_name"],
    )
    assert [point.dimensions for point in points] == [{"trace_name": "answer"}]
    assert set(points[0].values) == {"AVG", "P50.0"}
