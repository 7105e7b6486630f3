"""`loadstone redrive`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.figures import count
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say, table_lines, terminal_width
from loadstone.core.elapsed import ago

if TYPE_CHECKING:
    from loadstone.wiring.redrive import DeadLetter

__all__ = ["redrive"]

_COLUMNS = ("when", "tries", "code", "object", "reason")
_RIGHT = (1,)

_EXAMPLES = """\b
Examples:
  loadstone redrive --dry-run                       what is in the dead letters, and why
  loadstone redrive                                 all of it goes back into the queue
  loadstone redrive --limit 1                       one, to see whether it loads now
  loadstone redrive --dead-letters URL --json | jq '.letters[].reason'
"""


@click.command(epilog=_EXAMPLES)
@click.option("--dead-letters", metavar="URL", help="The dead-letter queue (default: the queue's own).")
@click.option("--queue", metavar="URL", help="The queue that they go back to (or LOADSTONE_QUEUE_URL).")
@click.option("--limit", type=click.IntRange(min=1), help="How many at most.")
@click.option("--dry-run", is_flag=True, help="Only show what is there.")
@everywhere
def redrive(
    settings: Settings, dead_letters: str | None, queue: str | None, limit: int | None, dry_run: bool
) -> None:
    """Show dead letters, and put them back into the queue.

    Each is sent to the queue first and deleted from the dead letters after: interrupted in between, it is
    there twice, and is loaded once. What fails again while this runs stays in the dead letters.
    """
    from loadstone.wiring.redrive import open_redrive  # noqa: PLC0415 - `--help` need not wait for it

    found = []
    for letter in open_redrive(dead_letters, queue, only_look=dry_run).run(limit=limit):
        found.append(letter)
        if settings.verbose:
            say(f"{'found' if dry_run else 'put back'} {letter.uri or letter.message.id}")
    if settings.json:
        emit_json({"redriven": not dry_run, "letters": [_as_json(letter) for letter in found]})
        return
    if not found:
        say("there are no dead letters")
        return
    now = datetime.now(UTC)
    for line in table_lines(
        _COLUMNS, [_row(letter, now) for letter in found], right=_RIGHT, width=terminal_width(sys.stdout)
    ):
        emit(line)
    if not settings.quiet:
        say(f"{count(len(found), 'dead letter')}{'' if dry_run else ' put back'}")


def _row(letter: DeadLetter, now: datetime) -> tuple[str, ...]:
    return (
        ago(letter.refused_at, now),
        "-" if letter.received is None else f"{letter.received:,}",
        letter.code or "-",
        letter.uri or f"message {letter.message.id}",
        letter.reason or "received too often: see `loadstone history`",
    )


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "message_id": letter.message.id,
        "code": letter.code,
        "reason": letter.reason,
        "uri": letter.uri,
        "load_id": letter.load_id,
        "refused_at": letter.refused_at.isoformat(),
        "receive_count": letter.received,
        "body": letter.message.body,
    }
