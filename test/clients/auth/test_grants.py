"""Rights per stage, as MLflow's client meets them."""

import pytest
from mlflow.exceptions import MlflowException


def test_a_training_account_moves_to_staging_and_not_to_production(
    api, auth, client, unique, as_user, password
):
    model = f"fraud-{unique}"
    trainer = auth.create_user(f"trainer-{unique}", password)
    releaser = auth.create_user(f"releaser-{unique}", password)
    api("PUT", f"/groups/release-{unique}", json={"members": [releaser.username]})
    for principal, rights in {
        trainer.username: [{"action": "register"}, {"action": "promote", "stage": "Staging"}],
        f"group:release-{unique}": [{"action": "promote", "stage": "*"}],
    }.items():
        for right in rights:
            api("POST", "/grants", json={"principal": principal, "models": model, **right})
    client.create_registered_model(model)

    as_user(trainer.username)
    version = client.create_model_version(model, "s3://elsewhere/model").version
    client.transition_model_version_stage(model, version, "Staging")
    with pytest.raises(MlflowException, match="stage 'Production'"):
        client.transition_model_version_stage(model, version, "Production")

    as_user(releaser.username)
    moved = client.transition_model_version_stage(model, version, "Production")
    assert moved.current_stage == "Production"
    with pytest.raises(MlflowException, match="'register'"):
        client.create_model_version(model, "s3://elsewhere/model")

    as_user(trainer.username)
    with pytest.raises(MlflowException, match="stage 'Production'"):
        client.transition_model_version_stage(model, version, "Staging")
