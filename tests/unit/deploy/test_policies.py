"""Every policy in the committed templates is parsed: who may do what, and on what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from loadstone.deploy.committed import STACKS, template_text

# What AWS allows on everything only, and why. A new line here is a decision.
ONLY_ON_EVERYTHING = {
    "ec2:CreateNetworkInterface": "Lambda checks it before it knows which interface it will make",
    "ec2:DeleteNetworkInterface": "Lambda makes the interfaces, under ids that no template can know",
    "ec2:DescribeNetworkInterfaces": "EC2 knows no resource for it",
    "ec2:DescribeSubnets": "EC2 knows no resource for it",
    "ec2:AssignPrivateIpAddresses": "Lambda makes the interfaces, under ids that no template can know",
    "ec2:UnassignPrivateIpAddresses": "Lambda makes the interfaces, under ids that no template can know",
}


def branches(value: Any) -> Iterator[Any]:
    """Both sides of every `Fn::If`."""
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        for one in value["Fn::If"][1:]:
            yield from branches(one)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documents(value: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document at any depth, with the path to it."""
    if isinstance(value, dict):
        if "Statement" in value:
            yield where, value
        for key, one in value.items():
            yield from documents(one, f"{where}/{key}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from documents(one, f"{where}/{place}")


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for stack in STACKS:
        resources = yaml.safe_load(template_text(stack))["Resources"]
        for where, document in documents(resources, stack):
            assert document["Version"] == "2012-10-17", where
            for statement in as_list(document["Statement"]):
                for one in branches(statement):
                    yield f"{where}:{one.get('Sid', '-')}", one


EVERY = list(statements())


def text_of(resource: Any) -> str:
    """A resource as text, with references left as they are written."""
    if isinstance(resource, str):
        return resource
    if "Fn::Sub" in resource:
        return str(as_list(resource["Fn::Sub"])[0])
    return str(resource)


def test_there_are_policies_to_look_at() -> None:
    kinds = {where.split("/")[1] for where, _ in EVERY}
    assert {"LoadPolicy", "BucketPolicy", "QueuePolicy", "TopicPolicy", "FlowLogsRole", "S3Endpoint"} <= kinds
    assert len(EVERY) >= 30


@pytest.mark.parametrize(("where", "statement"), EVERY, ids=[where for where, _ in EVERY])
def test_a_statement_allows_named_actions_on_named_resources(where: str, statement: dict[str, Any]) -> None:
    if statement["Effect"] == "Deny":  # the more it forbids, the better
        assert "Condition" in statement, "it would forbid everything to everybody"
        return
    assert "NotAction" not in statement
    assert "NotResource" not in statement
    actions = as_list(statement["Action"])
    for action in actions:
        assert isinstance(action, str), "actions are written out, not put together"
        assert "*" not in action, action
        assert "?" not in action, action
    if actions == ["sts:AssumeRole"]:
        assert set(statement["Principal"]) == {"Service"}
        return
    for resource in (one for each in as_list(statement["Resource"]) for one in branches(each)):
        if resource == "*":
            assert set(actions) <= set(ONLY_ON_EVERYTHING)
        elif "*" in (named := text_of(resource)):
            assert_wildcard_is_narrow(where, named)


def assert_wildcard_is_narrow(where: str, resource: str) -> None:
    """Below a bucket's prefix; for an endpoint, which only narrows what roles allow, within the account."""
    if "Endpoint/" in where:
        assert "${AWS::AccountId}" in resource or resource == "arn:${AWS::Partition}:s3:::*"
    else:
        assert resource.endswith("/${KeyPrefix}*")
        assert resource.count("*") == 1


@pytest.mark.parametrize(("where", "statement"), EVERY, ids=[where for where, _ in EVERY])
def test_nobody_outside_is_let_in(where: str, statement: dict[str, Any]) -> None:
    if statement["Effect"] == "Deny" or "Principal" not in statement:
        return
    principal = statement["Principal"]
    if statement["Action"] == "sts:AssumeRole":
        return
    conditions = str(statement["Condition"])
    if principal == {"AWS": "*"}:
        assert "aws:PrincipalAccount" in conditions, where
    else:
        assert set(principal) == {"Service"}, where
        assert "aws:SourceArn" in conditions or "aws:SourceAccount" in conditions, where


def test_the_code_in_the_function_may_not_touch_the_network() -> None:
    denied = [one for where, one in EVERY if "LoadPolicy" in where and one["Effect"] == "Deny"]
    (statement,) = denied
    assert set(statement["Action"]) == set(ONLY_ON_EVERYTHING)
    assert "lambda:SourceFunctionArn" in statement["Condition"]["ArnEquals"]


def test_the_function_writes_to_no_bucket() -> None:
    for where, statement in EVERY:
        if "LoadPolicy" in where and statement["Effect"] == "Allow":
            s3 = [action for action in as_list(statement["Action"]) if action.startswith("s3:")]
            assert set(s3) <= {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
