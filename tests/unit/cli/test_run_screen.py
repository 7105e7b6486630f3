"""What a worker shows: a line for each load, and on a terminal one that says how things stand."""

from __future__ import annotations

import json

import pytest

from loadstone.cli.options import Settings
from loadstone.cli.run_screen import RunScreen
from loadstone.model.load import Counts, LoadOutcome
from loadstone.ports import Refusal

_LOADED = LoadOutcome("loaded", "s3://b/day.csv", "orders", "orders", 7, Counts(read=3, inserted=3))
_SKIPPED = LoadOutcome("skipped", "s3://b/day.csv", "orders", "orders", 7)
_FAILED = LoadOutcome(
    "failed", "s3://b/e\x1b.csv", "orders", "orders", error="the file is empty", hint="mend it"
)


def test_in_a_log_there_is_a_line_for_each_load_and_none_for_events_that_came_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with RunScreen(Settings(), is_live=False) as screen:
        for outcome in (_LOADED, _SKIPPED, _FAILED):
            screen.finished(outcome, None)
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "loaded       s3://b/day.csv -> orders: 3 rows, 0.00 s, load 7",
        "failed       s3://b/e\\x1b.csv -> orders",
    ]
    assert shown.err.splitlines() == ["error: s3://b/e\\x1b.csv: the file is empty", "hint: mend it"]
    assert screen.failed == 1


def test_with_json_each_line_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    screen = RunScreen(Settings(json=True), is_live=False)
    screen.finished(_LOADED, None)
    screen.finished(_SKIPPED, None)
    assert [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()] == [
        "loaded",
        "skipped",
    ]


def test_on_a_terminal_a_line_of_figures_stays_below(capsys: pytest.CaptureFixture[str]) -> None:
    with RunScreen(Settings(), is_live=True) as screen:
        screen.finished(_LOADED, None)
        screen.finished(_SKIPPED, None)
    shown = capsys.readouterr().err
    assert "1 loaded, 1 skipped; 3 rows" in shown
    assert shown.endswith("\r\x1b[2K")


def test_what_no_load_could_tell_of_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    screen = RunScreen(Settings(), is_live=False)
    screen.refused("message 1", Refusal("event_not_understood", "the message is not JSON"))
    screen.refused("message 2", Refusal("format_error", "the file is empty", "s3://b/k", 7))
    screen.trouble("the queue does not answer")
    assert capsys.readouterr().err.splitlines() == [
        "refused      message 1: the message is not JSON",
        "note: the queue does not answer",
    ]
    assert screen.failed == 1
