r"""loadstone against what people use, on the same rows, round by round.

    python -m benchmarks.against --rows 200000 --rounds 3

The others get the clean file, since a bad row stops them, and the table ready-made, with the right
types; loadstone gets the dirty one, checks it, keeps the rejects. Nothing is extrapolated: all load the same
number of rows. Each tool runs in an environment of its own under `.venv-bench`; one that does not
install, or does not run, is listed with its reason.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.database import BenchmarkDatabase, benchmark_database
from benchmarks.environments import TOOLS, InstallFailed, Tool, interpreter
from benchmarks.generate_telemetry import DATA, Files, make
from benchmarks.machine import this_machine
from benchmarks.report import Results, write
from benchmarks.run import RESULTS, run_once, run_rounds
from benchmarks.ways import TABLE, Way, loadstone_ways, psql_ways

__all__ = ["main"]


def _way(database: BenchmarkDatabase, files: Files, tool: Tool, python: Path) -> Way:
    counted = tool.counted or TABLE

    def verify(_: str) -> list[str]:
        found = int(database.ask(f"select count(*) from {counted}"))
        return [] if found == files.rows else [f"{found:,} rows, not {files.rows:,}"]

    return Way(
        tool.name,
        f"{tool.title}, clean CSV",
        "clean.csv",
        (str(python), str(tool.script), str(files.path("clean.csv")), database.url, TABLE),
        verify,
        table_made=not tool.makes_table,
        own_schema=tool.counted.partition(".")[0] if tool.counted else None,
    )


def _runnable(
    database: BenchmarkDatabase, files: Files, names: list[str]
) -> tuple[list[Way], dict[str, str]]:
    """The tools that load the file on this machine; the others with the reason."""
    ways, left_out = [], {}
    for tool in (TOOLS[name] for name in names):
        print(f"trying {tool.title}", file=sys.stderr)
        try:
            way = _way(database, files, tool, interpreter(tool))
            run_once(database, way)
        except (InstallFailed, SystemExit) as error:
            left_out[tool.title] = str(error).strip().splitlines()[-1][:300]
            print(f"left out: {error}", file=sys.stderr)
        else:
            ways.append(way)
    return ways, left_out


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--only", default=",".join(TOOLS), help="names of tools, with commas")
    parser.add_argument("--url", help="a database to use instead of an embedded one")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - TOOLS.keys():
        parser.error(f"there is no tool {', '.join(sorted(unknown))}")
    machine = this_machine()
    files = make(options.rows, ("clean.csv", "dirty.csv"), folder=options.data)
    with benchmark_database(options.url) as database:
        psql, _binary = psql_ways(database, files)
        own = [way for way in loadstone_ways(database, files, None) if way.name in {"csv", "lineage"}]
        others, left_out = _runnable(database, files, names)
        ways = [psql, *own, *others]
        taken = run_rounds(database, ways, options.rounds, files.folder)
        sizes = {way.name: files.path(way.file).stat().st_size for way in ways}
        results = Results(machine, database.version, files.rows, ways, sizes, taken, left_out)
    for path in write(results, options.out, "against"):
        print(path)
    print(results.table())


if __name__ == "__main__":
    main()
