"""How errors are told: `error: <where>: <what>`, `hint: ...`, an exit status, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from loadstone.cli.output import emit_json, error_line, hint_line
from loadstone.errors import LoadstoneError, UsageError

__all__ = ["EXIT_FAILED", "EXIT_INTERRUPTED", "EXIT_USAGE", "exit_code_of"]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def exit_code_of(run: Callable[[], Any], as_json: bool) -> int:
    """Runs a command; what it raises is told, what it returns is the exit status."""
    try:
        result = run()
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our output has enough. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except (KeyboardInterrupt, click.Abort):
        error_line("interrupted; what was not committed is undone")
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last stop before the user
        return _told(error, as_json)
    return result if isinstance(result, int) else 0


def _told(error: Exception, as_json: bool) -> int:
    if os.environ.get("LOADSTONE_DEBUG") == "1" and not isinstance(error, click.ClickException):
        import traceback  # noqa: PLC0415 - rare

        traceback.print_exception(error)
    code = EXIT_USAGE if isinstance(error, click.ClickException | UsageError) else EXIT_FAILED
    problems = [*_problems(error)]
    for problem in problems:
        error_line(problem["what"], problem["where"])
        if problem["hint"]:
            hint_line(problem["hint"])
    if as_json:
        emit_json(
            {"error": {**problems[0], "code": getattr(error, "code", "usage_error")}, "errors": problems}
        )
    return code


def _problems(error: Exception) -> list[dict[str, str | None]]:
    """What went wrong; a configuration file may hold several mistakes."""
    several = getattr(error, "problems", None)
    if isinstance(error, LoadstoneError) and several:
        file = getattr(error, "file", "")
        return [{"what": p.what, "where": p.where(file), "hint": p.hint} for p in several]
    if isinstance(error, LoadstoneError):
        return [{"what": error.what, "where": error.where, "hint": error.hint}]
    if isinstance(error, click.ClickException):
        return [_usage_problem(error)]
    if isinstance(error, OSError) and error.strerror:
        where = str(error.filename) if error.filename else None
        return [{"what": error.strerror.lower(), "where": where, "hint": None}]
    hint = "this is a fault of loadstone: please report it; LOADSTONE_DEBUG=1 shows where it happened"
    return [{"what": f"{type(error).__name__}: {error}", "where": "unexpected", "hint": hint}]


def _usage_problem(error: click.ClickException) -> dict[str, str | None]:
    context: click.Context | None = getattr(error, "ctx", None)
    message = error.format_message().rstrip(".")
    what = message[:1].lower() + message[1:]
    hint = f"see {context.command_path} --help" if context is not None else "see loadstone --help"
    return {"what": what, "where": None, "hint": hint}


def outcome_problem(error: Mapping[str, Any]) -> None:
    """Tells of an object that failed while others may not have."""
    error_line(error["error"], error["uri"])
    if error.get("hint"):
        hint_line(error["hint"])
