"""The VPC: two isolated subnets, who may talk to whom, and what was refused."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnTag, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from loadstone.deploy.infrastructure.words import accept, allow, document, get, ref, sub, text

__all__ = ["SUBNETS", "add_network", "named"]

SUBNETS = ("SubnetA", "SubnetB")
_POSTGRES_PORT = 5432
_HTTPS = 443
_SUBNET_BITS = 8


def named(name: str) -> list[Any]:
    """The tag that the console shows as a name."""
    return [CfnTag(key="Name", value=text(sub(f"${{AWS::StackName}}-{name}")))]


def add_network(stack: Stack) -> None:
    """VPC, subnets, security groups, flow logs. There is no gateway to the internet, and no NAT."""
    ec2.CfnVPC(
        stack,
        "Vpc",
        cidr_block=text(ref("VpcCidr")),
        enable_dns_hostnames=True,
        enable_dns_support=True,
        tags=named("vpc"),
    )
    ec2.CfnRouteTable(stack, "Routes", vpc_id=text(ref("Vpc")), tags=named("routes"))
    for place, name in enumerate(SUBNETS):
        ec2.CfnSubnet(
            stack,
            name,
            vpc_id=text(ref("Vpc")),
            availability_zone=text({"Fn::Select": [place, {"Fn::GetAZs": ""}]}),
            cidr_block=text(
                {"Fn::Select": [place, {"Fn::Cidr": [get("Vpc", "CidrBlock"), len(SUBNETS), _SUBNET_BITS]}]}
            ),
            tags=named(name),
        )
        ec2.CfnSubnetRouteTableAssociation(
            stack, f"{name}Routes", subnet_id=text(ref(name)), route_table_id=text(ref("Routes"))
        )
    _add_security_groups(stack)
    _add_flow_logs(stack)


def _add_security_groups(stack: Stack) -> None:
    _security_group(stack, "ClientSecurityGroup", "loadstone: what loads")
    _security_group(stack, "DatabaseSecurityGroup", "loadstone: the database")
    _security_group(stack, "EndpointSecurityGroup", "loadstone: the endpoints")
    for name, port, what in (
        ("DatabaseSecurityGroup", _POSTGRES_PORT, "PostgreSQL"),
        ("EndpointSecurityGroup", _HTTPS, "HTTPS"),
    ):
        ec2.CfnSecurityGroupIngress(
            stack,
            f"{name}Ingress",
            description=f"{what} from what loads",
            group_id=text(get(name, "GroupId")),
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            source_security_group_id=text(get("ClientSecurityGroup", "GroupId")),
        )
        ec2.CfnSecurityGroupEgress(
            stack,
            f"ClientTo{name}",
            description=f"{what}, from what loads",
            group_id=text(get("ClientSecurityGroup", "GroupId")),
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            destination_security_group_id=text(get(name, "GroupId")),
        )
    # S3's addresses are its own, and are reached through the gateway endpoint alone: there is no other route.
    ec2.CfnSecurityGroupEgress(
        stack,
        "ClientToS3",
        description="S3 through the gateway endpoint; no other route leaves the network",
        group_id=text(get("ClientSecurityGroup", "GroupId")),
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        cidr_ip="0.0.0.0/0",
    )


def _security_group(stack: Stack, name: str, description: str) -> None:
    # Without a rule of its own EC2 would add one that lets everything out.
    nothing = ec2.CfnSecurityGroup.EgressProperty(
        ip_protocol="icmp",
        from_port=252,
        to_port=86,
        cidr_ip="255.255.255.255/32",
        description="nothing: other rules are added one by one",
    )
    ec2.CfnSecurityGroup(
        stack,
        name,
        group_description=description,
        vpc_id=text(ref("Vpc")),
        security_group_egress=[nothing],
        tags=named(name),
    )


def _add_flow_logs(stack: Stack) -> None:
    group = logs.CfnLogGroup(
        stack,
        "FlowLogs",
        log_group_name=text(sub("/loadstone/${AWS::StackName}/refused")),
        retention_in_days=30,
    )
    accept(
        group,
        CKV_AWS_158="CloudWatch Logs encrypts at rest anyway; the lines hold addresses of this network alone",
        CKV_AWS_338="what was refused a month ago helps nobody",
    )
    iam.CfnRole(
        stack,
        "FlowLogsRole",
        assume_role_policy_document=document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}},
            }
        ),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="write",
                policy_document=document(
                    allow(
                        ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                        get("FlowLogs", "Arn"),
                        sid="WriteFlowLogs",
                    )
                ),
            )
        ],
    )
    ec2.CfnFlowLog(
        stack,
        "FlowLog",
        resource_id=text(ref("Vpc")),
        resource_type="VPC",
        traffic_type="REJECT",
        log_destination_type="cloud-watch-logs",
        log_group_name=text(ref("FlowLogs")),
        deliver_logs_permission_arn=text(get("FlowLogsRole", "Arn")),
    )
