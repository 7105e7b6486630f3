"""`loadstone destroy`: says what would go and what would stay, and wants to hear the stack's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loadstone.cli.deploy import region_option, show_event, stack_option
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say, table_lines, visible
from loadstone.errors import UsageError

if TYPE_CHECKING:
    from loadstone.deploy.destruction import Destruction

__all__ = ["destroy"]

_EXAMPLES = """\b
Examples:
  loadstone destroy                           the pipeline; its bucket stays
  loadstone destroy --stack network-database  a final snapshot of the database stays
  loadstone destroy --delete-data             the objects go for good, too
"""

_BECOMES = {
    "deleted": "deleted",
    "kept": "KEPT, with all that is in it",
    "snapshot": "deleted; a final SNAPSHOT keeps its data",
}


@click.command(epilog=_EXAMPLES)
@stack_option()
@click.option("--name", metavar="NAME", help="The stack's name (default: loadstone-pipeline, ...).")
@region_option()
@click.option(
    "--keep-data/--delete-data",
    default=True,
    help="Keep the bucket and the database's data (the default), or delete them for good.",
)
@click.option("--confirm", metavar="NAME", help="The stack's name, instead of being asked for it.")
@everywhere
def destroy(
    settings: Settings, stack: str, name: str | None, region: str | None, keep_data: bool, confirm: str | None
) -> None:
    """Take a stack on AWS away.

    The bucket stays, with its objects, and the database's data stay as a final snapshot, unless --delete-data
    says otherwise: a database cannot outlive the network that it stands in. What was brought along is never
    touched. Rows in the database are no part of the pipeline stack.
    """
    from loadstone.deploy.aws import aws_session  # noqa: PLC0415 - `--help` need not wait for it
    from loadstone.deploy.destruction import Destruction  # noqa: PLC0415
    from loadstone.deploy.stack import Stack  # noqa: PLC0415

    session = aws_session(region)
    target = Stack(session, name or f"loadstone-{stack}")
    target.outputs()  # says so where there is no such stack
    destruction = Destruction(session, target, delete_data=not keep_data)
    if not settings.json:
        _show(destruction, target.name, session.region_name)
    typed = confirm or click.prompt("The stack's name, to go ahead", default="", show_default=False, err=True)
    if typed != target.name:
        raise UsageError(f"{typed!r} is not the stack's name; nothing was deleted")
    for event in destruction.carry_out():
        if not settings.quiet:
            show_event(event)
    if settings.json:
        listed = [
            {
                "name": one.resource.name,
                "type": one.resource.kind,
                "id": one.resource.identity,
                "becomes": one.becomes,
            }
            for one in destruction.fates
        ]
        emit_json({"stack": target.name, "destroyed": True, "resources": listed})
    elif not settings.quiet:
        say(f"{visible(target.name)} is gone")


def _show(destruction: Destruction, name: str, region: str) -> None:
    emit(f"{visible(name)} in {region} would go:")
    fates = destruction.fates
    lines = table_lines(
        ("resource", "type", "is", "becomes"),
        [
            (one.resource.name, one.resource.kind, one.resource.identity, _BECOMES[one.becomes])
            for one in fates
        ],
    )
    emit(lines[0])
    for line, fate in zip(lines[1:], fates, strict=True):
        loses = fate.is_data and fate.becomes == "deleted"
        emit(line, fg="red" if loses else "green" if fate.becomes != "deleted" else None, bold=loses)
    if any(one.is_data and one.becomes == "deleted" for one in fates):
        emit(
            "DATA WOULD BE DELETED, with every version of every object; nothing brings them back",
            fg="red",
            bold=True,
        )
