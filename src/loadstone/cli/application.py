"""`loadstone` itself: which commands there are, what holds for all of them, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

import click

from loadstone import __version__
from loadstone.cli.ending import end_process
from loadstone.cli.failures import EXIT_INTERRUPTED, exit_code_of
from loadstone.cli.interrupts import interruptible
from loadstone.cli.lazy import LazyGroup
from loadstone.cli.options import EVERYWHERE

__all__ = ["main", "root"]

_EPILOG = """\b
Examples:
  loadstone demo              see it work, with nothing set up
  loadstone load data.csv     into a table named after the file
  loadstone load              everything that pipeline.yaml names

The rows go to --to, LOADSTONE_DATABASE_URL, DATABASE_URL, the pipeline's destination, else to an embedded
PostgreSQL under .loadstone/, whichever comes first.

Exit status: 0 all is loaded, 1 something failed, 2 wrong usage or configuration, 130 interrupted.
"""

_SECTIONS = {
    "Begin": {
        "demo": (
            "loadstone.cli.demo:demo",
            "Run an example on the embedded database and show what happened.",
        ),
        "generate": (
            "loadstone.cli.generate:generate",
            "Write an example's data, clean or with planted faults.",
        ),
        "init": ("loadstone.cli.init:init", "Look at files and write pipeline.yaml, with the reasons."),
        "validate": ("loadstone.cli.validate:validate", "Check pipeline.yaml and say what it will do."),
    },
    "Load": {
        "plan": ("loadstone.cli.plan:plan", "Show what load would do, and write nothing."),
        "load": ("loadstone.cli.load:load", "Load files or objects into PostgreSQL, each exactly once."),
        "run": ("loadstone.cli.run:run", "The worker: load what lands, as it lands."),
        "redrive": ("loadstone.cli.redrive:redrive", "Show dead letters, and put them back into the queue."),
        "replay": ("loadstone.cli.repair:replay", "Load an object again, or only its rejected rows."),
        "undo": ("loadstone.cli.repair:undo", "Take a load's rows out again."),
    },
    "Look": {
        "history": ("loadstone.cli.history:history", "Show what was loaded when, and how it went."),
        "rejects": ("loadstone.cli.rejects:rejects", "Show the rows that did not fit, and why."),
    },
    "Look after": {
        "doctor": ("loadstone.cli.doctor:doctor", "Look whether all that loading needs is there and right."),
        "migrate": ("loadstone.cli.database:migrate", "Make or upgrade loadstone's own tables."),
        "notify": ("loadstone.cli.notify:notify", "Send the notifications that are due."),
        "forget": ("loadstone.cli.repair:forget", "Delete what is kept of rejected rows longer than needed."),
        "db": ("loadstone.cli.database:db", "The embedded database: start, stop, url, psql."),
        "completion": ("loadstone.cli.completion:completion", "Print the completion script of a shell."),
    },
}


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"loadstone {__version__}")
        context.exit()


@click.group(
    cls=LazyGroup,
    sections=_SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[option() for option in EVERYWHERE],
    epilog=_EPILOG,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def root(**_everywhere: object) -> None:
    """Load files from folders and object storage into PostgreSQL: typed, checked, merged, exactly once."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = exit_code_of(partial(_run, arguments), "--json" in arguments)
    except KeyboardInterrupt:  # once more, while the first was told of
        code = EXIT_INTERRUPTED
    end_process(code)


def _run(arguments: Sequence[str]) -> object:
    with interruptible():
        return root.main(list(arguments), "loadstone", standalone_mode=False)
