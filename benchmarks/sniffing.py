"""What it costs to find out how a large file is written: CPU and wall time from its opening to its layout.

    python -m benchmarks.sniffing [--rounds 7]

Opens the 2,000,000-row telemetry files (222 MB as CSV) as an unconfigured load does, pieces of the middle and
the end included, each time anew in this process; the first time, which includes what Python imports, is shown
apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from benchmarks.generate_telemetry import make
from loadstone.core.evidence_needed import wide_layout
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader
from loadstone.sources.local import LocalSource

_FILES = ("clean.csv", "dirty.csv", "dirty.csv.gz", "dirty.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    files = make(2_000_000)
    for name in _FILES:
        taken = [opened(files.path(name)) for _ in range(options.rounds + 1)]
        cpu, wall = (statistics.median(one[i] for one in taken[1:]) * 1000 for i in (0, 1))
        size = files.path(name).stat().st_size / 1e6
        print(
            f"{name:14}{size:6.0f} MB {cpu:6.1f} ms CPU {wall:6.1f} ms, "
            f"the first time {taken[0][1] * 1000:.1f} ms"
        )


def opened(path: Path) -> tuple[float, float]:
    """CPU seconds of all threads and wall seconds until the layout of a file is known."""
    cpu, wall = time.process_time(), time.perf_counter()
    folder = LocalSource(path.parent)
    version = folder.head(path.name)
    with folder.open(version) as stream, AutomaticReader().open(stream, version, Format()) as file:
        wide_layout(file.layout, ())
        return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
