"""What goes to the screen: results to stdout, the rest to stderr, nothing that a terminal would obey."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import click

__all__ = [
    "emit",
    "emit_json",
    "error_line",
    "hint_line",
    "note_line",
    "say",
    "table_lines",
    "terminal_width",
    "uses_colour",
    "visible",
]

_GAP = "  "


def uses_colour(stream: TextIO) -> bool:
    """Whether colours are wanted: on a terminal, unless NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def emit(text: str = "", **style: Any) -> None:
    """A line of the result."""
    click.echo(click.style(text, **style) if style else text, color=uses_colour(sys.stdout))


def emit_json(document: Any) -> None:
    """The result as one JSON document."""
    import json  # noqa: PLC0415 - `--help` need not wait for it

    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def say(text: str, **style: Any) -> None:
    """A message: not part of the result."""
    click.echo(click.style(text, **style) if style else text, err=True, color=uses_colour(sys.stderr))


def error_line(what: str | None, where: str | None = None) -> None:
    """`error: where: what`."""
    place = f"{visible(where)}: " if where else ""
    say(click.style("error: ", fg="red", bold=True) + place + visible(what or "unknown", lines=True))


def hint_line(hint: str) -> None:
    """`hint: ...`."""
    say(click.style("hint: ", fg="cyan") + visible(hint, lines=True))


def note_line(note: str) -> None:
    """`note: ...`."""
    say(click.style("note: ", fg="yellow") + visible(note))


def visible(text: str, *, lines: bool = False) -> str:
    r"""The text with everything that a terminal would act upon written out: `\x1b`, `\n`, `\u202e`.

    Args:
        text: from a file, a database, or anywhere else.
        lines: leave line ends as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if lines and char == "\n" else _visible(char) for char in text)


def _visible(char: str) -> str:
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return char.encode("unicode_escape", "surrogatepass").decode("ascii")
    return char


def terminal_width(stream: TextIO) -> int | None:
    """Columns of the terminal; None where the stream is none, and nothing needs to be cut."""
    if not stream.isatty():
        return None
    import shutil  # noqa: PLC0415 - `--help` need not wait for it

    return shutil.get_terminal_size().columns


def table_lines(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    width: int | None = None,
) -> list[str]:
    """A table as aligned lines, the header first.

    Args:
        header: of the columns.
        rows: cells as text.
        right: positions of the columns that are aligned to the right.
        width: where lines are cut; None for nowhere.
    """
    cells = [list(header), *([visible(cell) for cell in row] for row in rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        padded = [
            " " * (widths[i] - _width(cell)) + cell if i in right else cell + " " * (widths[i] - _width(cell))
            for i, cell in enumerate(row)
        ]
        line = _GAP.join(padded).rstrip()
        lines.append(line if width is None else _cut(line, width))
    return lines


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _cut(line: str, width: int) -> str:
    if _width(line) <= width:
        return line
    while _width(line) > width - 1:
        line = line[:-1]
    return line + "…"
