"""Measurements as a table for people, as JSON for programs, and as a plot."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import Machine
from benchmarks.process import Measurement
from benchmarks.ways import BASELINE, Way

__all__ = ["Results", "write"]


@dataclass(frozen=True, slots=True)
class Results:
    """What the rounds gave.

    Attributes:
        machine: where.
        postgresql: the server's version.
        rows: of each file.
        ways: in the order of the table.
        sizes: of the file that each way reads, in bytes.
        taken: the measurements by way, one for each round.
        left_out: what could not be measured, with the reason.
    """

    machine: Machine
    postgresql: str
    rows: int
    ways: Sequence[Way]
    sizes: Mapping[str, int]
    taken: Mapping[str, Sequence[Measurement]]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def ratios(self, name: str) -> list[float]:
        """How many times as fast as the baseline of the same round, for each round."""
        return [
            base.seconds / own.seconds
            for base, own in zip(self.taken[BASELINE], self.taken[name], strict=True)
        ]

    def table(self) -> str:
        """Markdown: medians, and the range of the ratios."""
        lines = [
            "| way | seconds | rows/s | speed | (range) | target | client CPU s | peak RSS MB | file MB |",
            "|---|--:|--:|--:|:-:|--:|--:|--:|--:|",
        ]
        for way in self.ways:
            taken = self.taken[way.name]
            seconds = statistics.median(one.seconds for one in taken)
            ratios = self.ratios(way.name)
            target = f"{way.target:g}" if way.target else ""
            lines.append(
                f"| {way.title} | {seconds:.2f} | {self.rows / seconds:,.0f} "
                f"| **{statistics.median(ratios):.2f}** | {min(ratios):.2f}-{max(ratios):.2f} | {target} "
                f"| {statistics.median(one.cpu_seconds for one in taken):.2f} "
                f"| {max(one.peak_rss_bytes for one in taken) / 1e6:.0f} "
                f"| {self.sizes[way.name] / 1e6:.0f} |"
            )
        lines += [""] if self.left_out else []
        lines += [f"Left out: {title}: {reason}" for title, reason in self.left_out.items()]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Everything that was measured."""
        return {
            "machine": asdict(self.machine),
            "postgresql": self.postgresql,
            "rows": self.rows,
            "ways": {
                way.name: {
                    "title": way.title,
                    "target": way.target,
                    "file_bytes": self.sizes[way.name],
                    "median_ratio": statistics.median(self.ratios(way.name)),
                    "seconds": [round(one.seconds, 4) for one in self.taken[way.name]],
                    "cpu_seconds": [round(one.cpu_seconds, 4) for one in self.taken[way.name]],
                    "peak_rss_bytes": [one.peak_rss_bytes for one in self.taken[way.name]],
                }
                for way in self.ways
            },
        }


def write(results: Results, folder: Path, name: str) -> list[Path]:
    """Writes `DATE-name.md`, `.json` and `.svg` into the folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{datetime.now(UTC):%Y-%m-%d}-{name}"
    rounds = len(results.taken[BASELINE])
    page = (
        f"# {name}: {results.rows:,} rows\n\n"
        f"{results.machine}; PostgreSQL {results.postgresql}. {rounds} rounds, whole commands, medians; "
        "speed is the median of the ratios within a round to `psql \\copy` of the clean CSV.\n\n"
        f"{results.table()}\n\n"
        f"![speed]({stem.name}.svg)\n"
    )
    stem.with_suffix(".md").write_text(page, encoding="utf-8")
    stem.with_suffix(".json").write_text(json.dumps(results.as_json(), indent=1) + "\n", encoding="utf-8")
    _plot(results, stem.with_suffix(".svg"))
    return [stem.with_suffix(suffix) for suffix in (".md", ".json", ".svg")]


def _plot(results: Results, path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - slow, and needed at the end only

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    titles = [way.title.replace("`", "") for way in results.ways]
    medians = [statistics.median(results.ratios(way.name)) for way in results.ways]
    figure, axes = plt.subplots(figsize=(9, 0.45 * len(titles) + 1.2), layout="constrained")
    colours = ["#3b6fb6" if title.startswith("loadstone") else "#9aa3ad" for title in titles]
    bars = axes.barh(titles, medians, color=colours)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    for bar, way in zip(bars, results.ways, strict=True):
        if way.target:
            axes.plot([way.target] * 2, [bar.get_y(), bar.get_y() + bar.get_height()], color="#c0392b", lw=2)
    axes.axvline(1, color="#555", lw=0.8)
    axes.invert_yaxis()
    axes.set_xlabel(f"speed, psql \\copy = 1 ({results.rows:,} rows; red: what is aimed at)")
    figure.savefig(path)
    plt.close(figure)
