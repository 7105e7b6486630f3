r"""Runs the ways of loading by the sources of a former commit and by today's, in turn: has anything slowed?

    python -m benchmarks.versions COMMIT --rounds 7 --only csv,lineage,jsonl

The former sources are checked out under `build/versions` and their codec is compiled there. Both are run by
the interpreter, and with the packages, of today; how it is measured is that of `benchmarks/run.py`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.database import benchmark_database
from benchmarks.generate_telemetry import DATA, make
from benchmarks.machine import Machine, this_machine
from benchmarks.process import Measurement
from benchmarks.run import RESULTS, object_store, run_rounds
from benchmarks.ways import BASELINE, Way, loadstone_ways, psql_ways

__all__ = ["main"]

_ROOT = Path(__file__).parents[1]
_BEFORE = " before"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git: {done.stderr.strip()}")
    return done.stdout.strip()


def _former_sources(commit: str) -> Path:
    """The folder with the package of a commit, its codec and everything else compiled."""
    folder = _ROOT / "build" / "versions" / commit
    if not folder.exists():
        _git("worktree", "add", "--detach", str(folder), commit)
    print("compiling the former codec, where that is not done yet", file=sys.stderr)
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=folder,
        check=True,
        stdout=sys.stderr,
    )
    for sources in (folder / "src", _ROOT / "src"):
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(sources)], check=True)
    return folder / "src"


def _both(way: Way, former: Path) -> list[Way]:
    """A way by today's sources, and by the former ones."""
    return [
        replace(way, environment={**way.environment, "PYTHONPATH": str(_ROOT / "src")}),
        replace(way, name=way.name + _BEFORE, environment={**way.environment, "PYTHONPATH": str(former)}),
    ]


def _seconds(taken: Sequence[Measurement]) -> float:
    return statistics.median(one.seconds for one in taken)


def _line(way: Way, taken: dict[str, list[Measurement]]) -> str:
    """What became of one way. A ratio above 1.00: it is faster today."""
    now, before = taken[way.name], taken[way.name + _BEFORE]
    ratios = [old.seconds / new.seconds for old, new in zip(before, now, strict=True)]
    cpu = [statistics.median(one.cpu_seconds for one in some) for some in (before, now)]
    rss = [max(one.peak_rss_bytes for one in some) / 1e6 for some in (before, now)]
    return (
        f"| {way.title} | {_seconds(before):.2f} | {_seconds(now):.2f} | **{statistics.median(ratios):.2f}** "
        f"| {min(ratios):.2f}-{max(ratios):.2f} | {cpu[0]:.2f} | {cpu[1]:.2f} | {rss[0]:.0f} | {rss[1]:.0f} |"
    )


def _write(
    out: Path,
    machine: Machine,
    told: str,
    version: str,
    rows: int,
    ways: Sequence[Way],
    taken: dict[str, list[Measurement]],
) -> str:
    """A page for people, which it returns, and JSON for programs."""
    rounds = len(taken[BASELINE])
    lines = [
        f"# before and after: {rows:,} rows",
        "",
        f"{machine}; PostgreSQL {version}. {rounds} interleaved rounds, whole commands, medians;",
        "the ratio is the median of those within a round: above 1.00, today's is faster.",
        "",
        f"Before: {told}. psql's `\\copy` of the clean rows took {_seconds(taken[BASELINE]):.2f} s.",
        "",
        "| way | before, s | now, s | ratio | (range) | CPU s before | now | peak RSS MB before | now |",
        "|---|--:|--:|--:|:-:|--:|--:|--:|--:|",
        *(_line(way, taken) for way in ways),
    ]
    page = "\n".join(lines) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"{datetime.now(UTC):%Y-%m-%d}-versions"
    stem.with_suffix(".md").write_text(page, encoding="utf-8")
    figures = {
        name: [
            {"seconds": one.seconds, "cpu_seconds": one.cpu_seconds, "peak_rss_bytes": one.peak_rss_bytes}
            for one in some
        ]
        for name, some in taken.items()
    }
    document = {"machine": asdict(machine), "postgresql": version, "before": told, "taken": figures}
    stem.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("commit", help="the former version")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--only", default="", help="names of ways, with commas")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    commit = _git("rev-parse", "--short=10", f"{options.commit}^{{commit}}")
    told = _git("log", "-1", "--format=%h, %cs: %s", commit)
    former = _former_sources(commit)
    machine = this_machine()
    files = make(options.rows, folder=options.data)
    with benchmark_database() as database, object_store(files.folder) as endpoint:
        ways = loadstone_ways(database, files, endpoint)
        if options.only:
            ways = [way for way in ways if way.name in options.only.split(",")]
        baseline = [way for way in psql_ways(database, files) if way.name == BASELINE]
        every = [*baseline, *(one for way in ways for one in _both(way, former))]
        taken = run_rounds(database, every, options.rounds, files.folder)
        print(_write(options.out, machine, told, database.version, files.rows, ways, taken))


if __name__ == "__main__":
    main()
