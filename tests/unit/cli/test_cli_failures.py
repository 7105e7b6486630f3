# ruff: noqa: E501 - messages, a line each
"""Errors are told in one voice, with an exit status, and never as a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

import click
import pytest

from loadstone.cli.failures import exit_code_of
from loadstone.config.problem import InvalidPipeline, Place, Problem
from loadstone.errors import ConnectionLost, LoadstoneError, MissingExtra, ObjectMissing


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def run() -> NoReturn:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (ObjectMissing("there is no such file", where="a.csv", hint="look"), 1, "error: a.csv: there is no such file\nhint: look\n"),
        (ConnectionLost("it is gone\x1b[2J"), 1, "error: it is gone\\x1b[2J\n"),
        (MissingExtra("the thing", "x"), 2, "error: the thing needs a package that is not installed\nhint: pip install 'loadstone[x]'\n"),
        (click.UsageError("No such thing."), 2, "error: no such thing\nhint: see loadstone --help\n"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), 1, "error: x.csv: no such file or directory\n"),
        (KeyboardInterrupt(), 130, "error: interrupted; what was not committed is undone\n"),
        (click.Abort(), 130, "error: interrupted; what was not committed is undone\n"),
        (ZeroDivisionError("oh"), 1, "error: unexpected: ZeroDivisionError: oh\nhint: this is a fault of loadstone: please report it; LOADSTONE_DEBUG=1 shows where it happened\n"),
    ],
)  # fmt: skip
def test_an_error_is_what_where_and_the_way_out(
    error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(raising(error), as_json=False) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", told)


def test_every_mistake_of_a_configuration_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [
        Problem(Place(7, 1), "b: unknown key"),
        Problem(Place(2, 3), "a: unknown key", "did you mean c?"),
    ]
    assert exit_code_of(raising(InvalidPipeline("p.yaml", problems)), as_json=False) == 2
    assert capsys.readouterr().err == (
        "error: p.yaml:2:3: a: unknown key\nhint: did you mean c?\nerror: p.yaml:7:1: b: unknown key\n"
    )


def test_with_json_the_error_is_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    error: LoadstoneError = ObjectMissing("there is no such file", where="a.csv")
    assert exit_code_of(raising(error), as_json=True) == 1
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["error"] == {
        "what": "there is no such file",
        "where": "a.csv",
        "hint": None,
        "code": "object_missing",
    }


def test_a_traceback_is_shown_to_who_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOADSTONE_DEBUG", "1")
    assert exit_code_of(raising(ZeroDivisionError("oh")), as_json=False) == 1
    assert "Traceback" in capsys.readouterr().err


def test_what_a_command_returns_is_the_exit_status() -> None:
    assert exit_code_of(lambda: 1, as_json=False) == 1
    assert exit_code_of(lambda: None, as_json=False) == 0
