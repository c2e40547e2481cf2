"""Trains a model, registers it, promotes it to Production and loads it from there.

Needs a server on http://localhost:5000 (`npm start`), and mlflow, scikit-learn and pandas.
"""

import mlflow
from mlflow.models import infer_signature
from packaging.version import Version
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

NAME = "fraud-detector"

# Newer clients log a tree model only when told that its type is trusted; older ones don't know the option.
newer = Version(mlflow.__version__) >= Version("3.12")
trust = {"skops_trusted_types": ["sklearn.tree._tree.Tree"]} if newer else {}

mlflow.set_tracking_uri("http://localhost:5000")
mlflow.set_experiment("fraud-detection")

X, y = make_classification(n_samples=5000, n_features=20, random_state=42)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

with mlflow.start_run(run_name="random-forest") as run:
    model = RandomForestClassifier(n_estimators=100, random_state=42).fit(X_train, y_train)
    predictions = model.predict(X_test)
    mlflow.log_param("n_estimators", 100)
    mlflow.log_metric("accuracy", accuracy_score(y_test, predictions))
    logged = mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(X_train, predictions),
        registered_model_name=NAME,
        **trust,
    )
print(f"Run {run.info.run_id} made version {logged.registered_model_version} of {NAME}")

client = mlflow.MlflowClient()
version = str(logged.registered_model_version)
client.transition_model_version_stage(NAME, version, "Staging")
client.transition_model_version_stage(
    NAME, version, "Production", archive_existing_versions=True
)
client.update_model_version(NAME, version, description="Passed the shadow traffic test.")
print(f"Version {version} is in Production")

production = mlflow.sklearn.load_model(f"models:/{NAME}/Production")
accuracy = accuracy_score(y_test, production.predict(X_test))
print(f"Loaded Production model accuracy: {accuracy:.4f}")
