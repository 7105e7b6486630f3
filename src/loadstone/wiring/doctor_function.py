"""What `doctor` looks at in Lambda: the function, its version, and what calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loadstone import __version__
from loadstone.core.elapsed import ago
from loadstone.errors import AccessDenied
from loadstone.platform.aws_function import EventSource, FunctionFacts, event_sources, function_facts
from loadstone.wiring.check import Check, failed, ok, skipped

__all__ = ["function_checks", "source_check", "state_check", "version_check"]


def function_checks(name: str, queue: str | None) -> Iterator[Check]:
    """Whether it is there and works, of which version it is, and whether the queue's messages come to it.

    Args:
        name: of the function, or its ARN.
        queue: the URL of the queue that events come to; None for any.
    """
    facts = function_facts(name)
    yield state_check(facts)
    yield version_check(facts)
    try:
        sources = event_sources(name)
    except AccessDenied:
        yield skipped("event source", "lambda:ListEventSourceMappings is not allowed here")
    else:
        yield source_check(name, sources, queue)


def state_check(facts: FunctionFacts) -> Check:
    """Whether it can run, and its last change went well."""
    what = f"{facts.name}: {facts.state.lower()}"
    if facts.modified is not None:
        what += f", changed {ago(facts.modified, datetime.now(UTC))}"
    if facts.state == "Failed":
        return failed(
            "function",
            f"{what}: {facts.state_reason or 'no reason is given'}",
            "mend what the reason names (image, role, subnets, key), then deploy again",
        )
    if facts.update == "Failed":
        return failed(
            "function",
            f"{what}; the last change failed, and the one before still runs: {facts.update_reason}",
            "mend what the reason names, then deploy again",
        )
    if facts.state == "Inactive":
        return ok("function", what, "nothing came for weeks: the first event wakes it, and is tried again")
    return ok(
        "function", what, "it is being changed: look again in a minute" if _is_changing(facts) else None
    )


def version_check(facts: FunctionFacts) -> Check:
    """Whether it is of this program's version: an older one refuses a schema that a newer one upgraded."""
    if facts.version is None:
        return skipped(
            "function's version",
            f"it does not say ({facts.image or 'a zip'}); this program is {__version__}",
            "tag the image with its version, or the function with loadstone-version",
        )
    if facts.version == __version__:
        return ok("function's version", f"{facts.version}, as this program's")
    return ok(
        "function's version",
        f"{facts.version}; this program is {__version__}",
        "use the same version in both: the one that is behind by more than one schema is refused",
    )


def source_check(name: str, sources: list[EventSource], queue: str | None) -> Check:
    """Whether a queue's messages come to it."""
    label = "event source"
    if queue is not None:
        wanted = queue.rpartition("/")[2]
        sources = [one for one in sources if one.queue.rpartition(":")[2] == wanted]
    if not sources:
        return failed(
            label,
            "no queue's messages come to the function"
            if queue is None
            else "the queue's messages go elsewhere",
            "aws lambda create-event-source-mapping --function-response-types ReportBatchItemFailures "
            f"--function-name {name} --event-source-arn ...",
        )
    for one in sources:
        change = f"aws lambda update-event-source-mapping --uuid {one.identity}"
        if one.state.startswith("Disabl"):
            return failed(label, f"{one.queue} is turned off: its messages wait", f"{change} --enabled")
        if one.problem:
            return failed(label, f"{one.queue}: {one.problem}", "see the function's log")
        if not one.reports_failures:
            return failed(
                label,
                f"{one.queue}: one message that fails brings its whole batch again",
                f"{change} --function-response-types ReportBatchItemFailures",
            )
    return ok(label, ", ".join(f"{one.queue.rpartition(':')[2]} is {one.state.lower()}" for one in sources))


def _is_changing(facts: FunctionFacts) -> bool:
    return facts.state == "Pending" or facts.update == "InProgress"
