"""What stands above boto3: the AWS CLI, and the SageMaker SDK's `register`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest


@pytest.fixture
def aws(server, key_pair, tmp_path):
    """Runs `aws sagemaker`, and reads what it prints."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": key_pair["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": key_pair["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_SAGEMAKER": server,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
    }

    def run(*arguments):
        program = [sys.executable, str(Path(sys.executable).parent / "aws"), "sagemaker"]
        done = subprocess.run(
            [*program, *arguments, "--output", "json"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run


def test_the_aws_cli_registers_approves_and_lists(aws, unique):
    aws("create-model-package-group", "--model-package-group-name", unique)
    made = aws(
        "create-model-package",
        *("--model-package-group-name", unique),
        *("--source-uri", "s3://bucket/model"),
        *("--customer-metadata-properties", "auc=0.91"),
    )
    arn = made["ModelPackageArn"]
    aws(
        "update-model-package",
        *("--model-package-arn", arn),
        *("--model-approval-status", "Approved"),
        *("--approval-description", "risk ok"),
    )
    listed = aws(
        "list-model-packages",
        *("--model-package-group-name", unique),
        *("--model-approval-status", "Approved"),
    )
    assert [one["ModelPackageArn"] for one in listed["ModelPackageSummaryList"]] == [arn]
    aws(
        "update-model-package",
        *("--model-package-arn", arn),
        *("--model-life-cycle", json.dumps({"Stage": "Archived", "StageStatus": "Retired"})),
    )
    described = aws("describe-model-package", "--model-package-name", arn)
    assert described["ModelApprovalStatus"] == "Rejected"
    assert described["CustomerMetadataProperties"] == {"auc": "0.91"}
    aws("delete-model-package", "--model-package-name", arn)


def test_the_sagemaker_sdk_registers_a_model_and_changes_its_package(sm, unique, monkeypatch, tmp_path):
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    from sagemaker import Session
    from sagemaker.model import Model

    session = Session(
        boto_session=boto3.Session(
            region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
        ),
        sagemaker_client=sm,
        default_bucket="bucket",
    )
    model = Model(
        image_uri="123.dkr.ecr.eu-west-1.amazonaws.com/image:1",
        model_data="s3://bucket/model.tar.gz",
        role="arn:aws:iam::000000000000:role/none",
        sagemaker_session=session,
    )
    package = model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=unique,
        approval_status="PendingManualApproval",
        customer_metadata_properties={"auc": "0.91"},
        source_uri="s3://bucket/source",
    )
    described = sm.describe_model_package(ModelPackageName=package.model_package_arn)
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    (container,) = described["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == "s3://bucket/model.tar.gz"
    assert described["SourceUri"] == "s3://bucket/source"

    package.update_customer_metadata({"auc": "0.92", "seed": "1"})
    package.remove_customer_metadata_properties(["seed"])
    package.update_approval_status("Approved", "risk ok")
    described = sm.describe_model_package(ModelPackageName=package.model_package_arn)
    assert described["CustomerMetadataProperties"] == {"auc": "0.92"}
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "risk ok"
