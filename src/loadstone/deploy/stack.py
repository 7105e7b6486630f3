"""One CloudFormation stack: what is there, what would change, changing it, and following along."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loadstone.deploy.aws import told
from loadstone.errors import DeploymentFailed

__all__ = ["Change", "Resource", "Stack", "StackEvent"]

_SECONDS_BETWEEN_LOOKS = 2.0
_BEYOND_CHANGE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
_TAG = {"Key": "made-by", "Value": "loadstone"}


@dataclass(frozen=True, slots=True)
class Change:
    """What would happen to a resource.

    Attributes:
        action: `add`, `modify`, `replace` or `remove`; `replace` where it may come to that.
        name: in the template.
        kind: such as `AWS::SQS::Queue`.
        identity: in AWS, once it is there.
    """

    action: str
    name: str
    kind: str
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What a stack has made."""

    name: str
    kind: str
    identity: str


@dataclass(frozen=True, slots=True)
class StackEvent:
    """A step of a deployment."""

    at: datetime
    name: str
    kind: str
    status: str
    reason: str | None

    @property
    def failed(self) -> bool:
        """Whether it is a failure, or follows from one."""
        return self.status.endswith("FAILED")


class Stack:
    """A stack by its name.

    Args:
        session: boto3's.
        name: the stack's.
        pause: waits between two looks, in seconds.
    """

    def __init__(self, session: Any, name: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.name = name
        self._pause = pause
        with told(name):
            self._client = session.client("cloudformation")

    def description(self) -> Mapping[str, Any] | None:
        """What CloudFormation says about it; None where there is no such stack, or only one in review."""
        from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        with told(self.name):
            try:
                found: Mapping[str, Any] = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
            except ClientError as error:
                # CloudFormation has no code of its own for it.
                if "does not exist" in str(error):
                    return None
                raise
        return None if found["StackStatus"] in {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"} else found

    def outputs(self) -> dict[str, str]:
        """Its outputs.

        Raises:
            DeploymentFailed: there is no such stack.
        """
        description = self.description()
        if description is None:
            raise DeploymentFailed("there is no such stack", where=self.name)
        return {one["OutputKey"]: one["OutputValue"] for one in description.get("Outputs") or ()}

    def prepare(self, template: str, parameters: Mapping[str, str]) -> list[Change]:
        """Makes a change set; nothing of the stack is touched. No changes: nothing to execute.

        Args:
            template: as text.
            parameters: those that change; the others stay, or take their defaults.

        Raises:
            DeploymentFailed: CloudFormation refuses the template or the parameters.
        """
        description = self.description()
        if description is not None and description["StackStatus"] in _BEYOND_CHANGE:
            raise DeploymentFailed(
                f"the stack is {description['StackStatus']} and cannot be changed",
                where=self.name,
                hint="loadstone destroy takes what is left of it away; then deploy again",
            )
        before = {one["ParameterKey"] for one in (description or {}).get("Parameters") or ()}
        known = _parameters_of(template)
        given: list[dict[str, Any]] = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ]
        given += [
            {"ParameterKey": key, "UsePreviousValue": True}
            for key in sorted(before & known - parameters.keys())
        ]
        with told(self.name):
            made = self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=f"loadstone-{datetime.now(UTC):%Y%m%dT%H%M%S%f}",
                ChangeSetType="CREATE" if description is None else "UPDATE",
                TemplateBody=template,
                Parameters=given,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Tags=[_TAG],
            )
        self._change_set: str = made["Id"]
        return self._changes()

    def _changes(self) -> list[Change]:
        while True:
            with told(self.name):
                found = self._client.describe_change_set(ChangeSetName=self._change_set)
            status, reason = found["Status"], found.get("StatusReason") or ""
            if status == "FAILED" and ("didn't contain changes" in reason or "No updates" in reason):
                self.discard()
                return []
            if status == "FAILED":
                self.discard()
                raise DeploymentFailed(reason or "the change set failed", where=self.name)
            if status == "CREATE_COMPLETE":
                break
            self._pause(_SECONDS_BETWEEN_LOOKS)
        changes = list(found["Changes"])
        while token := found.get("NextToken"):
            with told(self.name):
                found = self._client.describe_change_set(ChangeSetName=self._change_set, NextToken=token)
            changes += found["Changes"]
        return [_change(one["ResourceChange"]) for one in changes]

    def discard(self) -> None:
        """Forgets the change set; a stack that was only to be made goes with it."""
        with told(self.name):
            self._client.delete_change_set(ChangeSetName=self._change_set)
        if self.description() is None:
            with told(self.name):
                self._client.delete_stack(StackName=self.name)

    def execute(self) -> Iterator[StackEvent]:
        """Carries the change set out, and tells of each step.

        Raises:
            DeploymentFailed: the stack went back to what it was.
        """
        seen = self._seen()
        with told(self.name):
            self._client.execute_change_set(ChangeSetName=self._change_set)
        yield from self._follow(self.name, seen)

    def delete(self) -> Iterator[StackEvent]:
        """Deletes the stack, and tells of each step.

        Raises:
            DeploymentFailed: something could not be deleted.
        """
        description = self.description()
        if description is None:
            raise DeploymentFailed("there is no such stack", where=self.name)
        seen = self._seen()
        with told(self.name):
            self._client.delete_stack(StackName=self.name)
        # A deleted stack answers to its id alone.
        yield from self._follow(description["StackId"], seen)

    def resources(self) -> list[Resource]:
        """What the stack has made."""
        found: list[Resource] = []
        with told(self.name):
            for page in self._client.get_paginator("list_stack_resources").paginate(StackName=self.name):
                found += [
                    Resource(
                        one["LogicalResourceId"], one["ResourceType"], one.get("PhysicalResourceId") or ""
                    )
                    for one in page["StackResourceSummaries"]
                    if one["ResourceStatus"] != "DELETE_COMPLETE"
                ]
        return found

    def template(self) -> Mapping[str, Any]:
        """The template that the stack was made from."""
        import yaml  # noqa: PLC0415 - only where it is asked for

        with told(self.name):
            body = self._client.get_template(StackName=self.name)["TemplateBody"]
        found: Mapping[str, Any] = yaml.safe_load(body) if isinstance(body, str) else body
        return found

    def _seen(self) -> set[str]:
        return {one["EventId"] for one in self._events(self.name)} if self.description() else set()

    def _events(self, stack: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        with told(self.name):
            for page in self._client.get_paginator("describe_stack_events").paginate(StackName=stack):
                found += page["StackEvents"]
        return found

    def _follow(self, stack: str, seen: set[str]) -> Iterator[StackEvent]:
        first: StackEvent | None = None
        while True:
            with told(self.name):
                status = self._client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            for one in reversed(self._events(stack)):
                if one["EventId"] not in seen:
                    seen.add(one["EventId"])
                    event = _event(one)
                    # Others are cancelled because of the first, and say nothing about the reason.
                    first = first or (event if event.failed else None)
                    yield event
            if not status.endswith("_IN_PROGRESS"):
                break
            self._pause(_SECONDS_BETWEEN_LOOKS)
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}:
            reason = f": {first.name}: {first.reason}" if first is not None else ""
            raise DeploymentFailed(
                f"the stack ended as {status}{reason}",
                where=self.name,
                hint="docs/deploy.md has a list of symptoms; `loadstone destroy` clears a failed stack",
            )


def _parameters_of(template: str) -> set[str]:
    import yaml  # noqa: PLC0415 - only where it is asked for

    return set(yaml.safe_load(template).get("Parameters") or ())


def _change(told_change: Mapping[str, Any]) -> Change:
    action = str(told_change["Action"]).lower()
    if action == "modify" and told_change.get("Replacement") in {"True", "Conditional"}:
        action = "replace"
    return Change(
        action,
        told_change["LogicalResourceId"],
        told_change["ResourceType"],
        told_change.get("PhysicalResourceId"),
    )


def _event(one: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        one["Timestamp"],
        one["LogicalResourceId"],
        one.get("ResourceType") or "",
        one["ResourceStatus"],
        one.get("ResourceStatusReason"),
    )
