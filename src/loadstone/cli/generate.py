"""`loadstone generate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from loadstone.cli.figures import count, size
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, hint_line, say

if TYPE_CHECKING:
    from loadstone.examples import DataFormat, Example

__all__ = ["complete_example", "format_option", "generate", "written"]

_EXAMPLES = """\b
Examples:
  loadstone generate car-telemetry --rows 1000000 --dirty 5% --out data
  loadstone generate online-retail --format jsonl --out s3://my-bucket/landing
"""


def read_share(text: str) -> float:
    """Reads `5%` or `0.05`."""
    try:
        share = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.BadParameter(f"{text!r} is no share: write 5% or 0.05")
    return share


def complete_example(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The examples whose name begins so, for shells."""
    from loadstone.examples import EXAMPLES  # noqa: PLC0415 - brings the generators

    return [
        CompletionItem(name, help=one.title) for name, one in EXAMPLES.items() if name.startswith(incomplete)
    ]


format_option = click.option(
    "--format",
    "layout",
    type=click.Choice(["csv", "jsonl", "json", "xlsx", "parquet"]),
    default="csv",
    show_default=True,
    help="Of the files; xlsx and parquet: table-per-file alone.",
)


@click.command(epilog=_EXAMPLES)
@click.argument("name", shell_complete=complete_example)
@click.option(
    "--rows", type=click.IntRange(min=1), help="In all files together (default: the example's own)."
)
@click.option("--files", type=click.IntRange(min=1), default=1, show_default=True, help="How many files.")
@format_option
@click.option(
    "--dirty",
    type=read_share,
    default="0",
    metavar="SHARE",
    help="The share of rows with a planted fault: 5%.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same bytes.")
@click.option(
    "--out",
    metavar="FOLDER_OR_URI",
    default="data",
    show_default=True,
    help="A folder, or s3://bucket/prefix.",
)
@everywhere
def generate(settings: Settings, name: str, out: str, layout: DataFormat, **options: Any) -> None:
    """Write an example's data, clean or with planted faults, to a folder or a bucket.

    NAME is car-telemetry, online-retail or table-per-file. Beside the files stands, as NAME.faults.json, what
    was planted and what a load must give.
    """
    from loadstone import examples  # noqa: PLC0415 - brings the generators

    example = examples.get(name)
    target = out if "://" in out else Path(out)
    with written(settings) as progress:
        files = example.generate(target, format=layout, progress=progress, **options)
    if settings.json:
        found = [{"uri": file.uri, "rows": file.rows, "bytes": file.bytes} for file in files]
        emit_json({"example": name, "files": found, "pipeline": _pipeline(example)})
        return
    for file in files:
        emit(f"{file.uri}: {count(file.rows, 'row')}, {size(file.bytes)}")
    if not settings.quiet:
        hint_line(_next(example, out))


@contextmanager
def written(settings: Settings) -> Iterator[Callable[[int, int], None] | None]:
    """What a generator tells its progress to: a line for each tenth of what takes long."""
    if settings.quiet:
        yield None
        return
    told = 0

    def progress(rows: int, total: int) -> None:
        nonlocal told
        if rows - told >= max(total // 10, 1_000_000):
            told = rows
            say(f"{rows:,} of {total:,} rows written")

    yield progress


def _next(example: Example, out: str) -> str:
    source = out if "://" in out else str(Path(out).absolute())
    if example.deliveries:
        return f"loadstone load {source.rstrip('/')}/{example.deliveries[0]}/"
    return f"LOADSTONE_SOURCE={source} loadstone load -f {example.pipeline}"


def _pipeline(example: Example) -> str | None:
    return None if example.deliveries else str(example.pipeline)
