"""What the tests move: a little of all that a server may have."""

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str]) -> list[str]:
        return model_input


def fill(url):
    """@returns ids of the runs of experiment `fraud`, the oldest first"""
    import pandas as pd

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(url)
    client = MlflowClient(url)
    fraud = client.create_experiment("fraud", tags={"team": "risk"})
    gone = client.create_experiment("gone")
    client.create_experiment("elsewhere", artifact_location="s3://bucket/x")
    ids = []
    for i in range(2):
        with mlflow.start_run(experiment_id=fraud) as run:
            ids.append(run.info.run_id)
            mlflow.log_params({"a": i, "path/with": "x" * 500})
            for step in range(5):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_metric("nan", float("nan"))
            mlflow.log_metric("inf", float("inf"))
            mlflow.log_metric("late", 1.5, step=2**53 + 1)
            mlflow.log_text("hello ä", "notes/ä b.txt")
            data = pd.DataFrame({"x": [i]})
            mlflow.log_input(mlflow.data.from_pandas(data, name="d"), context="training")
            wide = Dataset("wide", "w1", "local", "{}", profile="0123456789ü" * 100_000)
            client.log_inputs(run.info.run_id, [DatasetInput(wide)])
            mlflow.pyfunc.log_model(
                name="model",
                python_model=Echo(),
                registered_model_name="fraud",
                pip_requirements=["pandas"],
            )
    deleted = client.create_run(fraud).info.run_id
    client.log_metric(deleted, "z", 1)
    client.set_terminated(deleted, "FAILED")
    client.delete_run(deleted)
    client.create_run(gone)
    client.delete_experiment(gone)
    client.create_run("0")
    client.transition_model_version_stage("fraud", 1, "Archived")
    client.transition_model_version_stage("fraud", 2, "Production")
    client.update_model_version("fraud", 2, "desc")
    client.set_model_version_tag("fraud", "2", "validated", "true")
    client.set_registered_model_tag("fraud", "owner", "risk")
    client.set_registered_model_alias("fraud", "champion", 2)
    burnt = client.create_model_version("fraud", f"runs:/{ids[0]}/notes", ids[0])
    client.delete_model_version("fraud", burnt.version)
    client.create_model_version("fraud", f"runs:/{ids[0]}/notes", ids[0])
    client.copy_model_version("models:/fraud/2", "fraud-prod")
    for text in ["Hello {{name}}", "Hi {{name}}"]:
        mlflow.genai.register_prompt("greet", text, commit_message=text)
    mlflow.genai.set_prompt_alias("greet", "prod", 1)
    mlflow.set_tracking_uri(before)
    return ids


def datasets_of(run):
    """What a run read, in an order of our own: MLflow's server has none."""
    return sorted(str(used.to_dictionary()) for used in run.inputs.dataset_inputs)
