"""What the function may do: each action on the resource that it is for."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from loadstone.deploy.infrastructure.landing import bucket_arn
from loadstone.deploy.infrastructure.words import allow, choose, document, excuse, get, ref, sub, text

__all__ = ["ONLY_ON_EVERYTHING", "add_policies"]

#: Actions that have to be allowed on `*`, and why.
ONLY_ON_EVERYTHING = {
    "ec2:CreateNetworkInterface": "Lambda checks it before it knows which interface it will make",
    "ec2:DeleteNetworkInterface": "Lambda makes the interfaces, under ids that no template can know",
    "ec2:DescribeNetworkInterfaces": "EC2 knows no resource for it",
    "ec2:DescribeSubnets": "EC2 knows no resource for it",
    "ec2:AssignPrivateIpAddresses": "Lambda makes the interfaces, under ids that no template can know",
    "ec2:UnassignPrivateIpAddresses": "Lambda makes the interfaces, under ids that no template can know",
}


#: As cdk-nag writes the resource that it finds a wildcard in.
_BELOW_PREFIX = (
    '{"Fn::If":["MakesBucket",{"Fn::Sub":"${Bucket.Arn}/${KeyPrefix}*"},'
    '{"Fn::Sub":"arn:${AWS::Partition}:s3:::${ExistingBucketName}/${KeyPrefix}*"}]}'
)


def add_policies(stack: Stack, function_arn: Any) -> iam.CfnPolicy:
    """The policies of the role, those of what is brought along under their conditions.

    Returns:
        the one that has to be there before the function is made.
    """
    # A resource may not wait for one that has a condition: these statements have theirs.
    network = [choose("InVpc", statement) for statement in _network(function_arn)]
    always = _add(stack, "LoadPolicy", None, *_always(), *network)
    excuse(always, {f"AwsSolutions-IAM5[Resource::{_BELOW_PREFIX}]": "objects, by the prefix of their keys"})
    for name, condition, statement in (
        ("SecretPolicy", "SecretIsGiven", _read_secret()),
        ("SecretKeyPolicy", "SecretHasKey", _use_key("DatabaseSecretKeyArn", "secretsmanager")),
        ("BucketKeyPolicy", "BucketHasKey", _use_key("BucketKeyArn", "s3")),
        ("TopicKeyPolicy", "TopicHasKey", _publish_with_key()),
        ("LoginPolicy", "LogsInByIam", _log_in()),
        ("PipelineObjectPolicy", "PipelineIsObject", _read_pipeline_object()),
        ("PipelineParameterPolicy", "PipelineIsParameter", _read_pipeline_parameter()),
    ):
        _add(stack, name, condition, statement)
    return always


def _add(stack: Stack, name: str, condition: str | None, *statements: Any) -> iam.CfnPolicy:
    policy = iam.CfnPolicy(
        stack,
        name,
        policy_name=name,
        roles=[text(ref("FunctionRole"))],
        policy_document=document(*statements),
    )
    if condition is not None:
        policy.cfn_options.condition = stack.node.find_child(condition)
    return policy


def _always() -> list[Any]:
    return [
        allow(
            ["s3:GetObject", "s3:GetObjectVersion"],
            bucket_arn("/${KeyPrefix}*"),
            sid="ReadObjects",
        ),
        # Without it S3 answers 403 for an object that is gone, and the reconcile cannot list.
        allow(["s3:ListBucket"], bucket_arn(), sid="ListBucket"),
        allow(
            [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
            ],
            get("Queue", "Arn"),
            sid="TakeEvents",
        ),
        allow(["sqs:SendMessage"], get("DeadLetters", "Arn"), sid="PutAsideWhatCannotBeLoaded"),
        allow(["sns:Publish"], ref("Topic"), sid="Notify"),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], get("Logs", "Arn"), sid="WriteLogs"),
    ]


def _network(function_arn: Any) -> list[Any]:
    return [
        allow(list(ONLY_ON_EVERYTHING), "*", sid="LambdaJoinsTheNetwork"),
        # Lambda itself needs them, the code that runs in it does not.
        {
            "Sid": "ButNotTheCode",
            "Effect": "Deny",
            "Action": list(ONLY_ON_EVERYTHING),
            "Resource": "*",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
        },
    ]


def _read_secret() -> Any:
    return allow(["secretsmanager:GetSecretValue"], ref("DatabaseSecretArn"), sid="ReadSecret")


def _use_key(parameter: str, service: str) -> Any:
    through = sub(f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}")
    return allow(
        ["kms:Decrypt"],
        ref(parameter),
        sid="Decrypt",
        conditions={"StringEquals": {"kms:ViaService": through}},
    )


def _publish_with_key() -> Any:
    through = sub("sns.${AWS::Region}.${AWS::URLSuffix}")
    return allow(
        ["kms:Decrypt", "kms:GenerateDataKey"],
        ref("TopicKeyArn"),
        sid="TopicKey",
        conditions={"StringEquals": {"kms:ViaService": through}},
    )


def _log_in() -> Any:
    return allow(["rds-db:connect"], ref("DatabaseConnectArn"), sid="LogIn")


def _read_pipeline_object() -> Any:
    return allow(
        ["s3:GetObject"], sub("arn:${AWS::Partition}:s3:::${ConfigurationObject}"), sid="ReadPipelineObject"
    )


def _read_pipeline_parameter() -> Any:
    arn = sub(
        "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${ConfigurationParameter}"
    )
    return allow(["ssm:GetParameter"], arn, sid="ReadPipelineParameter")
