"""How what loads reaches AWS without the internet: a gateway for S3, interfaces for the rest."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from loadstone.deploy.infrastructure.network import SUBNETS
from loadstone.deploy.infrastructure.words import (
    allow,
    choose_list,
    document,
    get,
    ref,
    sub,
    text,
)

__all__ = ["add_endpoints"]

#: Endpoint -> (service, condition, actions that may pass, resources of this account).
_INTERFACES: dict[str, tuple[str, str | None, list[str], str]] = {
    "SecretsManager": ("secretsmanager", None, ["secretsmanager:GetSecretValue"], "secret:*"),
    "Sns": ("sns", None, ["sns:Publish"], "*"),
    "Sqs": (
        "sqs",
        None,
        [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:SendMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
        ],
        "*",
    ),
    "Ssm": ("ssm", "HasSsmEndpoint", ["ssm:GetParameter"], "parameter/*"),
    "Logs": ("logs", "HasLogsEndpoint", ["logs:CreateLogStream", "logs:PutLogEvents"], "log-group:*"),
}


def add_endpoints(stack: Stack) -> None:
    """Each lets pass what loadstone needs, by principals of this account."""
    ec2.CfnVPCEndpoint(
        stack,
        "S3Endpoint",
        service_name=text(sub("com.amazonaws.${AWS::Region}.s3")),
        vpc_endpoint_type="Gateway",
        vpc_id=text(ref("Vpc")),
        route_table_ids=[text(ref("Routes"))],
        policy_document=_policy(
            ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"], sub("arn:${AWS::Partition}:s3:::*")
        ),
    )
    for name, (service, condition, actions, resources) in _INTERFACES.items():
        endpoint = ec2.CfnVPCEndpoint(
            stack,
            f"{name}Endpoint" if condition is None else f"{name}InterfaceEndpoint",
            service_name=text(sub(f"com.amazonaws.${{AWS::Region}}.{service}")),
            vpc_endpoint_type="Interface",
            vpc_id=text(ref("Vpc")),
            private_dns_enabled=True,
            subnet_ids=_subnets(),
            security_group_ids=[text(get("EndpointSecurityGroup", "GroupId"))],
            policy_document=_policy(
                actions,
                sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resources}"),
            ),
        )
        if condition is not None:
            endpoint.cfn_options.condition = stack.node.find_child(condition)


def _subnets() -> Any:
    first, second = SUBNETS
    return choose_list("EndpointsInBothZones", [ref(first), ref(second)], [ref(first)])


def _policy(actions: list[str], resources: Any) -> dict[str, Any]:
    own = {"StringEquals": {"aws:PrincipalAccount": ref("AWS::AccountId")}}
    return document(allow(actions, resources, sid="OfThisAccount", conditions=own, AWS="*"))
