r"""Runs the ways of loading in turn, round by round, and writes a table and a plot.

    python -m benchmarks.run --rounds 7 --rows 2000000
    python -m benchmarks.run --only csv,jsonl --rounds 3

Every figure is of a whole command, from the start of its process to its end, into a table without rows.
The ways of a round follow each other, and ratios are taken within a round, so that a machine that is slow
for a while slows all of them. What is in the table and among the rejects is compared with what the generator
knows, each time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.database import BenchmarkDatabase, benchmark_database, create_table
from benchmarks.generate_telemetry import DATA, make
from benchmarks.machine import this_machine
from benchmarks.process import Measurement, measure
from benchmarks.report import Results, write
from benchmarks.ways import BASELINE, LOADSTONE, TABLE, Way, loadstone_ways, psql_ways

__all__ = ["RESULTS", "main", "object_store", "run_once", "run_rounds"]

_BLOCK = 1024 * 1024

RESULTS = Path(__file__).parent / "results"


def run_rounds(
    database: BenchmarkDatabase, ways: Sequence[Way], rounds: int, folder: Path
) -> dict[str, list[Measurement]]:
    """Runs all ways in turn, after one round that does not count.

    Before each run its file is read through: what a machine gives back of its memory meanwhile, and a virtual
    one its host, would else be counted against whoever has the largest file.

    Args:
        database: where the rows go.
        ways: in this order, beginning with another one each round.
        rounds: how many count.
        folder: where the files are.

    Raises:
        SystemExit: a command failed, or left something else than it should.
    """
    taken: dict[str, list[Measurement]] = {way.name: [] for way in ways}
    for number in range(rounds + 1):
        # who comes first has the caches of the one before: begin with another way each time
        turn = number % len(ways)
        for way in (*ways[turn:], *ways[:turn]):
            _read_through(folder / way.file)
            measurement = run_once(database, way)
            label = f"round {number}/{rounds}" if number else "warm-up"
            print(f"{label}  {way.name:<14}{measurement.seconds:7.2f} s", file=sys.stderr)
            if number:
                taken[way.name].append(measurement)
    return taken


def _read_through(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(_BLOCK):
            pass


def run_once(database: BenchmarkDatabase, way: Way) -> Measurement:
    """Runs one way into an empty database and looks at what it left.

    Raises:
        SystemExit: the command failed, or left something else than it should.
    """
    if way.own_schema:
        database.ask(f"drop schema if exists {way.own_schema} cascade")
    database.prepare(TABLE, *([create_table(TABLE, way.columns)] if way.table_made else []))
    database.ask("drop schema if exists loadstone cascade")
    if way.command[: len(LOADSTONE)] == LOADSTONE:
        measure([*LOADSTONE, "migrate", "--to", database.url], environment=way.environment)
    measurement = measure(way.command, environment=way.environment)
    wrong = way.verify(measurement.stdout)
    if wrong:
        raise SystemExit(f"{way.name}: " + "; ".join(wrong))
    return measurement


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """The URL of a process that serves the folder's files as objects of any bucket."""
    command = [sys.executable, "-m", "benchmarks.object_server", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdin is None:
            raise AssertionError
        yield server.stdout.readline().strip()
        server.stdin.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--only", default="", help="names of ways, with commas; the baseline always runs")
    parser.add_argument(
        "--url", help="a database to use instead of an embedded one: it loses its schema loadstone"
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    machine = this_machine()
    print("writing the files, where they are not there yet", file=sys.stderr)
    files = make(options.rows, folder=options.data)
    with benchmark_database(options.url) as database, object_store(files.folder) as endpoint:
        ways = [*psql_ways(database, files), *loadstone_ways(database, files, endpoint)]
        if options.only:
            names = {BASELINE, *options.only.split(",")}
            if unknown := names - {way.name for way in ways}:
                parser.error(f"there is no way {', '.join(sorted(unknown))}")
            ways = [way for way in ways if way.name in names]
        taken = run_rounds(database, ways, options.rounds, files.folder)
        sizes = {way.name: files.path(way.file).stat().st_size for way in ways}
        results = Results(machine, database.version, files.rows, ways, sizes, taken)
    for path in write(results, options.out, "speed"):
        print(path)
    print(results.table())


if __name__ == "__main__":
    main()
