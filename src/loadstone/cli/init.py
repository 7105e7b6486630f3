"""`loadstone init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loadstone.cli.figures import count
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, hint_line, note_line, table_lines
from loadstone.errors import UsageError

if TYPE_CHECKING:
    from loadstone.wiring.survey import Survey

__all__ = ["init"]

_EXAMPLES = """\b
Examples:
  loadstone init data/                     the files of a folder, by dataset
  loadstone init 'landing/orders_*.csv'
  loadstone init s3://acme-landing/2026/ -f acme.yaml
  loadstone init data/ --stdout | less
"""


@click.command(epilog=_EXAMPLES)
@click.argument("where", metavar="[PATH_OR_URI]", default=".")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the file instead of writing it.")
@everywhere
def init(settings: Settings, where: str, force: bool, to_stdout: bool) -> None:
    """Look at files and write a pipeline.yaml for them, with the reason for every choice as a comment.

    Files are grouped into datasets by what their names have in common: orders_20230510.csv belongs to
    orders_*.csv. Of each dataset up to three files are looked at. Without PATH_OR_URI, the current folder.
    """
    from loadstone.wiring.drafting import written  # noqa: PLC0415
    from loadstone.wiring.survey import survey  # noqa: PLC0415 - brings the readers

    if isinstance(settings.file, str):
        raise UsageError("init writes a file", where=settings.file, hint="--stdout prints it")
    target = settings.file or Path("pipeline.yaml")
    if target.exists() and not force and not to_stdout:
        hint = "--force writes over it, --stdout prints the new one, --file names another"
        raise UsageError("the file is there already", where=str(target), hint=hint)
    found = survey(where)
    text = written(found, target)
    if not to_stdout:
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(target)
    if settings.json:
        emit_json({"file": None if to_stdout else str(target), "text": text, "datasets": _document(found)})
    elif to_stdout:
        emit(text.rstrip("\n"))
    else:
        _report(found, target, settings)


def _report(found: Survey, target: Path, settings: Settings) -> None:
    rows = [
        (
            one.group.name,
            one.group.pattern,
            f"{len(one.group.keys):,}",
            f"{len(one.columns):,}",
            f"cannot be read: {one.error}"
            if one.error
            else f"merge by {one.key[0]}"
            if one.key
            else "append",
        )
        for one in found.datasets
    ]
    for line in table_lines(("dataset", "files", "found", "columns", "mode"), rows, right=(2, 3)):
        emit(line)
    good = sum(one.error is None for one in found.datasets)
    emit(f"{target} written: {count(good, 'dataset')}", fg="green")
    if settings.quiet:
        return
    for one in found.datasets:
        for note in one.notes:
            note_line(f"{one.group.name}: {note}")
    file = "" if target == Path("pipeline.yaml") else f" -f {target}"
    hint_line(f"look at the file, then `loadstone plan{file}`")


def _document(found: Survey) -> list[dict[str, object]]:
    return [
        {
            "name": one.group.name,
            "files": [one.group.pattern],
            "keys": list(one.group.keys),
            "key": list(one.key),
            "columns": [
                {
                    "source": c.source,
                    "name": c.name,
                    "type": c.type.sql,
                    "evidence": (one.evidence or {}).get(c.name),
                }
                for c in one.columns
            ],
            "decided": (one.dialect or {}).get("decided", {}),
            "notes": list(one.notes),
            "error": one.error,
        }
        for one in found.datasets
    ]
