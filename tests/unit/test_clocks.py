"""A clock that jumps does no harm: what is waited for, and how old things are, no wall clock decides."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import loadstone
from fixtures.clocks import SetClock
from loadstone.platform.remembered import Remembered

ROOT = Path(loadstone.__file__).parent
WALL_CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


def wall_clocks(file: Path) -> list[str]:
    """Where a module looks at the wall clock."""
    calls = [node.func for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for call in calls
        if isinstance(call, ast.Attribute)
        and isinstance(call.value, ast.Name)
        and (call.value.id, call.attr) in WALL_CLOCKS
    ]


@pytest.mark.parametrize("package", ["executor", "postgres", "sources", "embedded", "core"])
def test_no_wall_clock_is_looked_at_where_time_decides(package: str) -> None:
    assert [place for file in (ROOT / package).rglob("*.py") for place in wall_clocks(file)] == []


def test_the_check_finds_one() -> None:
    assert wall_clocks(ROOT / "platform" / "clock.py")


def test_a_clock_that_jumps_makes_nothing_older() -> None:
    clock = SetClock()
    asked: list[str] = []
    value = Remembered(lambda: asked.append("") or str(len(asked)), seconds=300, clock=clock)
    assert value.get() == "1"
    for jump in (timedelta(days=400), timedelta(days=-900)):
        clock.time += jump
        assert value.get() == "1"
    clock.seconds = 300
    assert value.get() == "2"


def test_what_another_thread_has_renewed_is_not_asked_for_again() -> None:
    asked: list[str] = []
    value = Remembered(lambda: asked.append("") or str(len(asked)), seconds=300, clock=SetClock())
    assert value.get() == "1"
    assert value.renew("1")
    assert value.renew("1")
    assert value.get() == "2"
    assert len(asked) == 2
