"""Logs for machines: one JSON object per line, with the load that a line belongs to.

`LOADSTONE_LOG` is `json` or `text`; who has no terminal may choose json where it is not set. What cells hold
is left out of errors unless `LOADSTONE_LOG_CELLS=1`; secrets always are.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from loadstone.core.cell_content import without_cells
from loadstone.errors import ConfigurationError, LoadstoneError
from loadstone.platform.log_context import log_context
from loadstone.platform.redaction import without_secrets

__all__ = ["JsonFormatter", "TextFormatter", "configure_logs", "shows_cells"]

_VARIABLE = "LOADSTONE_LOG"
_LEVEL = "LOADSTONE_LOG_LEVEL"
_CELLS = "LOADSTONE_LOG_CELLS"
_LEVELS = ("debug", "info", "warning", "error")

# What every record has; the rest was given as `extra`.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def shows_cells(environment: Mapping[str, str]) -> bool:
    """Whether logs and notifications may show what cells hold."""
    return environment.get(_CELLS) == "1"


def configure_logs(
    environment: Mapping[str, str],
    *,
    default: Literal["json", "text"] | None = None,
    stream: TextIO | None = None,
) -> Literal["json", "text"] | None:
    """Sends loadstone's log lines to a stream, in the form that the environment asks for.

    Called again, it replaces what it had set up before (a warm Lambda, a test).

    Args:
        environment: of the process.
        default: the form where the environment asks for none; None leaves logging as it is.
        stream: where to; None for stderr.

    Returns:
        The form; None where logging was left as it is.

    Raises:
        ConfigurationError: the environment asks for something else.
    """
    form = environment.get(_VARIABLE) or default
    if form is None:
        return None
    level = environment.get(_LEVEL, "info").lower()
    if form not in {"json", "text"}:
        raise ConfigurationError(f"{form!r} is neither json nor text", where=_VARIABLE)
    if level not in _LEVELS:
        raise ConfigurationError(f"{level!r} is none of {', '.join(_LEVELS)}", where=_LEVEL)
    with_cells = shows_cells(environment)
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(with_cells) if form == "json" else TextFormatter(with_cells))
    logger = logging.getLogger("loadstone")
    for old in [one for one in logger.handlers if isinstance(one, _Handler)]:
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False  # the handlers of a host (Lambda has one) would write each line again, unmasked
    return "json" if form == "json" else "text"


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, to be found again."""


class _Formatter(logging.Formatter):
    """What both forms have in common: texts without secrets, errors without cells.

    Args:
        with_cells: leave what cells hold in errors.
    """

    def __init__(self, with_cells: bool = False) -> None:
        super().__init__()
        self._with_cells = with_cells

    def event(self, record: logging.LogRecord) -> str:
        """The line's message; errors that were given to be put into it are shown as logs show errors."""
        arguments = record.args
        if isinstance(arguments, tuple):
            arguments = tuple(self.shown(one) if isinstance(one, BaseException) else one for one in arguments)
        text = str(record.msg) % arguments if arguments else str(record.msg)
        return without_secrets(text)

    def shown(self, error: BaseException) -> str:
        """An error as logs may show it."""
        return self.safe(str(error) or type(error).__name__, getattr(error, "code", None))

    def safe(self, text: str, code: str | None) -> str:
        """An error's text as logs may show it."""
        return without_secrets(text if self._with_cells else without_cells(text, code))

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        """The load that the line belongs to, and what it was given beyond its message."""
        given = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        facts = {**log_context(), **given}
        if isinstance(error := facts.get("error"), str):
            facts["error"] = self.safe(error, facts.get("error_code"))
        return {name: self._plain(value) for name, value in facts.items() if value is not None}

    def trace(self, error: BaseException) -> str:
        """Where an error came from: files, lines, and what the errors say as logs may say it."""
        lines = []
        seen: BaseException | None = error
        while seen is not None:
            frames = traceback.extract_tb(seen.__traceback__)
            lines.append(f"{type(seen).__name__}: {self.shown(seen)}")
            lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        return "\n".join(lines)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return without_secrets(value)
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, BaseException):
            return self.shown(value)
        if isinstance(value, Mapping):
            return {str(name): self._plain(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(inner) for inner in value]
        return without_secrets(str(value))


class JsonFormatter(_Formatter):
    """`{"time": ..., "level": ..., "event": ..., "load_id": ..., "key": ..., ...}`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": self.event(record),
            "logger": record.name,
            **self.facts(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["exception"] = self.trace(error)
            if isinstance(error, LoadstoneError):
                line.setdefault("error_code", error.code)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(_Formatter):
    """`2026-11-20T06:00:00Z info load finished key=day1.csv load_id=17 ...`, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end; a trace follows on lines of its own."""
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        facts = "".join(f" {name}={value}" for name, value in self.facts(record).items())
        event = self.event(record).replace("\n", "\\n")
        line = f"{moment} {record.levelname.lower()} {event}{facts}".replace("\n", "\\n")
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + self.trace(record.exc_info[1])
        return line
