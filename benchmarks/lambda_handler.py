"""The Lambda handler: CPU of a cold start, time from event to commit while warm, peak memory on a large file.

    python -m benchmarks.lambda_handler [--events 200] [--rows 4600000] [--only cold,warm,memory]

Each in a process of its own, without the bootstrap, which has its tests: what is measured is the handler.
PostgreSQL is the embedded one, durable; objects come from `object_server.py`, HEAD and GET as S3 has them.
The limits are those of the project: 1.5 s CPU to the end of a first load, 500 ms at p99 for 100 kB of CSV,
160 MB for 500 MB. Fails where one is passed, and where a row is missing.
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
from typing import Any

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

taken = []
for key in sys.argv[1:]:
    started = time.perf_counter()
    answer = handler(event(key), Context())
    taken.append(time.perf_counter() - started)
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
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "LOADSTONE_DATABASE_URL": database.url,
            "LOADSTONE_PIPELINE": str(folder / "pipeline.yaml"),
        }
        command = [sys.executable, "-c", _FUNCTION, *keys]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if (found := database.ask("select count(*) from telemetry")) != str(rows):
        raise SystemExit(f"{found} rows are there rather than {rows}")
    return told


def _tell(what: str, figure: float, limit: float) -> bool:
    print(f"{what}{'' if figure <= limit else f': more than {limit:g}'}", flush=True)
    return figure <= limit


if __name__ == "__main__":
    main()
