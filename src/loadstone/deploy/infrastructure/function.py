"""The function that loads, what calls it, and where it logs."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from loadstone.deploy.infrastructure.landing import bucket_name
from loadstone.deploy.infrastructure.permissions import add_policies
from loadstone.deploy.infrastructure.words import (
    accept,
    choose,
    choose_text,
    document,
    get,
    number,
    ref,
    sub,
    text,
)

__all__ = ["add_function"]

#: Events for one call. They are loaded one after the other; one that fails is reported alone.
_BATCH_SIZE = 10

_REASONS = {
    "CKV_AWS_50": "traces go out by OpenTelemetry where they are wanted; X-Ray needs actions on `*`",
    "CKV_AWS_115": "the event source mapping's maximum concurrency bounds it, and the database's cap",
    "CKV_AWS_116": "events wait in a queue, which has dead letters of its own",
    "CKV_AWS_117": "it runs in the subnets that are given; a database outside of a VPC needs none",
    "CKV_AWS_173": "no variable holds a secret: credentials are read from Secrets Manager, or are IAM's",
}


def add_function(stack: Stack) -> None:
    """Log group, role, function, event source mapping, and the schedule of the reconcile."""
    _add_logs(stack)
    policy = _add_role(stack)
    function = lambda_.CfnFunction(
        stack,
        "Function",
        # A name of its own, so that the role can tell Lambda from the code that runs in it.
        function_name=text(_function_name()),
        description="loadstone: loads what lands in the bucket",
        package_type="Image",
        code=lambda_.CfnFunction.CodeProperty(image_uri=text(ref("ImageUri"))),
        architectures=[text(ref("Architecture"))],
        memory_size=number(ref("MemorySize")),
        timeout=number(ref("FunctionTimeout")),
        ephemeral_storage=lambda_.CfnFunction.EphemeralStorageProperty(size=number(ref("EphemeralStorage"))),
        role=text(get("FunctionRole", "Arn")),
        vpc_config=choose(
            "InVpc", {"SubnetIds": ref("SubnetIds"), "SecurityGroupIds": ref("SecurityGroupIds")}
        ),
        environment=lambda_.CfnFunction.EnvironmentProperty(variables=_variables()),
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(
            log_group=text(ref("Logs")),
            # loadstone writes JSON itself, metrics included.
            log_format="Text",
        ),
    )
    accept(function, **_REASONS)
    function.add_resource_dependency(policy)  # Lambda looks whether it may join the network before it does
    _add_event_source(stack)
    _add_reconcile(stack)


def _function_name() -> dict[str, str]:
    return sub("${AWS::StackName}-loader")


def _variables() -> dict[str, Any]:
    return {
        "LOADSTONE_PIPELINE": text(ref("PipelineFile")),
        "LOADSTONE_SOURCE": text({"Fn::Sub": ["s3://${Name}/${KeyPrefix}", {"Name": bucket_name()}]}),
        "LOADSTONE_DATABASE_URL": choose_text(
            "UrlIsGiven", ref("DatabaseUrl"), sub("secretsmanager://${DatabaseSecretArn}")
        ),
        # What a secret that RDS manages does not say.
        "LOADSTONE_DATABASE_HOST": choose_text("HostIsGiven", ref("DatabaseHost")),
        "LOADSTONE_DATABASE_PORT": choose_text("HostIsGiven", ref("DatabasePort")),
        "LOADSTONE_DATABASE_NAME": choose_text("HostIsGiven", ref("DatabaseName")),
        "LOADSTONE_MAX_CONCURRENT_LOADS": text(ref("MaximumConcurrentLoads")),
        "LOADSTONE_QUEUE_URL": text(ref("Queue")),
        "LOADSTONE_DEAD_LETTERS_URL": text(ref("DeadLetters")),
        "LOADSTONE_TOPIC_ARN": text(ref("Topic")),
    }


def _add_logs(stack: Stack) -> None:
    group = logs.CfnLogGroup(
        stack,
        "Logs",
        log_group_name=text(sub("/loadstone/${AWS::StackName}")),
        retention_in_days=number(ref("LogRetentionDays")),
    )
    accept(
        group,
        CKV_AWS_158="CloudWatch Logs encrypts at rest anyway, and no line holds cell contents or secrets",
        CKV_AWS_338="how long logs are kept is a parameter",
    )


def _add_role(stack: Stack) -> iam.CfnPolicy:
    function_arn = sub(
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-loader"
    )
    iam.CfnRole(
        stack,
        "FunctionRole",
        description="loadstone: what the loading function may do",
        assume_role_policy_document=document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ),
    )
    return add_policies(stack, function_arn)


def _add_event_source(stack: Stack) -> None:
    lambda_.CfnEventSourceMapping(
        stack,
        "EventSource",
        event_source_arn=text(get("Queue", "Arn")),
        function_name=text(get("Function", "Arn")),
        batch_size=_BATCH_SIZE,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
            maximum_concurrency=number(ref("MaximumConcurrentLoads"))
        ),
    )


def _add_reconcile(stack: Stack) -> None:
    reconciles = stack.node.find_child("Reconciles")
    schedule = events.CfnRule(
        stack,
        "ReconcileRule",
        description="loadstone: load what no event brought",
        state="ENABLED",
        schedule_expression=text(ref("ReconcileSchedule")),
        targets=[events.CfnRule.TargetProperty(id="function", arn=text(get("Function", "Arn")))],
    )
    permission = lambda_.CfnPermission(
        stack,
        "ReconcilePermission",
        action="lambda:InvokeFunction",
        function_name=text(ref("Function")),
        principal="events.amazonaws.com",
        source_arn=text(get("ReconcileRule", "Arn")),
    )
    for resource in (schedule, permission):
        resource.cfn_options.condition = reconciles
