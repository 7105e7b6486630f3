"""A clock that jumps does no harm: what is waited for, and how old things are, no wall clock decides."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

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


#: What loads nothing of anybody's.
NO_LOADS = {"emulated", "examples"}
#: Where one is looked at, and why nothing is given up, taken over or deleted by it.
ALLOWED = {
    "cli/history.py": "shows how long ago something was",
    "cli/redrive.py": "the same",
    "deploy/stack.py": "a name that nothing else has",
    "platform/aws.py": "credentials run out by the clock that signs with them",
    "platform/aws_facts.py": "what `doctor` asks CloudWatch for",
    "platform/clock.py": "the clock itself",
    "triggers/sqs.py": "for a server that does not tell its own time",
    "wiring/doctor_aws.py": "compares the clocks",
    "wiring/doctor_database.py": "the same",
    "wiring/doctor_function.py": "shows how long ago something was",
    "wiring/emulated_cloud.py": "measures a demonstration, and starts it",
    "wiring/lambda_function.py": "a metric",
}


def test_no_wall_clock_is_looked_at_where_time_decides() -> None:
    files = [file for file in ROOT.rglob("*.py") if file.relative_to(ROOT).parts[0] not in NO_LOADS]
    places = [place for file in files for place in wall_clocks(file)]
    assert [place for place in places if place.rpartition(":")[0] not in ALLOWED] == []


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
