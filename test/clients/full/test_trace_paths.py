"""What the client does around traces: sessions, attachments, prompts, models, exits and sampling of scorers."""

import json
import os
import subprocess
import sys
import time

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _get_store

pytestmark = pytest.mark.worker


def logged(name, **metadata):
    """A trace of one span. @return its id"""
    with mlflow.start_span(name) as span:
        mlflow.update_current_trace(metadata=metadata)
    # So that no two begin in one millisecond, whose order their ids would decide.
    time.sleep(0.002)
    return span.trace_id


def test_sessions_are_found_with_their_traces(experiment, run):
    if not hasattr(mlflow, "search_sessions"):
        pytest.skip("this client has no sessions")
    inside = logged("first", **{"mlflow.trace.session": "s-1"})
    mlflow.end_run()
    outside = logged("second", **{"mlflow.trace.session": "s-1"})
    other = logged("other", **{"mlflow.trace.session": "s-2"})
    logged("alone")
    mlflow.flush_trace_async_logging()
    where = {"locations": [experiment.experiment_id]}
    found = {one.id: sorted(t.info.trace_id for t in one) for one in mlflow.search_sessions(**where)}
    assert found == {"s-1": sorted([inside, outside]), "s-2": [other]}
    (session,) = mlflow.search_sessions(run_id=run.info.run_id, **where)
    assert [(t.info.trace_id, len(t.data.spans)) for t in session] == [(inside, 1)]
    bare = mlflow.search_sessions(include_spans=False, max_results=1, **where)
    assert [(one.id, [len(t.data.spans) for t in one]) for one in bare] == [("s-2", [0])]


def test_attachments_are_read_back_byte_for_byte(experiment, tmp_path):
    attachments = pytest.importorskip("mlflow.tracing.attachments")
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    picture = bytes(range(256)) * 40
    (tmp_path / "sound.wav").write_bytes(b"RIFF" + picture)
    with mlflow.start_span("see") as span:
        span.set_inputs(
            {"image": attachments.Attachment(content_type="image/png", content_bytes=picture)}
        )
        span.set_outputs([attachments.Attachment.from_file(tmp_path / "sound.wav")])
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(span.trace_id)
    (root,) = trace.data.spans
    files = get_artifact_repository(trace.info.tags["mlflow.artifactLocation"])
    for reference, kind, content in [
        (root.inputs["image"], "image/png", picture),
        (root.outputs[0], "audio/", b"RIFF" + picture),
    ]:
        said = attachments.Attachment.parse_ref(reference)
        assert said["trace_id"] == span.trace_id and said["content_type"].startswith(kind)
        path = files.download_artifacts(f"attachments/{said['attachment_id']}", str(tmp_path))
        with open(path, "rb") as file:
            assert file.read() == content


def test_a_prompt_that_a_trace_loads_is_linked_with_it(experiment, unique):
    for template in ["Hello {{name}}", "Hi {{name}}"]:
        mlflow.genai.register_prompt(name=unique, template=template)

    @mlflow.trace
    def greet():
        return mlflow.genai.load_prompt(f"prompts:/{unique}/2").format(name="Ada")

    assert greet() == "Hi Ada"
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()

    def found(version):
        traces = mlflow.search_traces(
            locations=[experiment.experiment_id],
            filter_string=f"prompt = '{unique}/{version}'",
            return_type="list",
        )
        return [trace.info.trace_id for trace in traces]

    # The client links from a thread of its own, for which it has nothing to wait with. Its releases differ in
    # whether the tag comes before the link or behind it.
    until = time.monotonic() + 30
    while not (found("2") and "mlflow.linkedPrompts" in mlflow.get_trace(trace_id).info.tags):
        assert time.monotonic() < until, "the prompt was not linked"
        time.sleep(0.2)
    assert found("2") == [trace_id]
    assert found("1") == []
    linked = json.loads(mlflow.get_trace(trace_id).info.tags["mlflow.linkedPrompts"])
    assert linked == [{"name": unique, "version": "2"}]


def test_traces_of_an_active_model_are_found_by_it(experiment, unique):
    model = mlflow.set_active_model(name=unique)
    try:
        mine = logged("answer")
    finally:
        mlflow.clear_active_model()
    logged("of no model")
    mlflow.flush_trace_async_logging()
    found = mlflow.search_traces(
        locations=[experiment.experiment_id], model_id=model.model_id, return_type="list"
    )
    assert [trace.info.trace_id for trace in found] == [mine]


AT_ONCE = """
import mlflow
for i in range(20):
    with mlflow.start_span(f"t{i}"):
        for j in range(7):
            with mlflow.start_span(f"child{j}"):
                pass
"""


@pytest.mark.parametrize("batch", ["5", "100"])
def test_a_program_that_ends_at_once_leaves_whole_traces(experiment, batch):
    where = {
        **os.environ,
        "MLFLOW_EXPERIMENT_ID": experiment.experiment_id,
        "MLFLOW_ASYNC_TRACE_LOGGING_MAX_SPAN_BATCH_SIZE": batch,
    }
    subprocess.run([sys.executable, "-c", AT_ONCE], check=True, env=where, timeout=120)
    found = mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
    whole = {trace.info.trace_id: [span.name for span in trace.data.spans] for trace in found}
    assert len(whole) == 20
    for names in whole.values():
        assert sorted(names[1:]) == [f"child{j}" for j in range(7)] and names[0].startswith("t")


