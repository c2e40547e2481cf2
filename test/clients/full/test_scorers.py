"""Scorers, issues and review queues, as the client keeps them; the server runs no scorer."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException

pytest.importorskip("mlflow.genai.scorers")
from mlflow.genai.scorers import Guidelines, delete_scorer, get_scorer, list_scorers
from mlflow.genai.scorers.registry import list_scorer_versions
from mlflow.tracking._tracking_service.utils import _get_store

pytestmark = pytest.mark.worker


@pytest.fixture(autouse=True)
def key(monkeypatch):
    """The client looks whether there is one; nothing is asked."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def test_a_scorer_is_registered_read_and_deleted(experiment):
    where = {"experiment_id": experiment.experiment_id}
    for guideline in ["be polite", "be brief"]:
        Guidelines(name="manners", guidelines=guideline).register(name="manners", **where)
    assert get_scorer(name="manners", **where).guidelines == "be brief"
    assert get_scorer(name="manners", version=1, **where).guidelines == "be polite"
    assert [scorer.name for scorer in list_scorers(**where)] == ["manners"]
    assert [version for _, version in list_scorer_versions(name="manners", **where)] == [1, 2]
    delete_scorer(name="manners", version="all", **where)
    with pytest.raises(MlflowException, match="Scorer with name 'manners' not found"):
        get_scorer(name="manners", **where)


def test_an_issue_is_made_changed_and_found(experiment):
    issue = pytest.importorskip("mlflow.entities.issue")
    store = _get_store()
    made = store.create_issue(
        experiment_id=experiment.experiment_id, name="slow", description="d", severity=issue.IssueSeverity.HIGH
    )
    store.update_issue(made.issue_id, status=issue.IssueStatus.RESOLVED)
    (found,) = store.search_issues(
        experiment_id=experiment.experiment_id, filter_string="status = 'resolved'"
    )
    assert (found.issue_id, found.status) == (made.issue_id, issue.IssueStatus.RESOLVED)


def test_traces_are_put_into_a_queue_and_looked_at(experiment):
    schemas = pytest.importorskip("mlflow.genai.label_schemas")
    queues = pytest.importorskip("mlflow.genai.review_queues")
    where = {"experiment_id": experiment.experiment_id}
    with mlflow.start_span("answer") as span:
        trace_id = span.trace_id
    mlflow.flush_trace_async_logging()
    question = schemas.create_label_schema(
        name="good?", type="feedback", input=schemas.InputPassFail("yes", "no"), **where
    )
    names = [schema.name for schema in schemas.list_label_schemas(**where)]
    assert sorted(names) == ["Feedback", "good?"]
    queue = queues.create_review_queue(
        name="first", queue_type="custom", users=["kim"], schema_ids=[question.schema_id], **where
    )
    queues.add_items_to_review_queue(queue.queue_id, item_ids=[trace_id])
    queues.set_review_queue_item_status(
        queue.queue_id, item_id=trace_id, status="complete", completed_by="kim"
    )
    (item,) = queues.list_review_queue_items(queue.queue_id)
    assert (item.item_id, item.completed_by) == (trace_id, "kim")
    queues.delete_review_queue(queue.queue_id)
    assert list(queues.list_review_queues(**where)) == []
