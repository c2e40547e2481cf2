"""boto3 registers and reads model packages as it does with SageMaker."""

import json

import pytest
from botocore.exceptions import ClientError


def code_of(refused):
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize("path", ["", "/aws"])
@pytest.mark.parametrize("suffix", ["", " für Prüfer ≥ 2"])
def test_a_package_is_registered_and_read_back(sagemaker, unique, path, suffix):
    sm, group = sagemaker(path), unique + suffix
    made = sm.create_model_package_group(ModelPackageGroupName=group, ModelPackageGroupDescription="ü")
    assert made["ModelPackageGroupArn"].endswith(f":model-package-group/{group}")
    arn = sm.create_model_package(
        ModelPackageGroupName=made["ModelPackageGroupArn"],
        SourceUri="s3://bucket/model",
        CustomerMetadataProperties={"auc": "0.91"},
    )["ModelPackageArn"]
    described = sm.describe_model_package(ModelPackageName=arn)
    assert described["ModelPackageArn"] == arn
    assert described["ModelPackageVersion"] == 1
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["CustomerMetadataProperties"] == {"auc": "0.91"}
    assert described["CreationTime"].year >= 2025
    assert described["ResponseMetadata"]["RequestId"]
    newest = sm.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["ModelPackageSummaryList"]
    assert [one["ModelPackageArn"] for one in newest] == [arn]


def test_an_arn_names_a_package_by_any_region_and_by_the_account_of_the_server_alone(sm, sagemaker, unique):
    sm.create_model_package_group(ModelPackageGroupName=unique)
    arn = sm.create_model_package(ModelPackageGroupName=unique, SourceUri="s3://bucket/model")["ModelPackageArn"]
    start, account, resource = arn.rsplit(":", 2)
    elsewhere = sagemaker(region_name="cn-north-1").describe_model_package(ModelPackageName=arn)
    assert elsewhere["ModelPackageArn"] == f"arn:aws-cn:sagemaker:cn-north-1:{account}:{resource}"
    for known in (elsewhere["ModelPackageArn"], f"{start}:{'0' * 12}:{resource}"):
        assert sm.describe_model_package(ModelPackageName=known)["ModelPackageArn"] == arn
    foreign = f"{start}:{'9' * 12}:{resource}"
    with pytest.raises(ClientError, match="is of the account 9") as refused:
        sm.describe_model_package(ModelPackageName=foreign)
    assert code_of(refused) == "AccessDeniedException"
    batch = sm.batch_describe_model_package(ModelPackageArnList=[arn, foreign])
    assert list(batch["ModelPackageSummaries"]) == [arn]
    assert batch["BatchDescribeModelPackageErrorMap"][foreign]["ErrorCode"] == "AccessDeniedException"


def test_the_card_of_a_package_is_that_of_its_version(sm, unique):
    sm.create_model_package_group(ModelPackageGroupName=unique)
    content = {"intended_uses": {"intended_uses": "Scores payments.", "risk_rating": "High"}}
    arn = sm.create_model_package(
        ModelPackageGroupName=unique,
        SourceUri="s3://bucket/model",
        ModelCard={"ModelCardContent": json.dumps(content), "ModelCardStatus": "Draft"},
    )["ModelPackageArn"]

    def card():
        return sm.describe_model_package(ModelPackageName=arn)["ModelCard"]

    assert json.loads(card()["ModelCardContent"]) == content
    content["business_details"] = {"line_of_business": "Cards"}
    sm.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardContent": json.dumps(content)})
    assert json.loads(card()["ModelCardContent"]) == content
    with pytest.raises(ClientError, match="follows the package"):
        sm.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Approved"})


def test_a_model_card_is_that_of_a_package(sm, unique):
    sm.create_model_package_group(ModelPackageGroupName=unique)
    sm.create_model_package(ModelPackageGroupName=unique, SourceUri="s3://bucket/model")
    name = f"{unique}/1"
    with pytest.raises(sm.exceptions.ResourceNotFound):
        sm.describe_model_card(ModelCardName=name)
    content = {"intended_uses": {"intended_uses": "Ranks payments.", "risk_rating": "High"}}
    made = sm.create_model_card(ModelCardName=name, Content=json.dumps(content), ModelCardStatus="Draft")
    with pytest.raises(sm.exceptions.ConflictException, match="already exists"):
        sm.create_model_card(ModelCardName=name, Content="{}", ModelCardStatus="Draft")
    sm.update_model_card(ModelCardName=made["ModelCardArn"], Content=json.dumps({**content, "mine": 1}))
    first = sm.describe_model_card(ModelCardName=name, ModelCardVersion=1)
    assert json.loads(first["Content"]) == content
    described = sm.describe_model_card(ModelCardName=made["ModelCardArn"])
    assert json.loads(described["Content"]) == {**content, "mine": 1}
    assert (described["ModelCardVersion"], described["ModelCardStatus"]) == (2, "Draft")
    assert described["CreationTime"] <= described["LastModifiedTime"]
    versions = sm.get_paginator("list_model_card_versions").paginate(
        ModelCardName=name, PaginationConfig={"PageSize": 1}
    )
    found = [one["ModelCardVersion"] for page in versions for one in page["ModelCardVersionSummaryList"]]
    assert found == [1, 2]
    listed = sm.list_model_cards(NameContains=unique, CreationTimeAfter="2020-01-01")["ModelCardSummaries"]
    assert [one["ModelCardArn"] for one in listed] == [made["ModelCardArn"]]
    with pytest.raises(sm.exceptions.ConflictException, match="follows the package"):
        sm.update_model_card(ModelCardName=name, ModelCardStatus="Approved")


def test_pages_of_packages_hold_each_one_once(sm, unique):
    sm.create_model_package_group(ModelPackageGroupName=unique)
    for number in range(5):
        sm.create_model_package(ModelPackageGroupName=unique, SourceUri=f"s3://bucket/{number}")
    pages = sm.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=unique, PaginationConfig={"PageSize": 2}
    )
    found = [one["ModelPackageVersion"] for page in pages for one in page["ModelPackageSummaryList"]]
    assert found == [1, 2, 3, 4, 5]


def test_a_group_is_searched_for_by_its_name(sm, unique):
    def search(name):
        wanted = {"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": name}
        found = sm.search(Resource="ModelPackageGroup", SearchExpression={"Filters": [wanted]})
        return [one["ModelPackageGroup"]["ModelPackageGroupName"] for one in found["Results"]]

    assert search(unique) == []
    sm.create_model_package_group(ModelPackageGroupName=unique)
    assert search(unique) == [unique]


def test_refusals_are_those_that_programs_look_for(sm, sagemaker, unique):
    with pytest.raises(ClientError, match="does not exist") as absent:
        sm.describe_model_package_group(ModelPackageGroupName=unique)
    assert code_of(absent) == "ValidationException"
    sm.create_model_package_group(ModelPackageGroupName=unique)
    with pytest.raises(ClientError, match="already exists"):
        sm.create_model_package_group(ModelPackageGroupName=unique)
    with pytest.raises(sm.exceptions.ConflictException, match="PendingManualApproval"):
        sm.create_model_package(
            ModelPackageGroupName=unique, SourceUri="s3://b/x", ModelApprovalStatus="Rejected"
        )
    other = sagemaker(aws_secret_access_key="another")
    with pytest.raises(ClientError) as refused:
        other.list_model_package_groups()
    assert code_of(refused) == "InvalidSignatureException"
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0
