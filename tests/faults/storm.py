"""A storm: objects put, overwritten and deleted, their events twice, late or out of order, workers killed,
the database restarted under them. What must come of it is what the bucket holds in the end, row for row.

Seeded: the same number makes the same objects, the same events in the same order, and the same kills at the
same steps; what the workers have reached by then is the machine's affair.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any, Literal

import psycopg

from fixtures.commandline import CommandLine
from fixtures.queues import EventQueue
from fixtures.workers import eventually
from loadstone.embedded import EmbeddedServer

__all__ = ["PIPELINE", "Report", "Storm"]

PIPELINE = """
name: storm
source: {source}
limits: {{attempts: 10, wait_for_slot: 120, max_concurrent_loads: 8}}
datasets:
  items:
    files: ["**/*.csv"]
    table: public.items
    on_delete: remove_rows
    columns:
      object: {{type: text, required: true}}
      version: {{type: integer, required: true}}
      id: {{type: integer, required: true}}
"""

_ROWS = 20
_OVERWRITTEN, _DELETED, _DUPLICATE, _LATE = 0.2, 0.1, 0.2, 0.2
#: How many steps later an event comes that is out of order.
_FARTHEST = 40


@dataclass(frozen=True)
class Step:
    """Something that happens to a key, or an event of what happened before."""

    what: Literal["put", "delete", "event"]
    key: str
    version: int
    is_late: bool = False


@dataclass(frozen=True)
class Report:
    """How it went.

    Attributes:
        objects: that were put.
        events: that were sent.
        kills: of workers.
        restarts: of the database.
        seconds: from the first put until the last message was done.
        latencies: from put to commit, in seconds, of what the tables hold in the end; without those whose
            event was held back on purpose.
    """

    objects: int
    events: int
    kills: int
    restarts: int
    seconds: float
    latencies: list[float]

    def __str__(self) -> str:
        percentiles = quantiles(self.latencies, n=100, method="inclusive")
        return (
            f"{self.objects:,} objects, {self.events:,} events, {self.kills} workers killed, "
            f"{self.restarts} restarts of PostgreSQL: {self.seconds:.0f} s, "
            f"{self.events / self.seconds:.1f} events/s; put to commit p50 {percentiles[49]:.2f} s, "
            f"p99 {percentiles[98]:.2f} s"
        )


@dataclass
class Storm:
    """One storm.

    Attributes:
        shell: where pipeline.yaml is, with the variables that the workers need.
        queue: of the bucket's events.
        server: PostgreSQL, which is restarted.
        objects: how many.
        seed: of everything.
        workers: processes.
        kill_every: steps between two kills.
        pace: seconds between two steps; 0 for as fast as it goes.
    """

    shell: CommandLine
    queue: EventQueue
    server: EmbeddedServer
    objects: int
    seed: int = 0
    workers: int = 4
    kill_every: int = 100
    pace: float = 0.0
    _put_at: dict[tuple[str, int], datetime] = field(default_factory=dict)
    _late: set[tuple[str, int]] = field(default_factory=set)
    _told: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    _events: int = 0

    def run(self) -> Report:
        """All of it, until nothing is left in the queue."""
        (self.shell.folder / "pipeline.yaml").write_text(PIPELINE.format(source=self.queue.bucket.uri()))
        steps = list(self._steps())
        restarts = {len(steps) // 3, 2 * len(steps) // 3}
        kills, chance = range(self.kill_every, len(steps), self.kill_every), random.Random(self.seed)
        fleet = [self._worker() for _ in range(self.workers)]
        started = time.monotonic()
        try:
            for number, step in enumerate(steps):
                if number in restarts:
                    self.server.restart()
                if number in kills:
                    self._kill_one(fleet, chance)
                self._do(step)
                time.sleep(self.pace)
            eventually(lambda: self.queue.counts() == (0, 0), "the queue's being empty", seconds=600)
            seconds = time.monotonic() - started
        finally:
            for worker in fleet:
                worker.kill()
                worker.communicate()
        return Report(self.objects, self._events, len(kills), len(restarts), seconds, self._latencies())

    def verify(self) -> None:
        """The table equals the bucket; the ledger has one current load for each object; no letter is dead."""
        expected = sorted(row for body in self._bodies() for row in _rows(body))
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            found = connection.execute("SELECT object, version, id FROM items ORDER BY 1, 2, 3").fetchall()
            current = connection.execute(
                "SELECT count(*), count(DISTINCT key) FROM loadstone.loads"
                " WHERE is_current AND state = 'loaded'"
            ).fetchone()
        assert found == expected, _difference(found, expected)
        assert current == (len(expected) // _ROWS,) * 2
        reasons = [letter.get("loadstone.reason", "none") for letter in self.queue.dead_letters()]
        assert not reasons, f"dead letters: {reasons}"

    def _steps(self) -> Iterator[Step]:
        """What happens, in order."""
        chance = random.Random(self.seed)
        todo: list[Step] = []
        for number in range(self.objects):
            key = f"part {number % 7}/object-{number:05}.csv"
            todo.append(Step("put", key, 1))
        for step in list(todo):
            version = 1
            at = todo.index(step)
            while chance.random() < _OVERWRITTEN:
                version += 1
                at = min(len(todo), at + chance.randrange(1, 200))
                todo.insert(at, Step("put", step.key, version))
            if chance.random() < _DELETED:
                version += 1
                at = min(len(todo), at + chance.randrange(1, 200))
                todo.insert(at, Step("delete", step.key, version))
        later: dict[int, list[Step]] = defaultdict(list)
        for number, step in enumerate(todo):
            yield step
            is_late = chance.random() < _LATE
            event = Step("event", step.key, step.version, is_late)
            later[number + (chance.randrange(1, _FARTHEST) if is_late else 0)].append(event)
            if chance.random() < _DUPLICATE:
                later[number + chance.randrange(0, _FARTHEST)].append(Step("event", step.key, step.version))
            yield from later.pop(number, [])
        for number in sorted(later):
            yield from later[number]

    def _do(self, step: Step) -> None:
        what = (step.key, step.version)
        if step.what == "put":
            self._put_at[what] = datetime.now(UTC)
            self._told[what] = self.queue.event(step.key)
            rows = "".join(f"{step.key},{step.version},{n}\n" for n in range(_ROWS))
            self.queue.bucket.put(step.key, "object,version,id\n" + rows)
        elif step.what == "delete":
            self._told[what] = self.queue.event(step.key, "Deleted")
            self.queue.bucket.delete(step.key)
        else:
            if step.is_late:
                self._late.add(what)
            self._events += 1
            self.queue.send(self._told[what])

    def _worker(self) -> subprocess.Popen[str]:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return self.shell.start("run", "--concurrency", 2, "--quiet", **quiet)

    def _kill_one(self, fleet: list[subprocess.Popen[str]], chance: random.Random) -> None:
        """A worker dies while messages are being worked on, and another one begins."""
        eventually(lambda: self.queue.counts()[1] > 0 or self.queue.counts() == (0, 0), "a load's beginning")
        place = chance.randrange(len(fleet))
        fleet[place].kill()
        fleet[place].communicate()
        fleet[place] = self._worker()

    def _bodies(self) -> Iterator[str]:
        bucket = self.queue.bucket
        for page in bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name):
            for found in page.get("Contents", ()):
                with suppress(KeyError):
                    body = bucket.client.get_object(Bucket=bucket.name, Key=found["Key"])["Body"]
                    yield body.read().decode()

    def _latencies(self) -> list[float]:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT DISTINCT i.object, i.version, l.finished_at FROM items i JOIN loadstone.loads l"
                " ON l.load_id = i._load_id"
            ).fetchall()
        return [
            (finished - self._put_at[key, version]).total_seconds()
            for key, version, finished in found
            if (key, version) not in self._late
        ]


def _rows(body: str) -> Iterator[tuple[str, int, int]]:
    for line in body.splitlines()[1:]:
        key, version, number = line.split(",")
        yield key, int(version), int(number)


def _difference(found: list[Any], expected: list[Any]) -> str:
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    objects = sorted({row[:2] for row in missing}), sorted({row[:2] for row in extra})
    return f"{len(found)} rows, {len(expected)} expected; missing {objects[0][:5]}, too many {objects[1][:5]}"
