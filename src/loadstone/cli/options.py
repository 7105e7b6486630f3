"""The options that every command takes, before or after its name."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

__all__ = ["EVERYWHERE", "Settings", "everywhere"]


class Settings(NamedTuple):
    """What the options that hold everywhere say.

    Attributes:
        file: the pipeline file, or the URI of one; None to look elsewhere.
        to: the database, or None to look elsewhere.
        json: one JSON document on stdout, and nothing else there.
        quiet: no progress and no notes.
        verbose: more of both.
    """

    file: Path | str | None = None
    to: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def pipeline_file(self) -> Path | str | None:
        """The pipeline to read, if any: `--file`, LOADSTONE_PIPELINE, `./pipeline.yaml` where it is there."""
        default = Path("pipeline.yaml")
        given = self.file or _located(os.environ.get("LOADSTONE_PIPELINE", ""))
        return given or (default if default.exists() else None)


class _Location(click.Path):
    """A path, or the URI of an object or a parameter, which stays as it is."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Tells the two apart."""
        return value if "://" in str(value) else super().convert(value, param, ctx)


def _located(text: str) -> Path | str | None:
    return text if "://" in text else Path(text) if text else None


def _file() -> click.Option:
    return click.Option(
        ["-f", "--file"],
        type=_Location(),
        metavar="PIPELINE",
        help="The pipeline: a file, s3://bucket/key or ssm://NAME (default: LOADSTONE_PIPELINE, then "
        "./pipeline.yaml, if it is there).",
    )


def _to() -> click.Option:
    return click.Option(
        ["--to"], metavar="URL", help="The database: postgresql://user@host/name, or secretsmanager://NAME."
    )


def _json() -> click.Option:
    return click.Option(
        ["--json"], is_flag=True, help="Print one JSON document, and nothing else, on stdout."
    )


def _quiet() -> click.Option:
    return click.Option(["-q", "--quiet"], is_flag=True, help="No progress, no notes.")


def _verbose() -> click.Option:
    return click.Option(["-v", "--verbose"], is_flag=True, help="Say more.")


#: Makers of the options: each command needs its own.
EVERYWHERE: tuple[Callable[[], click.Option], ...] = (_file, _to, _json, _quiet, _verbose)
_NAMES = ("file", "to", "json", "quiet", "verbose")


def everywhere(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options, and its function `settings` as the first argument."""

    @functools.wraps(command)
    def with_settings(**values: Any) -> Any:
        given = {name: values.pop(name) for name in _NAMES}
        before = click.get_current_context().find_root().params
        settings = Settings(**{name: given[name] or before.get(name) or given[name] for name in _NAMES})
        return command(settings, **values)

    # click reads the options that decorators leave on the function, the last one first.
    own = getattr(with_settings, "__click_params__", [])
    with_settings.__click_params__ = [*(make() for make in reversed(EVERYWHERE)), *own]  # type: ignore[attr-defined]
    return with_settings
