"""`loadstone doctor`."""

from __future__ import annotations

import os
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from loadstone.cli.failures import EXIT_FAILED
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, terminal_width, visible

if TYPE_CHECKING:
    from loadstone.wiring.check import Check

__all__ = ["doctor"]

_EXAMPLES = """\b
Examples:
  loadstone doctor
  loadstone doctor -f s3://acme-config/pipeline.yaml --to secretsmanager://prod/loader
  loadstone doctor --queue https://sqs.eu-central-1.amazonaws.com/123456789012/landing
  loadstone doctor --stack-name loadstone-pipeline
  loadstone doctor --json | jq '.checks[] | select(.state == "failed")'
"""

_COLOURS = {"ok": "green", "failed": "red", "skipped": "bright_black"}
_STATE_WIDTH = len("skipped")
_NAME_WIDTH = 21
_INDENT = " " * (_STATE_WIDTH + _NAME_WIDTH + 4)
#: Where lines are not broken to fit a terminal that is narrower.
_NARROWEST = 72


@click.command(epilog=_EXAMPLES)
@click.option(
    "--queue",
    metavar="URL",
    envvar="LOADSTONE_QUEUE_URL",
    help="The queue that events come to (or LOADSTONE_QUEUE_URL).",
)
@click.option(
    "--topic",
    metavar="ARN",
    envvar="LOADSTONE_TOPIC_ARN",
    help="The topic that is told of loads (or LOADSTONE_TOPIC_ARN).",
)
@click.option(
    "--function",
    metavar="NAME",
    envvar="LOADSTONE_FUNCTION",
    help="The Lambda function that loads (or LOADSTONE_FUNCTION).",
)
@click.option("--stack-name", metavar="NAME", help="The stack that made them, which knows their names.")
@everywhere
def doctor(
    settings: Settings, queue: str | None, topic: str | None, function: str | None, stack_name: str | None
) -> int:
    """Look at everything that loading needs, and say what is wrong and what to do about it.

    Configuration, credentials, bucket, queue, dead letters, the function, its version and what calls it,
    topic, database, schema, privileges, clocks, the last event, and each dataset's last load: one line each,
    ok, failed or skipped. Nothing is changed. The exit status is 1 where a check failed.
    """
    from loadstone.wiring.doctor import Asked, examinations  # noqa: PLC0415 - brings psycopg

    asked = Asked(
        settings.pipeline_file, settings.to, queue or None, topic or None, function or None, stack_name
    )
    found = []
    for check in examinations(asked, os.environ):
        found.append(check)
        if settings.json or (settings.quiet and check.state != "failed"):
            continue
        for line in _lines(check):
            emit(line)
    counts = Counter[str](check.state for check in found)
    if settings.json:
        states = {state: counts[state] for state in _COLOURS}
        emit_json({**states, "checks": [_document(check) for check in found]})
    elif not settings.quiet:
        emit()
        emit(", ".join(f"{counts[state]:,} {state}" for state in _COLOURS if counts[state]))
    return EXIT_FAILED if counts["failed"] else 0


def _lines(check: Check) -> Iterator[str]:
    """The check, broken to fit the terminal, and what to do about it below."""
    state = click.style(
        check.state.ljust(_STATE_WIDTH), fg=_COLOURS[check.state], bold=check.state == "failed"
    )
    name = visible(check.name).ljust(_NAME_WIDTH)
    first, *others = _broken(check.what) or [""]
    yield f"{state}  {name}  {first}".rstrip()
    for line in others:
        yield _INDENT + line
    if check.hint:
        mark, *rest = _broken("-> " + check.hint)
        yield _INDENT + click.style(mark, fg="cyan")
        for line in rest:
            yield _INDENT + "   " + click.style(line, fg="cyan")


def _broken(text: str) -> list[str]:
    width = terminal_width(sys.stdout)
    lines = visible(text, lines=True).splitlines()
    if width is None:
        return [" ".join(line.strip() for line in lines)] if lines else []
    room = max(width, _NARROWEST) - len(_INDENT) - 3
    return [
        part
        for line in lines
        for part in textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False)
    ]


def _document(check: Check) -> dict[str, str | None]:
    return {"name": check.name, "state": check.state, "what": check.what, "hint": check.hint}
