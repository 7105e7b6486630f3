"""What the committed templates promise, whoever made them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from loadstone.deploy.committed import STACKS, template_text

MAXIMUM_BYTES = 51_200  # what CloudFormation takes without a bucket


@pytest.fixture(scope="module")
def pipeline() -> dict[str, Any]:
    return yaml.safe_load(template_text("pipeline"))


@pytest.fixture(scope="module")
def network() -> dict[str, Any]:
    return yaml.safe_load(template_text("network-database"))


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    found = {name: one for name, one in template["Resources"].items() if one["Type"] == kind}
    assert found, kind
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_is_deployed_without_a_bucket_for_it(stack: str) -> None:
    assert len(template_text(stack).encode()) <= MAXIMUM_BYTES


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_needs_neither_cdk_nor_custom_resources(stack: str) -> None:
    text = template_text(stack)
    for word in (
        "cdk-",
        "Custom::",
        "AWS::CloudFormation::CustomResource",
        "BootstrapVersion",
        "aws:cdk",
        "AWS::CDK",
    ):
        assert word not in text


@pytest.mark.parametrize("stack", STACKS)
def test_every_parameter_is_explained_and_stands_under_a_heading(stack: str) -> None:
    template = yaml.safe_load(template_text(stack))
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])
    assert all(one["Description"].endswith(".") for one in template["Parameters"].values())


def test_only_the_image_has_to_be_chosen(pipeline: dict[str, Any], network: dict[str, Any]) -> None:
    assert [name for name, one in pipeline["Parameters"].items() if "Default" not in one] == ["ImageUri"]
    assert all("Default" in one for one in network["Parameters"].values())


def test_an_event_is_hidden_for_six_times_as_long_as_a_call_may_take(pipeline: dict[str, Any]) -> None:
    allowed = pipeline["Parameters"]["FunctionTimeout"]["AllowedValues"]
    mapped = {limit: one["Visibility"] for limit, one in pipeline["Mappings"]["Timeouts"].items()}
    assert mapped == {limit: 6 * int(limit) for limit in allowed}
    assert str(pipeline["Parameters"]["FunctionTimeout"]["Default"]) in mapped
    queue = pipeline["Resources"]["Queue"]["Properties"]
    assert queue["VisibilityTimeout"] == {
        "Fn::FindInMap": ["Timeouts", {"Ref": "FunctionTimeout"}, "Visibility"]
    }


def test_an_event_is_tried_five_times_and_then_kept_for_two_weeks(pipeline: dict[str, Any]) -> None:
    redrive = pipeline["Resources"]["Queue"]["Properties"]["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}, "maxReceiveCount": 5}
    assert pipeline["Resources"]["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400


def test_one_parameter_caps_functions_and_transactions(pipeline: dict[str, Any]) -> None:
    mapping = pipeline["Resources"]["EventSource"]["Properties"]
    function = pipeline["Resources"]["Function"]["Properties"]
    cap = {"Ref": "MaximumConcurrentLoads"}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": cap}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert function["Environment"]["Variables"]["LOADSTONE_MAX_CONCURRENT_LOADS"] == cap


def test_the_bucket_is_encrypted_versioned_private_and_outlives_the_stack(pipeline: dict[str, Any]) -> None:
    bucket = pipeline["Resources"]["Bucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    properties = bucket["Properties"]
    assert "BucketEncryption" in properties
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["NotificationConfiguration"]["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}
    assert pipeline["Resources"]["BucketPolicy"]["DeletionPolicy"] == "Retain"


def test_queues_are_encrypted(pipeline: dict[str, Any]) -> None:
    for queue in of_type(pipeline, "AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True


def test_every_alarm_tells_the_topic(pipeline: dict[str, Any]) -> None:
    alarms = of_type(pipeline, "AWS::CloudWatch::Alarm")
    assert set(alarms) == {"DeadLettersAlarm", "OldestMessageAlarm", "FunctionErrorsAlarm", "LagAlarm"}
    assert all(one["Properties"]["AlarmActions"] == [{"Ref": "Topic"}] for one in alarms.values())


def test_the_reconcile_is_off_by_default(pipeline: dict[str, Any]) -> None:
    assert pipeline["Parameters"]["ReconcileSchedule"]["Default"] == ""
    for name in ("ReconcileRule", "ReconcilePermission"):
        assert pipeline["Resources"][name]["Condition"] == "Reconciles"


def test_no_variable_of_the_function_takes_a_password(pipeline: dict[str, Any]) -> None:
    variables = pipeline["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    assert not [name for name in variables if "PASSWORD" in name]
    assert "resolve:secretsmanager" not in template_text("pipeline")


def test_the_network_has_no_way_to_the_internet(network: dict[str, Any]) -> None:
    kinds = {one["Type"] for one in network["Resources"].values()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"}


def test_databases_are_encrypted_private_protected_and_leave_a_snapshot(network: dict[str, Any]) -> None:
    for name in ("Database", "Cluster"):
        database = network["Resources"][name]
        assert database["DeletionPolicy"] == database["UpdateReplacePolicy"] == "Snapshot"
        properties = database["Properties"]
        assert properties["StorageEncrypted"] is True
        assert properties["ManageMasterUserPassword"] is True
        assert properties["DeletionProtection"] == {"Ref": "DeletionProtection"}
        assert "MasterUserPassword" not in properties
    assert network["Parameters"]["DeletionProtection"]["Default"] == "true"
    for instance in of_type(network, "AWS::RDS::DBInstance").values():
        assert instance["Properties"]["PubliclyAccessible"] is False


def test_the_database_takes_tls_alone(network: dict[str, Any]) -> None:
    for name in ("DatabaseParameters", "ClusterParameters"):
        assert network["Resources"][name]["Properties"]["Parameters"]["rds.force_ssl"] == "1"


def test_what_the_network_stack_gives_is_what_the_pipeline_stack_takes(
    pipeline: dict[str, Any], network: dict[str, Any]
) -> None:
    assert set(network["Outputs"]) - {"VpcId"} <= set(pipeline["Parameters"])
