"""Evaluation datasets, and evaluations that log traces and what scorers say of them."""

import mlflow
import pytest
from mlflow.genai.scorers import scorer

pytestmark = pytest.mark.worker


@scorer
def is_short(outputs):
    return len(outputs) < 20


@scorer
def agrees(outputs, expectations):
    return float(outputs == expectations["expected_response"])


def shout(question):
    return question.upper()


def test_a_dataset_takes_records_by_their_inputs(experiment, unique):
    made = mlflow.genai.datasets.create_dataset(
        name=unique, experiment_id=experiment.experiment_id, tags={"team": "risk"}
    )
    made.merge_records(
        [
            {"inputs": {"question": "a"}, "expectations": {"expected_response": "A"}},
            {"inputs": {"question": "b", "n": 1.0}},
        ]
    )
    made.merge_records([{"inputs": {"question": "a"}, "expectations": {"tone": "loud"}}])
    found = mlflow.genai.datasets.get_dataset(name=unique)
    assert found.dataset_id == made.dataset_id
    frame = found.to_df()
    assert list(frame["inputs"]) == [{"question": "a"}, {"question": "b", "n": 1.0}]
    assert frame["expectations"][0] == {"expected_response": "A", "tone": "loud"}
    assert found.tags["team"] == "risk"
    mlflow.genai.datasets.set_dataset_tags(dataset_id=made.dataset_id, tags={"team": "ops"})
    again = mlflow.genai.datasets.search_datasets(filter_string=f"name = '{unique}'")
    assert [one.tags["team"] for one in again] == ["ops"]
    found.delete_records([frame["dataset_record_id"][1]])
    assert len(mlflow.genai.datasets.get_dataset(dataset_id=made.dataset_id).to_df()) == 1
    mlflow.genai.datasets.delete_dataset(dataset_id=made.dataset_id)
    assert len(mlflow.genai.datasets.search_datasets(filter_string=f"name = '{unique}'")) == 0


def test_traces_become_records(experiment, unique):
    with mlflow.start_span("root") as span:
        span.set_inputs({"question": "pears"})
        span.set_outputs("about pears")
    mlflow.flush_trace_async_logging()
    made = mlflow.genai.datasets.create_dataset(
        name=unique, experiment_id=experiment.experiment_id
    )
    made.merge_records(
        mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
    )
    (record,) = made.to_df().to_dict("records")
    assert record["inputs"] == {"question": "pears"}
    assert record["source_type"] == "TRACE" and record["source_id"] == span.trace_id


def test_an_evaluation_leaves_a_trace_for_each_row_with_what_the_scorers_say(experiment):
    rows = [
        {"inputs": {"question": "a"}, "expectations": {"expected_response": "A"}},
        {"inputs": {"question": "b"}, "expectations": {"expected_response": "?"}},
    ]
    result = mlflow.genai.evaluate(data=rows, predict_fn=shout, scorers=[is_short, agrees])
    assert result.metrics == {"is_short/mean": 1.0, "agrees/mean": 0.5}
    traces = mlflow.search_traces(run_id=result.run_id, return_type="list")
    said = sorted(
        (trace.data.spans[0].outputs, assessment.name, assessment.value)
        for trace in traces
        for assessment in trace.info.assessments
        if assessment.name == "agrees"
    )
    assert said == [("A", "agrees", 1.0), ("B", "agrees", 0.0)]


def test_a_stored_dataset_is_evaluated(experiment, unique):
    made = mlflow.genai.datasets.create_dataset(
        name=unique, experiment_id=experiment.experiment_id
    )
    made.merge_records(
        [{"inputs": {"question": "a"}, "expectations": {"expected_response": "A"}}]
    )
    result = mlflow.genai.evaluate(data=made, predict_fn=shout, scorers=[agrees])
    assert result.metrics == {"agrees/mean": 1.0}
    run = mlflow.get_run(result.run_id)
    assert [used.dataset.name for used in run.inputs.dataset_inputs] == [unique]


def test_stored_traces_are_evaluated(experiment):
    with mlflow.start_span("root") as span:
        span.set_inputs({"question": "a"})
        span.set_outputs("A")
    mlflow.flush_trace_async_logging()
    traces = mlflow.search_traces(locations=[experiment.experiment_id])
    result = mlflow.genai.evaluate(data=traces, scorers=[is_short])
    assert result.metrics == {"is_short/mean": 1.0}
    kept = mlflow.get_trace(span.trace_id)
    assert [assessment.name for assessment in kept.info.assessments] == ["is_short"]
