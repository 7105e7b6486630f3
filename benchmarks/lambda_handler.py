"""The Lambda handler: CPU of a cold start, time from event to commit while warm, peak memory on a large file.

    python -m benchmarks.lambda_handler [--events 200] [--rows 4600000] [--only cold,warm,memory]
    python -m benchmarks.lambda_handler --against ../before/src [--events 200]

Each in a process of its own, without the bootstrap, which has its tests: what is measured is the handler.
PostgreSQL is the embedded one, durable; objects come from `object_server.py`, HEAD and GET as S3 has them.
The limits are those of the project: 1.5 s CPU to the end of a first load, 500 ms at p99 for 100 kB of CSV,
160 MB for 500 MB. Fails where one is passed, and where a row is missing.

With `--against`, two warm handlers, this one and another source's, answer events in turns: their times and
their CPU, the server's with it, are compared by the ratio of their medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.database import BenchmarkDatabase, benchmark_database
from benchmarks.generate_telemetry import make
from benchmarks.machine import this_machine
from benchmarks.run import object_store

#: 100 kB of the telemetry CSV.
_SMALL_ROWS = 900
_BUCKET = "landing"
_COLD_STARTS = 5

_PIPELINE = """
source: s3://landing
datasets:
  telemetry: {files: "**/*.csv", table: telemetry}
"""

# What runs in the function's place: the handler is imported as the bootstrap would, and called for each key.
_FUNCTION = """
import json, resource, sys, time
began = time.process_time()
from loadstone.lambda_handler import handler
imported = time.process_time()

class Context:
    def get_remaining_time_in_millis(self):
        return 900_000

def event(key):
    body = {"source": "aws.s3", "detail-type": "Object Created", "detail": {
        "bucket": {"name": "landing"}, "object": {"key": key}}}
    return {"Records": [{"messageId": key, "eventSource": "aws:sqs", "body": json.dumps(body)}]}

keys = sys.argv[1:] or (line.strip() for line in sys.stdin)
taken = []
for key in keys:
    started, before = time.perf_counter(), time.process_time()
    answer = handler(event(key), Context())
    taken.append(time.perf_counter() - started)
    if not sys.argv[1:]:
        told = {"taken": taken[-1], "cpu": time.process_time() - before}
        print(json.dumps(told), file=sys.stderr, flush=True)
    assert answer == {"batchItemFailures": []}, answer
    if len(taken) == 1:
        first = time.process_time()
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"import": imported - began, "cold": first, "taken": taken, "rss": usage.ru_maxrss * 1024}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--rows", type=int, default=4_600_000, help="of the large file; 4,600,000 are 510 MB")
    parser.add_argument("--only", default="cold,warm,memory")
    parser.add_argument("--against", type=Path, help="the folder `src` of another checkout")
    options = parser.parse_args()
    wanted = options.only.split(",")
    print(this_machine())
    passed = []
    with tempfile.TemporaryDirectory(prefix="loadstone-lambda-") as name, benchmark_database() as database:
        folder = Path(name)
        (folder / "pipeline.yaml").write_text(_PIPELINE, encoding="utf-8")
        small = make(_SMALL_ROWS, ("clean.csv",)).path("clean.csv").read_bytes()
        keys = [f"small/{number}.csv" for number in range(options.events)]
        (folder / _BUCKET / "small").mkdir(parents=True)
        for key in keys:
            (folder / _BUCKET / key).write_bytes(small)
        if options.against is not None:
            _compare(database, folder, keys, options.against)
            return
        if "cold" in wanted:
            passed.append(_cold(database, folder, keys[0]))
        if "warm" in wanted:
            passed.append(_warm(database, folder, keys, len(small)))
        if "memory" in wanted:
            large = make(options.rows, ("clean.csv",)).path("clean.csv")
            (folder / _BUCKET / "large.csv").symlink_to(large)
            passed.append(_memory(database, folder, options.rows, large.stat().st_size))
    sys.exit(0 if all(passed) else 1)


def _cold(database: BenchmarkDatabase, folder: Path, key: str) -> bool:
    found = [_run(database, folder, [key], _SMALL_ROWS) for _ in range(_COLD_STARTS)]
    imported, whole = (statistics.median(one[name] for one in found) for name in ("import", "cold"))
    return _tell(
        f"cold: {imported:.2f} s CPU to import, {whole:.2f} s to the end of the first load", whole, 1.5
    )


