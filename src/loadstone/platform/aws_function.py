"""What AWS says of a function and of what calls it, and of a stack that made both, for `doctor`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from loadstone.errors import LoadstoneError, ObjectMissing
from loadstone.platform.aws_client import aws_client, aws_errors

__all__ = ["EventSource", "FunctionFacts", "event_sources", "function_facts", "stack_outputs"]

_FEATURE = "a look at AWS"
_REGION_OF_ARN = re.compile(r"arn:[^:]+:[^:]+:([^:]+):")


class FunctionFacts(Struct, frozen=True):
    """How a function is.

    Attributes:
        name: without account and region.
        state: `Active`, `Pending`, `Inactive` (idle for weeks), `Failed`.
        state_reason: why, where it is not active.
        update: how the last change went: `Successful`, `InProgress`, `Failed`.
        update_reason: why it failed.
        modified: when it was changed last.
        version: loadstone's, as its tag or its variable `LOADSTONE_VERSION` says, or its image's tag.
        image: that it runs; None for a zip.
    """

    name: str
    state: str
    state_reason: str | None
    update: str
    update_reason: str | None
    modified: datetime | None
    version: str | None
    image: str | None


class EventSource(Struct, frozen=True):
    """What calls a function.

    Attributes:
        identity: of the mapping.
        queue: ARN of the queue.
        state: `Enabled`, `Disabled`, or on its way to one of them.
        reports_failures: whether a message that failed comes again by itself, without its whole batch.
        problem: what the last receipt went wrong with.
    """

    identity: str
    queue: str
    state: str
    reports_failures: bool
    problem: str | None


def function_facts(name: str) -> FunctionFacts:
    """Asks Lambda.

    Args:
        name: the function's, or its ARN.

    Raises:
        LoadstoneError: there is no such function, or we may not ask; see `aws_errors`.
    """
    with aws_errors(name, needs="lambda:GetFunction on the function"):
        found = _client("lambda", name).get_function(FunctionName=name)
    told: Mapping[str, Any] = found["Configuration"]
    image = (found.get("Code") or {}).get("ImageUri")
    variables = (told.get("Environment") or {}).get("Variables") or {}
    said = (found.get("Tags") or {}).get("loadstone-version") or variables.get("LOADSTONE_VERSION")
    return FunctionFacts(
        name=told["FunctionName"],
        state=told.get("State") or "Active",  # of functions that are older than states
        state_reason=told.get("StateReason"),
        update=told.get("LastUpdateStatus") or "Successful",
        update_reason=told.get("LastUpdateStatusReason"),
        modified=_moment(told.get("LastModified")),
        version=said or _version_of(image),
        image=image,
    )


def event_sources(name: str) -> list[EventSource]:
    """What calls a function from queues.

    Raises:
        LoadstoneError: we may not ask; see `aws_errors`.
    """
    client = _client("lambda", name)
    with aws_errors(name, needs="lambda:ListEventSourceMappings"):
        pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=name)
        return [_event_source(one) for page in pages for one in page["EventSourceMappings"]]


def stack_outputs(name: str) -> dict[str, str]:
    """What a stack of CloudFormation says that it has made.

    Raises:
        LoadstoneError: there is no such stack, or we may not ask; see `aws_errors`.
    """
    client = aws_client("cloudformation", feature=_FEATURE)
    try:
        with aws_errors(name, needs="cloudformation:DescribeStacks on the stack"):
            stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except LoadstoneError as error:
        if "does not exist" not in error.what:  # CloudFormation has no code of its own for it
            raise
        hint = "check its name, region and account; `loadstone deploy` tells the name"
        raise ObjectMissing("there is no such stack", where=name, hint=hint) from error
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs") or ()}


def _client(service: str, name: str) -> Any:
    found = _REGION_OF_ARN.match(name)
    return aws_client(service, region=found[1] if found else None, feature=_FEATURE)


def _event_source(told: Mapping[str, Any]) -> EventSource:
    result = told.get("LastProcessingResult") or ""
    return EventSource(
        identity=told["UUID"],
        queue=told.get("EventSourceArn") or "",
        state=told.get("State") or "Enabled",
        reports_failures="ReportBatchItemFailures" in (told.get("FunctionResponseTypes") or ()),
        problem=result if result.startswith("PROBLEM") else None,
    )


def _version_of(image: str | None) -> str | None:
    """The tag of an image, where it is a version."""
    found = re.search(r":v?(\d+\.\d+[\w.]*)$", image or "")
    return found[1] if found else None


def _moment(told: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(told) if told else None
    except ValueError:
        return None
