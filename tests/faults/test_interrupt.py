"""Ctrl-C at any moment leaves the old rows or the new ones, no trace of the load, and is never lost."""

from __future__ import annotations

import inspect
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import pytest

import loadstone
from faults.scene import Scene
from fixtures.foreground import foreground
from fixtures.landing import Landing

pytestmark = pytest.mark.faults

OURS = str(Path(loadstone.__file__).parent)

OPTIONS: dict[str, dict[str, Any]] = {
    "append": {"mode": "append"},
    "merge": {"mode": "merge", "key": ["id"]},
    "replace": {"mode": "replace"},
    "guarded": {"mode": "append", "table": "checked"},  # its rows may be refused, so it has savepoints
}
LINES = 300


def content(seed: int) -> str:
    """A file of which each version sums up to something else; two rows are rejects."""
    rows = (f"{number},{'n/a' if number % 150 == 7 else number + seed}\n" for number in range(LINES))
    return "id,v\n" + "".join(rows)


class Points:
    """Raises Ctrl-C at a point at which Python would: a function begins, or one written in C has returned.

    Args:
        target: which one; None only counts them.
        which: of the times that it is passed.
    """

    def __init__(self, target: tuple[str, int, str] | None = None, which: int = 1) -> None:
        self.seen: Counter[tuple[str, int, str]] = Counter()
        self.has_raised = False
        self._target = target
        self._which = which

    def run(self, what: Callable[[], object]) -> object:
        """Only looks at this thread, which is the one that hears signals."""
        sys.setprofile(self._look)
        try:
            return what()
        finally:
            sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, argument: Any) -> None:
        file = frame.f_code.co_filename
        if event not in {"call", "c_return"} or not file.startswith(OURS):
            return
        if event == "call" and frame.f_code.co_flags & inspect.CO_GENERATOR:
            return  # it may be closed rather than called, and no signal is looked for then
        name = frame.f_code.co_name if event == "call" else argument.__name__
        point = file.removeprefix(OURS), frame.f_lineno, name
        self.seen[point] += 1
        if point == self._target and self.seen[point] == self._which:
            self.has_raised = True
            sys.setprofile(None)
            raise KeyboardInterrupt


@pytest.mark.parametrize("way", OPTIONS)
def test_interrupted_at_any_point_of_a_load_nothing_of_it_stays(
    way: str, tmp_path: Path, database_url: str, connection: psycopg.Connection, rounds: int
) -> None:
    connection.execute(
        "CREATE TABLE checked (id integer, v integer CHECK (v % 40 <> 3), _load_id bigint, _row bigint)"
    )
    landing = Landing(tmp_path, database_url, {"columns": {"v": {"type": "integer"}}, **OPTIONS[way]})
    landing.options["reject_limit"] = "100%"
    table = landing.options.get("table", "orders")
    landing.put_and_load(content(0))
    landing.put("day.csv", content(1))
    counted = Points()
    assert counted.run(landing.load).state == "loaded"  # type: ignore[attr-defined]
    points = sorted(counted.seen)
    moments = random.Random(way)
    # All of them are some hundreds.
    for seed, point in enumerate(moments.sample(points, max(12, 2 * rounds)), start=2):
        before = landing.rows(table=table)
        landing.put("day.csv", content(seed))
        interrupt = Points(point, moments.randint(1, counted.seen[point]))
        try:
            interrupt.run(landing.load)
        except KeyboardInterrupt:
            assert interrupt.has_raised
        else:
            assert not interrupt.has_raised, f"lost at {point}"
        is_loaded = landing.states()[-1] == "loaded*" and landing.rows(table=table) != before
        assert landing.rows(table=table) == before or is_loaded, point
        assert not [state for state in landing.states() if state not in {"loaded", "loaded*", "replaced"}], (
            point
        )
        assert _soon(lambda: not _left_behind(connection)), (point, _left_behind(connection))
        assert landing.load().state == ("skipped" if is_loaded else "loaded"), point
        rows = [row for row in _rows(seed) if way != "guarded" or row[1] % 40 != 3]
        assert landing.rows(table=table) == rows, point


def test_processes_interrupted_at_random_moments_say_so_and_undo_what_was_not_committed(
    folder: Path, database_url: str, rounds: int
) -> None:
    scene = Scene(folder, database_url)
    moments = random.Random("interrupt")
    before = scene.expected(scene.write("items.csv", seed=0))[0]
    started = time.monotonic()
    assert [outcome["state"] for outcome in scene.load("items.csv")] == ["loaded"]
    duration = time.monotonic() - started
    for seed in range(1, max(3, rounds // 2)):
        after = scene.expected(scene.write("items.csv", seed))[0]
        with foreground():
            process = scene.start("items.csv")
        # Before that Python itself may still be starting, which answers an interrupt in its own way.
        with psycopg.connect(database_url, autocommit=True) as connection:
            while process.poll() is None and not _left_behind(connection):
                pass
        try:
            process.wait(timeout=moments.uniform(0, 0.7) * duration)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        with psycopg.connect(database_url, autocommit=True) as connection:
            rows = scene.table(connection)
            states = {state for (state,) in connection.execute("SELECT state FROM loadstone.loads")}
        assert rows in (sorted(before), sorted(after)), "half a load is visible"
        assert states <= {"loaded", "replaced"}, states
        # By the signal itself only where it came when Python was ending and all was told.
        assert process.returncode in {0, 130} or (process.returncode == -signal.SIGINT and out), err
        # As Python ends, what measures the tests' coverage writes its data: that is none of ours.
        if "coverage" not in err:
            assert "Traceback" not in err
            assert "ignored" not in err
        (outcome,) = scene.load("items.csv")
        assert outcome["state"] in {"loaded", "skipped"}, outcome
        scene.verify("items.csv")
        before = after


def _rows(seed: int) -> list[tuple[int, int]]:
    return [(number, number + seed) for number in range(LINES) if number % 150 != 7]


def _left_behind(connection: psycopg.Connection) -> list[object]:
    """Threads and connections of a load."""
    threads = [t.name for t in threading.enumerate() if t.name.startswith(("loadstone-", "heartbeat-"))]
    open_ones = connection.execute(
        "SELECT state, query FROM pg_stat_activity"
        " WHERE application_name = 'loadstone' AND datname = current_database()"
    ).fetchall()
    return [*threads, *open_ones]


def _soon(is_so: Callable[[], bool]) -> bool:
    """Whether it comes true: a connection's server process ends a moment after it."""
    deadline = time.monotonic() + 10
    while not is_so():
        if time.monotonic() > deadline:
            return False
    return True
