"""A package is registered by a program, approved and rejected by a person, and a pipeline is told."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    """An HTTP server that keeps what webhooks send."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.events = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def guarded(ask, person, unique, sagemaker):
    """Clients of ci, who registers, and rita, who alone approves for Production; and rita's name."""
    (ci_name, ci), (rita_name, rita) = person("ci"), person("rita")
    ask("PUT", f"/api/v1/groups/risk-{unique}", {"members": [rita_name]})
    policy = {
        "applies_to": {"models": f"{unique}*", "stage": "Production"},
        "approvals": {"required": 1, "from": [f"group:risk-{unique}"]},
    }
    ask("PUT", f"/api/v1/policies/p-{unique}", policy)
    sm = sagemaker(pair=ci)
    sm.create_model_package_group(ModelPackageGroupName=unique)
    permission = {"name": unique, "username": rita_name, "permission": "EDIT"}
    ask("POST", "/api/2.0/mlflow/registered-models/permissions/create", permission)
    yield sm, sagemaker(pair=rita), rita_name
    ask("DELETE", f"/api/v1/policies/p-{unique}")


def test_the_script_of_a_pipeline(guarded, ask, unique, receiver):
    sm, rita, rita_name = guarded
    hook = {
        "name": f"pipeline-{unique}",
        "url": f"http://127.0.0.1:{receiver.server_port}/",
        "events": ["model_version.transitioned", "promotion.rejected"],
        "models": unique,
        "format": "eventbridge",
    }
    ask("POST", "/api/v1/webhooks", hook)
    arn = sm.create_model_package(
        ModelPackageGroupName=unique,
        SourceUri="s3://bucket/model",
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={"auc": "0.91"},
    )["ModelPackageArn"]

    with pytest.raises(sm.exceptions.ConflictException, match="Promotion request #"):
        sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    rita.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="risk ok"
    )
    described = sm.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "risk ok"
    assert described["LastModifiedBy"]["IamIdentity"]["PrincipalId"] == rita_name
    newest = sm.list_model_packages(
        ModelPackageGroupName=unique,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["ModelPackageSummaryList"][0]
    assert newest["ModelPackageArn"] == arn
    seen = ask("GET", f"/api/2.0/mlflow/model-versions/get?name={unique}&version=1")
    assert seen["model_version"]["current_stage"] == "Production"

    rita.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription="drift"
    )
    described = sm.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Rejected"
    told = json.dumps(ask("GET", f"/api/v1/audit?model={unique}"))
    assert "risk ok" in told and "drift" in told

    until = time.monotonic() + 20
    while len(receiver.events) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    assert [event["detail"]["ModelApprovalStatus"] for event in receiver.events] == [
        "Approved",
        "Rejected",
        "Rejected",
    ]
    for event in receiver.events:
        assert event["detail-type"] == "SageMaker Model Package State Change"
        version = event["detail"]["ModelPackageArn"]
        assert sm.describe_model_package(ModelPackageName=version)["ModelPackageVersion"] == 1


def test_tags_batches_and_searches(sm, unique):
    group = sm.create_model_package_group(
        ModelPackageGroupName=unique, Tags=[{"Key": "team", "Value": unique}]
    )["ModelPackageGroupArn"]
    arns = [
        sm.create_model_package(
            ModelPackageGroupName=unique,
            SourceUri="s3://bucket/model",
            CustomerMetadataProperties={"auc": auc},
        )["ModelPackageArn"]
        for auc in ["0.8", "0.9"]
    ]
    added = sm.add_tags(ResourceArn=group, Tags=[{"Key": "cost", "Value": "1"}])["Tags"]
    assert {"Key": "team", "Value": unique} in added
    sm.delete_tags(ResourceArn=group, TagKeys=["cost"])
    assert sm.list_tags(ResourceArn=group)["Tags"] == [{"Key": "team", "Value": unique}]

    absent = arns[0][:-1] + "9"
    both = sm.batch_describe_model_package(ModelPackageArnList=[*arns, absent])
    assert set(both["ModelPackageSummaries"]) == set(arns)
    assert set(both["BatchDescribeModelPackageErrorMap"]) == {absent}

    def search(*filters):
        found = sm.search(
            Resource="ModelPackage",
            SearchExpression={
                "Filters": [{"Name": "ModelPackageGroupName", "Value": unique}, *filters]
            },
            SortBy="CreationTime",
            SortOrder="Ascending",
        )["Results"]
        return [one["ModelPackage"]["ModelPackageArn"] for one in found]

    assert search() == arns
    name = "CustomerMetadataProperties.auc"
    assert search({"Name": name, "Operator": "GreaterThan", "Value": "0.85"}) == arns[1:]
    assert search({"Name": "Tags.team", "Value": "other"}) == []


def test_members_change_and_packages_go(sm, unique):
    sm.create_model_package_group(ModelPackageGroupName=unique)
    arn = sm.create_model_package(
        ModelPackageGroupName=unique,
        SourceUri="s3://bucket/model",
        CustomerMetadataProperties={"a": "1", "b": "2"},
    )["ModelPackageArn"]
    sm.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"a": "3"},
        CustomerMetadataPropertiesToRemove=["b"],
    )
    described = sm.describe_model_package(ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"a": "3"}
    with pytest.raises(sm.exceptions.ConflictException, match="delete them first"):
        sm.delete_model_package_group(ModelPackageGroupName=unique)
    sm.delete_model_package(ModelPackageName=arn)
    sm.delete_model_package_group(ModelPackageGroupName=unique)
    assert unique not in str(sm.list_model_package_groups(NameContains=unique)["ModelPackageGroupSummaryList"])
