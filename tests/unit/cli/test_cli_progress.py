"""A log gets a line now and then, a terminal gets bars."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime

import pytest

from loadstone.cli.options import Settings
from loadstone.cli.progress import Bars, Lines, Silent, display_for
from loadstone.model.event import ObjectVersion
from loadstone.model.load import LoadOutcome

VERSION = ObjectVersion(
    "s3://b/day1.csv", "b", "day1.csv", None, "e", datetime(2026, 1, 1, tzinfo=UTC), 1_000_000
)
OUTCOME = LoadOutcome("loaded", VERSION.uri, "d", "t")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_sign_of_life_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    lines = Lines(clock=lambda: now)
    with lines as display:
        display.started(VERSION)
        for now in range(26):  # the clock reads it
            display.advanced(VERSION, int(now) * 20_000, int(now) * 100, 3)
        display.finished(OUTCOME)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "s3://b/day1.csv: 20% of 1.0 MB, 1,000 rows, 3 rejected, 100 rows/s, 40.0 s left",
        "s3://b/day1.csv: 40% of 1.0 MB, 2,000 rows, 3 rejected, 100 rows/s, 30.0 s left",
    ]


def test_what_is_waited_for_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for _ in range(3):
        lines.waiting("the table is busy\x1b[2J")
    lines.advanced(VERSION, 1, 1, 0)
    lines.waiting("the table is busy\x1b[2J")
    assert capsys.readouterr().err.splitlines() == ["waiting: the table is busy\\x1b[2J"] * 2


def test_bars_are_drawn_on_stderr_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with display_for(Settings()) as display:
        assert isinstance(display, Bars)
        display.started(VERSION)
        display.advanced(VERSION, 500_000, 5_000, 7)
        display.started(VERSION)  # another attempt
        display.advanced(VERSION, 1_000_000, 9_000, 7)
        with display.paused():
            terminal.write("RESULT\n")
        display.waiting("a slot")
        display.finished(OUTCOME)
    shown = terminal.getvalue()
    assert "day1.csv" in shown
    assert "7 rejected" in shown
    assert "rows/s" in shown
    assert "waiting: a slot" in shown
    assert shown.rstrip().endswith("\x1b[2K") or shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


def test_what_is_shown_fits_where_stderr_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(display_for(Settings(quiet=True)), Silent)
    assert isinstance(display_for(Settings()), Lines)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(display_for(Settings()), Lines)