def _warm(database: BenchmarkDatabase, folder: Path, keys: list[str], size: int) -> bool:
    taken = sorted(_run(database, folder, keys, _SMALL_ROWS * len(keys))["taken"][1:])
    p50, p99 = statistics.median(taken), taken[min(len(taken) - 1, int(0.99 * len(taken)))]
    figures = f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
    what = f"warm: {size / 1000:,.0f} kB, {len(taken):,} events: {figures}"
    return _tell(what, p99, 0.5)


def _memory(database: BenchmarkDatabase, folder: Path, rows: int, size: int) -> bool:
    found = _run(database, folder, ["large.csv"], rows)
    seconds = found["taken"][0]
    what = f"memory: {size / 1e6:,.0f} MB in {seconds:.1f} s: peak {found['rss'] / 1e6:.0f} MB"
    return _tell(what, found["rss"] / 1e6, 160)


def _run(database: BenchmarkDatabase, folder: Path, keys: list[str], rows: int) -> dict[str, Any]:
    database.prepare("telemetry", "drop schema if exists loadstone cascade")
    with object_store(folder / _BUCKET) as endpoint:
        environment = _environment(endpoint, database.url, folder)
        command = [sys.executable, "-c", _FUNCTION, *keys]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if (found := database.ask("select count(*) from telemetry")) != str(rows):
        raise SystemExit(f"{found} rows are there rather than {rows}")
    return told


def _environment(endpoint: str, database_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "LOADSTONE_DATABASE_URL": database_url,
        "LOADSTONE_PIPELINE": str(folder / "pipeline.yaml"),
    }


class _Answered(NamedTuple):
    """What an event took, in seconds."""

    wall: float
    client: float
    server: float


class _WarmHandler:
    """A handler that waits for keys; each has a pipeline of its own, so that no load is another's."""

    def __init__(self, source: Path, environment: dict[str, str], folder: Path, server: int) -> None:
        folder.mkdir()
        text = f"name: {folder.name}{_PIPELINE}".replace("table: telemetry", f"table: {folder.name}")
        (folder / "pipeline.yaml").write_text(text, encoding="utf-8")
        place = {"PYTHONPATH": str(source.resolve()), "LOADSTONE_PIPELINE": str(folder / "pipeline.yaml")}
        self._server = server
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FUNCTION],
            env={**environment, **place},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answer(self, key: str) -> _Answered:
        """Loads one object."""
        if self._process.stdin is None or self._process.stderr is None:
            raise AssertionError
        before = _tree_cpu(self._server)
        self._process.stdin.write(f"{key}\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stderr.readline())
        return _Answered(told["taken"], told["cpu"], _tree_cpu(self._server) - before)

    def end(self) -> None:
        """Lets it go."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


def _tree_cpu(process: int) -> float:
    """CPU seconds of a process, its children, and those that it has outlived."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:  # it has just ended
            continue
        fields = rest.split()
        if name.startswith(f"{process} "):
            ticks += sum(map(int, fields[11:15]))  # its own, and of the children that it waited for
        elif fields[1] == str(process):
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _compare(database: BenchmarkDatabase, folder: Path, keys: list[str], other: Path) -> None:
    here = Path(__file__).parent.parent / "src"
    checkpointer = database.ask("select pid from pg_stat_activity where backend_type = 'checkpointer'")
    server = int(Path(f"/proc/{checkpointer}/stat").read_text().rpartition(")")[2].split()[1])
    with object_store(folder / _BUCKET) as endpoint:
        environment = _environment(endpoint, database.url, folder)
        after = _WarmHandler(here, environment, folder / "this", server)
        before = _WarmHandler(other, environment, folder / "other", server)
        for handler in (before, after):
            handler.answer(keys[0])
        pairs = []
        for number, key in enumerate(keys[1:]):
            first, second = (before, after) if number % 2 else (after, before)
            one, two = first.answer(key), second.answer(key)
            pairs.append((one, two) if number % 2 else (two, one))
        before.end()
        after.end()
    for name, found in zip(("other", "this"), zip(*pairs, strict=True), strict=True):
        walls = sorted(one.wall for one in found)
        p50, p99 = statistics.median(walls), walls[min(len(walls) - 1, int(0.99 * len(walls)))]
        client, of_server = (1000 * statistics.mean(one[i] for one in found) for i in (1, 2))
        print(
            f"{name}: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms;"
            f" CPU {client:.1f} ms here, {of_server:.1f} ms in the server"
        )
    ratio = statistics.median(two.wall / one.wall for one, two in pairs)
    print(f"this takes {ratio:.2f} times what the other does (median of {len(pairs):,} pairs)")


def _tell(what: str, figure: float, limit: float) -> bool:
    print(f"{what}{'' if figure <= limit else f': more than {limit:g}'}", flush=True)
    return figure <= limit


if __name__ == "__main__":
    main()
