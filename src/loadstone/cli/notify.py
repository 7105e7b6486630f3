"""`loadstone notify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loadstone.cli.failures import EXIT_FAILED
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, error_line, say, visible
from loadstone.cli.session import open_workspace

if TYPE_CHECKING:
    from loadstone.executor.after_commit import Notification

__all__ = ["notify"]

_COLOURS = {"sent": "green", "failed": "red", "refused": "red", "waiting": "yellow"}

_EXAMPLES = """\b
Examples:
  loadstone notify --dry-run     what would be sent now
  */5 * * * * loadstone notify   in a crontab, where neither `loadstone run` nor Lambda does it
"""


@click.command(epilog=_EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Only show what is due.")
@everywhere
def notify(settings: Settings, dry_run: bool) -> int:
    """Send the notifications that are due: what pipeline.yaml asks for under `notify:`.

    Loads are told of as they end. This sends what could not be sent then, and looks at what nobody triggers:
    nothing was loaded by a time of day. Each notification is sent once, whoever runs this at the same time.

    The exit status is 1 if one could not be sent; the next run tries it again.
    """
    with open_workspace(settings) as workspace:
        deliveries = list(workspace.notify(dry_run=dry_run))
        asks = workspace.has_targets
    if settings.json:
        emit_json({"notifications": [delivery.as_json() for delivery in deliveries]})
    for delivery in deliveries:
        _tell(delivery, settings)
    if not deliveries and not settings.json:
        say("nothing is due" if asks else "nobody is to be told: the pipeline has no `notify:`")
    return EXIT_FAILED if any(one.state in {"failed", "refused", "waiting"} for one in deliveries) else 0


def _tell(delivery: Notification, settings: Settings) -> None:
    told = delivery.as_json()
    if delivery.error is not None:
        error_line(delivery.error, delivery.target)
    if not settings.json:
        line = (
            f"{delivery.state:<8} {delivery.notice.kind:<12} -> {delivery.target}: {visible(told['message'])}"
        )
        emit(line, fg=_COLOURS.get(delivery.state))
