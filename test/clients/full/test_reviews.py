"""Questions, queues and issues where MLflow's own store draws its lines."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _get_store

pytest.importorskip("mlflow.genai.review_queues")
from mlflow.entities import AssessmentSource, IssueReference
from mlflow.entities.issue import IssueSeverity
from mlflow.genai import label_schemas as schemas

pytestmark = pytest.mark.worker


def logged(name):
    """A trace that has arrived. @return its id"""
    with mlflow.start_span(name) as span:
        pass
    mlflow.flush_trace_async_logging()
    return span.trace_id


def refused(call, *args, **kwargs):
    """What the server says to a call that it refuses."""
    with pytest.raises(MlflowException) as told:
        call(*args, **kwargs)
    return told.value.message


def test_questions_are_bounded_as_with_mlflow(experiment):
    store, e = _get_store(), experiment.experiment_id
    text = schemas.InputText()

    def create(name="q", type="feedback", input=text, **more):
        return store.create_label_schema(e, name=name, type=type, input=input, **more)

    (own,) = store.list_label_schemas(e)
    assert (own.name, own.instruction) == ("Feedback", "Share any feedback on this trace.")
    assert "reserved" in refused(create, " feedback ")
    assert "at most 1000 characters; got 1001" in refused(create, instruction="i" * 1001)
    same = schemas.InputPassFail(positive_label="A", negative_label="A")
    assert "must be distinct" in refused(create, input=same)
    many = schemas.InputCategorical(options=[str(i) for i in range(11)])
    assert "at most 10 entries; got 11" in refused(create, input=many)
    one = create(input=schemas.InputCategorical(options=["a", "b"]))
    several = schemas.InputCategorical(options=["a"], multi_select=True)
    told = refused(store.update_label_schema, one.schema_id, input=several)
    assert "`InputCategorical.multi_select` cannot be changed after creation" in told
    fewer = schemas.InputCategorical(options=["a"])
    assert store.update_label_schema(one.schema_id, input=fewer).input == fewer


def test_a_queue_that_is_looked_at_keeps_its_questions_and_who_looked_first(experiment):
    store, e = _get_store(), experiment.experiment_id
    one, other = (
        store.create_label_schema(e, name=name, type="feedback", input=schemas.InputText())
        for name in ["one", "other"]
    )

    def create(name="q", queue_type="custom", **more):
        return store.create_review_queue(e, name=name, queue_type=queue_type, **more)

    asked = {"schema_ids": [one.schema_id]}
    assert "explicitly-attached schemas" in refused(create, "kim", "user", **asked)
    assert "at most 10 assigned users; got 11" in refused(create, users=[str(i) for i in range(11)])
    queue = create(users=["Kim", " kim "], schema_ids=[one.schema_id, one.schema_id])
    assert (queue.users, queue.schema_ids) == (["kim"], [one.schema_id])
    trace_id = logged("answer")
    assert "non-empty" in refused(store.add_items_to_review_queue, queue.queue_id, item_ids=[" "])
    store.add_items_to_review_queue(queue.queue_id, item_ids=[f" {trace_id} "])
    update = {"schema_ids": [other.schema_id]}
    told = refused(store.update_review_queue, queue.queue_id, **update)
    assert "questions are locked once items are assigned to it" in told
    assert store.update_review_queue(queue.queue_id, new_owner=" Olga ").created_by == "Olga"
    for user in ["Kim", "lee"]:
        item = store.set_review_queue_item_status(
            queue.queue_id, item_id=trace_id, status="complete", completed_by=user
        )
        assert item.completed_by == "kim"
    store.remove_items_from_review_queue(queue.queue_id, item_ids=[trace_id])
    assert store.update_review_queue(queue.queue_id, **update).schema_ids == [other.schema_id]


def test_the_gravest_issues_come_first(experiment):
    store, e = _get_store(), experiment.experiment_id
    made = {}
    for name, severity in [("old", None), ("high", "HIGH"), ("low", "LOW"), ("new", None)]:
        severity = severity and IssueSeverity[severity]
        made[name] = store.create_issue(e, name=name, description="d", severity=severity)
    trace_id = logged("answer")
    store.create_assessment(
        IssueReference(
            issue_id=made["old"].issue_id,
            issue_name="old",
            source=AssessmentSource(source_type="HUMAN", source_id="kim"),
            trace_id=trace_id,
        )
    )
    names = [one.name for one in store.search_issues(experiment_id=e)]
    assert names == ["high", "low", "new", "old"]
    counted = store.search_issues(experiment_id=e, include_trace_count=True)
    assert [(one.name, one.trace_count) for one in counted] == [
        ("high", 0),
        ("low", 0),
        ("old", 1),
        ("new", 0),
    ]
