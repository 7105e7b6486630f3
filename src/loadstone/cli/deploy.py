"""`loadstone template` and `loadstone deploy`: a stack on AWS, from what is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.figures import count
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say, table_lines, visible

if TYPE_CHECKING:
    from loadstone.deploy.stack import Change, Stack, StackEvent

__all__ = ["deploy", "region_option", "show_event", "stack_option", "template"]

_STACKS = ("pipeline", "network-database")
_COLOURS = {"add": "green", "modify": "yellow", "replace": "red", "remove": "red"}

_TEMPLATE_EXAMPLES = """\b
Examples:
  loadstone template --out pipeline.yaml
  loadstone template --stack network-database
"""

_DEPLOY_EXAMPLES = """\b
Examples:
  loadstone deploy --stack network-database
  loadstone deploy --image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/loadstone@sha256:... \\
      --network loadstone-network-database
  loadstone deploy -p MaximumConcurrentLoads=16       change one parameter, keep the others
"""


def stack_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--stack`, the same for every command."""
    return click.option(
        "--stack",
        type=click.Choice(_STACKS),
        default="pipeline",
        show_default=True,
        help="Which of the stacks.",
    )


def region_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--region`, the same for every command."""
    return click.option(
        "--region", metavar="REGION", help="The AWS region (default: AWS_REGION, the profile's)."
    )


@click.command(epilog=_TEMPLATE_EXAMPLES)
@stack_option()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there."
)
@everywhere
def template(settings: Settings, stack: str, out: Path | None) -> None:
    """Print a CloudFormation template, for the console, the AWS command line, or your own tools.

    It needs nothing else: no CDK, no Node, no bucket.
    """
    from loadstone.deploy.committed import template_text  # noqa: PLC0415 - `--help` need not wait for it

    text = template_text(stack)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if settings.json:
        emit_json({"stack": stack, "file": str(out) if out else None, "template": None if out else text})
    elif out is None:
        click.echo(text, nl=False)
    elif not settings.quiet:
        say(f"{visible(str(out))}: the {stack} template")


@click.command(epilog=_DEPLOY_EXAMPLES)
@stack_option()
@click.option("--name", metavar="NAME", help="The stack's name (default: loadstone-pipeline, ...).")
@click.option("--image", metavar="URI", help="The container image, by its digest: the parameter ImageUri.")
@click.option("--network", metavar="NAME", help="The network-database stack to take parameters from.")
@click.option(
    "-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help="A parameter; may be repeated."
)
@click.option(
    "--parameters",
    "parameter_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Parameters as YAML or JSON; options go before it.",
)
@region_option()
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@everywhere
def deploy(
    settings: Settings,
    stack: str,
    name: str | None,
    image: str | None,
    network: str | None,
    options: tuple[str, ...],
    parameter_file: Path | None,
    region: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Make a stack on AWS, or change the one that is there: shows what would change, asks, and follows along.

    Parameters that are not named keep their values, or take the template's defaults. A deployment that fails
    goes back to what was there before.
    """
    from loadstone.deploy import parameters  # noqa: PLC0415 - `--help` need not wait for it
    from loadstone.deploy.aws import aws_session  # noqa: PLC0415
    from loadstone.deploy.committed import template_text  # noqa: PLC0415
    from loadstone.deploy.stack import Stack  # noqa: PLC0415

    session = aws_session(region)
    target = Stack(session, name or f"loadstone-{stack}")
    given: dict[str, str] = {}
    if network is not None:
        given |= parameters.from_outputs(Stack(session, network).outputs(), stack)
    if parameter_file is not None:
        given |= parameters.from_file(parameter_file)
    given |= parameters.from_options(options)
    if image is not None:
        given["ImageUri"] = image
    is_new = target.description() is None
    changes = target.prepare(template_text(stack), parameters.checked(given, stack, is_new=is_new))
    steps: list[StackEvent] = []
    if changes and not settings.json:
        _show_changes(changes, target.name, region=session.region_name, is_new=is_new)
    if not changes:
        say("nothing to change") if not settings.quiet else None
    elif dry_run or not (yes or click.confirm("Go ahead?", err=True)):
        target.discard()
    else:
        steps = _carry_out(target, settings)
    _report(target, changes, settings, deployed=bool(steps) or not changes)


def _show_changes(changes: list[Change], name: str, *, region: str, is_new: bool) -> None:
    verb = "would be made" if is_new else "would change"
    emit(f"{visible(name)} in {region} {verb}: {count(len(changes), 'resource')}")
    lines = table_lines(
        ("", "resource", "type", "is"),
        [(one.action, one.name, one.kind, one.identity or "") for one in changes],
    )
    emit(lines[0])
    for line, change in zip(lines[1:], changes, strict=True):
        emit(line, fg=_COLOURS.get(change.action))


def _carry_out(target: Stack, settings: Settings) -> list[StackEvent]:
    steps = []
    for event in target.execute():
        steps.append(event)
        if not settings.quiet:
            show_event(event)
    return steps


def show_event(event: StackEvent) -> None:
    """A line of progress."""
    line = f"{event.at:%H:%M:%S}  {event.status:<28}  {event.kind:<34}  {event.name}"
    if event.reason:
        line += f"  {event.reason}"
    say(visible(line), fg="red" if event.failed else None)


def _report(target: Stack, changes: list[Change], settings: Settings, *, deployed: bool) -> None:
    outputs = target.outputs() if deployed else {}
    if settings.json:
        listed = [
            {"action": one.action, "name": one.name, "type": one.kind, "id": one.identity} for one in changes
        ]
        emit_json({"stack": target.name, "deployed": deployed, "changes": listed, "outputs": outputs})
        return
    for line in table_lines(("output", ""), sorted(outputs.items()))[1:]:
        emit(line)
