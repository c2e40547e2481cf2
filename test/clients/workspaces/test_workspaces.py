"""MLflow's workspaces: two teams on one server, each through the stock client."""

import os
import tempfile

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient


@pytest.fixture
def teams(unique):
    names = [f"{unique}-a", f"{unique}-b"]
    for name in names:
        mlflow.create_workspace(name, description=f"of {name}")
    yield names
    mlflow.set_workspace("default")


def test_a_workspace_is_made_listed_changed_and_deleted(unique):
    made = mlflow.create_workspace(unique, description="risk")
    assert (made.name, made.description) == (unique, "risk")
    assert unique in [workspace.name for workspace in mlflow.list_workspaces()]
    assert mlflow.update_workspace(unique, description="other").description == "other"
    assert mlflow.get_workspace(unique).description == "other"
    mlflow.delete_workspace(unique)
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_workspace(unique)


def test_teams_do_not_see_each_other(teams, unique):
    runs = {}
    for team in teams:
        mlflow.set_workspace(team)
        experiment = mlflow.set_experiment("churn")
        assert experiment.workspace == team
        assert experiment.artifact_location.startswith(f"mlflow-artifacts:/workspaces/{team}/")
        with mlflow.start_run() as run:
            mlflow.log_param("team", team)
            mlflow.log_text(f"of {team}", "notes/about.txt")
        runs[team] = run.info.run_id
        client = MlflowClient()
        client.create_registered_model("churn")
        source = f"{run.info.artifact_uri}/notes"
        version = client.create_model_version("churn", source, run_id=run.info.run_id)
        client.set_registered_model_alias("churn", "champion", version.version)
    for team, other in [teams, reversed(teams)]:
        mlflow.set_workspace(team)
        client = MlflowClient()
        assert client.get_run(runs[team]).data.params == {"team": team}
        assert mlflow.artifacts.load_text(f"runs:/{runs[team]}/notes/about.txt") == f"of {team}"
        with tempfile.TemporaryDirectory() as folder:
            path = mlflow.artifacts.download_artifacts("models:/churn@champion", dst_path=folder)
            with open(os.path.join(path, "about.txt")) as file:
                assert file.read() == f"of {team}"
        with pytest.raises(MlflowException, match="not found"):
            client.get_run(runs[other])
        assert len(client.search_registered_models()) == 1
        assert [found.name for found in client.search_experiments()] == ["churn"]
    mlflow.set_workspace("default")
    with pytest.raises(MlflowException, match="not found"):
        MlflowClient().get_registered_model("churn")


def test_a_workspace_that_holds_something_is_not_deleted(teams):
    mlflow.set_workspace(teams[0])
    MlflowClient().create_registered_model("kept")
    with pytest.raises(MlflowException, match="still contains 1 registered models"):
        mlflow.delete_workspace(teams[0])
    MlflowClient().delete_registered_model("kept")
    mlflow.delete_workspace(teams[0])


def test_a_workspace_that_is_not_there_is_told(unique):
    mlflow.set_workspace(f"{unique}-none")
    try:
        with pytest.raises(MlflowException, match=f"Workspace '{unique}-none' not found"):
            MlflowClient().search_registered_models()
    finally:
        mlflow.set_workspace("default")