def test_a_scorer_is_stopped_and_not_started_without_a_model_of_a_gateway(experiment, monkeypatch):
    scorers = pytest.importorskip("mlflow.genai.scorers")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    where = {"experiment_id": experiment.experiment_id}
    kept = scorers.Guidelines(name="manners", guidelines="be polite").register(
        name="manners", **where
    )
    with pytest.raises(MlflowException):
        kept.start(sampling_config=scorers.ScorerSamplingConfig(sample_rate=0.5), **where)
    assert kept.stop(**where).sample_rate == 0
    assert scorers.get_scorer(name="manners", **where).sample_rate == 0
    assert [one.sample_rate for one in scorers.list_scorers(**where)] == [0]


def test_label_schemas_and_queues_are_changed_and_deleted(experiment):
    schemas = pytest.importorskip("mlflow.genai.label_schemas")
    queues = pytest.importorskip("mlflow.genai.review_queues")
    where = {"experiment_id": experiment.experiment_id}
    kinds = {
        "tone": schemas.InputCategorical(options=["warm", "cold"]),
        "length": schemas.InputNumeric(min_value=0, max_value=5),
        "note": schemas.InputText(max_length=100),
    }
    for name, kind in kinds.items():
        made = schemas.create_label_schema(name=name, type="expectation", input=kind, **where)
        assert schemas.get_label_schema(schema_id=made.schema_id).input == kind
    with pytest.raises(MlflowException):
        schemas.create_label_schema(name="tone", type="feedback", input=kinds["note"], **where)
    mine = queues.get_or_create_user_queue(user="kim", **where)
    assert queues.get_or_create_user_queue(user="kim", **where).queue_id == mine.queue_id
    trace_id = logged("answer")
    mlflow.flush_trace_async_logging()
    queues.add_items_to_review_queue(mine.queue_id, item_ids=[trace_id])
    with pytest.raises(MlflowException):
        queues.add_items_to_review_queue(mine.queue_id, item_ids=["tr-" + "0" * 32])
    assert [item.item_id for item in queues.list_review_queue_items(mine.queue_id)] == [trace_id]
    mlflow.MlflowClient().delete_traces(experiment.experiment_id, trace_ids=[trace_id])
    assert list(queues.list_review_queue_items(mine.queue_id)) == []
    schemas.delete_label_schema(schema_id=made.schema_id)
    with pytest.raises(MlflowException):
        schemas.get_label_schema(schema_id=made.schema_id)


def test_a_trace_is_merged_and_never_moved(experiment, unique):
    """An info that is sent again adds to the trace; one that names another experiment is refused."""
    trace_id = logged("answer", extra="m")
    mlflow.flush_trace_async_logging()
    info = mlflow.get_trace(trace_id).info
    info.tags["late"] = "yes"
    _get_store().start_trace(info)
    assert mlflow.get_trace(trace_id).info.tags["late"] == "yes"
    other = mlflow.create_experiment(f"other-{unique}")
    info.trace_location.mlflow_experiment.experiment_id = other
    with pytest.raises(MlflowException):
        _get_store().start_trace(info)
    assert mlflow.get_trace(trace_id).info.experiment_id == experiment.experiment_id


def test_nothing_and_a_text_that_says_so_stay_apart(experiment):
    with mlflow.start_span("root") as span:
        span.set_attribute("nothing", None)
        span.set_attribute("text", "null")
        span.set_inputs({"a": None, "b": [None, "null"]})
        span.set_outputs(None)
    mlflow.flush_trace_async_logging()
    (root,) = mlflow.get_trace(span.trace_id).data.spans
    assert root.get_attribute("nothing") is None
    assert root.get_attribute("text") == "null"
    assert root.inputs == {"a": None, "b": [None, "null"]}
    assert root.outputs is None


def test_a_judge_that_failed_said_nothing(experiment):
    ids = {}
    for name in ["failed", "said"]:
        ids[name] = logged(name)
    mlflow.flush_trace_async_logging()
    mlflow.log_feedback(trace_id=ids["failed"], name="judge", error=ValueError("no"))
    mlflow.log_feedback(trace_id=ids["said"], name="judge", value="good")

    def found(text):
        traces = mlflow.search_traces(
            locations=[experiment.experiment_id], filter_string=text, return_type="list"
        )
        return [trace.info.trace_id for trace in traces]

    assert found("feedback.judge != 'good'") == [ids["failed"]]
    assert found("feedback.judge = 'good'") == [ids["said"]]
    assert len(found("feedback.judge IS NOT NULL")) == 2


def test_traces_of_a_run_are_found_by_the_metadata_of_older_clients_too(client, experiment, run):
    inside = logged("inside")
    mlflow.end_run()
    outside, other = logged("outside"), logged("other")
    mlflow.flush_trace_async_logging()
    client.link_traces_to_run([outside], run.info.run_id)
    found = mlflow.search_traces(
        locations=[experiment.experiment_id],
        filter_string=f"metadata.`mlflow.sourceRun` = '{run.info.run_id}'",
        return_type="list",
    )
    assert sorted(trace.info.trace_id for trace in found) == sorted([inside, outside])
    assert other not in [trace.info.trace_id for trace in found]
