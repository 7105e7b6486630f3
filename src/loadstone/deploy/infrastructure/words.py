"""CloudFormation's intrinsic functions and policies, in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, CfnCondition, CfnParameter, CfnResource, Fn, Stack, Token, Validations

__all__ = [
    "NO_VALUE",
    "accept",
    "allow",
    "choose",
    "choose_list",
    "choose_text",
    "condition",
    "deny_without_tls",
    "document",
    "excuse",
    "get",
    "group",
    "number",
    "parameter",
    "ref",
    "sub",
    "text",
]

NO_VALUE: dict[str, str] = {"Ref": "AWS::NoValue"}


def ref(name: str) -> dict[str, str]:
    """A reference within a plain document."""
    return {"Ref": name}


def get(name: str, attribute: str) -> dict[str, list[str]]:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [name, attribute]}


def sub(template: str) -> dict[str, str]:
    """A text with `${Names}` in it."""
    return {"Fn::Sub": template}


def text(value: Any) -> str:
    """A document such as `ref()` where CDK wants a text."""
    return str(Token.as_string(value))


def number(value: Any) -> Any:
    """A document such as `ref()` where CDK wants a number."""
    return Token.as_number(value)


def choose(name: str, if_true: Any, if_false: Any = None) -> Any:
    """One of two documents, by a condition; without the second, the property is left out."""
    return Fn.condition_if(name, if_true, NO_VALUE if if_false is None else if_false)


def choose_text(name: str, if_true: Any, if_false: Any = None) -> str:
    """The same, where CDK wants a text."""
    return text(choose(name, if_true, if_false))


def choose_list(name: str, if_true: Any, if_false: Any = None) -> Any:
    """The same, where CDK wants a list."""
    return Token.as_list(choose(name, if_true, if_false))


def parameter(stack: Stack, name: str, description: str, **settings: Any) -> None:
    """A parameter of the template; `default=""` makes it one that may be left empty."""
    settings.setdefault("type", "String")
    CfnParameter(stack, name, description=description, **settings)


def condition(stack: Stack, name: str, expression: Any) -> None:
    """A condition of the template."""
    CfnCondition(stack, name, expression=expression)


def group(label: str, *names: str) -> dict[str, Any]:
    """Parameters that the console shows under one heading."""
    return {"Label": {"default": label}, "Parameters": list(names)}


def allow(
    actions: Sequence[str],
    *resources: Any,
    sid: str,
    conditions: Mapping[str, Any] | None = None,
    **principal: Any,
) -> dict[str, Any]:
    """A statement that allows actions on named resources."""
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow"}
    if principal:
        statement["Principal"] = principal
    statement |= {
        "Action": list(actions),
        "Resource": list(resources) if len(resources) > 1 else resources[0],
    }
    if conditions:
        statement["Condition"] = dict(conditions)
    return statement


def deny_without_tls(service: str, *resources: Any) -> dict[str, Any]:
    """A statement of a resource's policy that refuses plain HTTP to everybody."""
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": f"{service}:*",
        "Resource": list(resources) if len(resources) > 1 else resources[0],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def document(*statements: Any) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def accept(resource: CfnResource, **reasons: str) -> None:
    """Leaves out rules of checkov for a resource, each with its reason; the template shows them."""
    skipped = [{"id": rule, "comment": reason} for rule, reason in reasons.items()]
    resource.add_metadata("checkov", {"skip": skipped})


def excuse(resource: CfnResource, reasons: Mapping[str, str]) -> None:
    """Leaves out findings of cdk-nag for a resource, each with its reason."""
    for rule, reason in reasons.items():
        Validations.of(resource).acknowledge(Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))
