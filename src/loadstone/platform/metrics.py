"""Figures of loads for those who watch: CloudWatch's embedded metric format, and Prometheus' text.

Both are plain text by a published format, so neither needs a library; see docs/decisions/0040.
"""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TextIO

from loadstone.model.load import LoadOutcome

__all__ = ["PROMETHEUS_CONTENT_TYPE", "EmbeddedMetrics", "Estimate", "LoadMetrics", "PrometheusMetrics"]

#: What an endpoint that serves `PrometheusMetrics.render` says it serves.
PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_NAMESPACE = "loadstone"
_LONGEST_DIMENSION = 1_024
_LAG_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class LoadMetrics(Protocol):
    """Who is told of every load's figures."""

    def observe(self, outcome: LoadOutcome, *, lag_seconds: float | None) -> None:
        """One answer.

        Args:
            outcome: of one object and one dataset.
            lag_seconds: from the event to the commit; None where nothing was committed, or no event came.
        """


class Estimate(NamedTuple):
    """What a load may have cost.

    Attributes:
        usd: in US dollars.
        prices_of: the date of the prices.
    """

    usd: float
    prices_of: str


class _Figure(NamedTuple):
    name: str
    unit: str
    about: str
    of: Callable[[LoadOutcome], float]


# Of what was not loaded there are no rows: a failed load left none, whatever it had counted.
_FIGURES = (
    _Figure("objects", "Count", "Objects that were loaded.", lambda o: o.state == "loaded"),
    _Figure("rows_loaded", "Count", "Rows of the files that tables hold.", lambda o: o.counts.loaded),
    _Figure("rows_inserted", "Count", "Rows that were new.", lambda o: o.counts.inserted),
    _Figure("rows_updated", "Count", "Rows that changed others.", lambda o: o.counts.updated),
    _Figure("rows_rejected", "Count", "Rows that did not fit.", lambda o: o.counts.rejected),
    _Figure("bytes", "Bytes", "Bytes of the objects, as stored.", lambda o: o.bytes),
    _Figure("seconds", "Seconds", "Time that loads took.", lambda o: o.seconds),
    _Figure("failures", "Count", "Objects that failed.", lambda o: o.state == "failed"),
)


class EmbeddedMetrics:
    """A line of CloudWatch's embedded metric format for each object; CloudWatch Logs makes metrics of it.

    Under the namespace `loadstone`, by pipeline and dataset, and by pipeline alone for alarms.

    Args:
        pipeline: its name.
        stream: where lines go; None for stdout, which is what Lambda and the agents read.
        clock: seconds since 1970.
    """

    def __init__(
        self, pipeline: str, stream: TextIO | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._pipeline = pipeline
        self._stream = stream
        self._clock = clock

    def observe(
        self, outcome: LoadOutcome, *, lag_seconds: float | None, cost: Estimate | None = None
    ) -> None:
        """Writes the line; nothing for objects that were neither loaded nor failed.

        Args:
            outcome: of one object and one dataset.
            lag_seconds: see `LoadMetrics`.
            cost: None where nobody knows.
        """
        if outcome.state not in {"loaded", "failed"}:
            return
        values = {figure.name: float(figure.of(outcome)) for figure in _FIGURES}
        units = {figure.name: figure.unit for figure in _FIGURES}
        if lag_seconds is not None:
            values["lag"], units["lag"] = max(0.0, lag_seconds), "Seconds"
        if cost is not None:
            values["estimated_cost_usd"], units["estimated_cost_usd"] = cost.usd, "None"
        directive = {
            "Namespace": _NAMESPACE,
            "Dimensions": [["pipeline", "dataset"], ["pipeline"]],
            "Metrics": [{"Name": name, "Unit": units[name]} for name in values],
        }
        document = {
            "_aws": {"Timestamp": int(self._clock() * 1000), "CloudWatchMetrics": [directive]},
            "pipeline": _dimension(self._pipeline),
            "dataset": _dimension(outcome.dataset),
            "load_id": outcome.load_id,
            **{name: _shortened(value) for name, value in values.items()},
        }
        if cost is not None:
            document["prices_of"] = cost.prices_of
        stream = self._stream or sys.stdout
        # One write: lines of several threads must not run into each other.
        stream.write(json.dumps(document, separators=(",", ":")) + "\n")
        stream.flush()


def _shortened(value: float) -> float:
    """Seconds to the microsecond; what is less than that keeps six digits, too."""
    if value.is_integer():
        return int(value)
    return round(value, 6) if value >= 1 else float(f"{value:.6g}")


def _dimension(value: str) -> str:
    return value[:_LONGEST_DIMENSION] or "-"


class PrometheusMetrics:
    """Sums since the process began, for a scraper; safe to use from several threads.

    Args:
        pipeline: its name.
    """

    def __init__(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, str], float] = {}
        self._states: dict[tuple[str, str], int] = {}
        self._lags: dict[str, list[float]] = {}

    def observe(self, outcome: LoadOutcome, *, lag_seconds: float | None) -> None:
        """Adds one answer."""
        with self._lock:
            state = (outcome.dataset, outcome.state)
            self._states[state] = self._states.get(state, 0) + 1
            if outcome.state not in {"loaded", "failed"}:
                return
            for figure in _FIGURES:
                key = (figure.name, outcome.dataset)
                self._sums[key] = self._sums.get(key, 0.0) + figure.of(outcome)
            if lag_seconds is not None:
                self._add_lag(outcome.dataset, max(0.0, lag_seconds))

    def _add_lag(self, dataset: str, seconds: float) -> None:
        """Counts of the buckets, then how many there were, then their sum."""
        lags = self._lags.setdefault(dataset, [0.0] * (len(_LAG_SECONDS) + 2))
        for i, bound in enumerate(_LAG_SECONDS):
            lags[i] += seconds <= bound
        lags[-2] += 1
        lags[-1] += seconds

    def render(self) -> str:
        """The text that a scraper reads (`PROMETHEUS_CONTENT_TYPE`)."""
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _head("loadstone_answers_total", "counter", "Answers to events and requests, by state.")
        for (dataset, state), number in sorted(self._states.items()):
            yield f"loadstone_answers_total{self._labels(dataset, state=state)} {number}"
        for figure in _FIGURES:
            name = f"loadstone_{figure.name}_total"
            yield from _head(name, "counter", figure.about)
            for (of, dataset), value in sorted(self._sums.items()):
                if of == figure.name:
                    yield f"{name}{self._labels(dataset)} {_number(value)}"
        name = "loadstone_lag_seconds"
        yield from _head(name, "histogram", "Seconds from the event to the commit.")
        for dataset, lags in sorted(self._lags.items()):
            for bound, below in zip((*_LAG_SECONDS, math.inf), lags, strict=False):
                labels = self._labels(dataset, le="+Inf" if bound == math.inf else f"{bound:g}")
                yield f"{name}_bucket{labels} {_number(below)}"
            yield f"{name}_sum{self._labels(dataset)} {_number(lags[-1])}"
            yield f"{name}_count{self._labels(dataset)} {_number(lags[-2])}"

    def _labels(self, dataset: str, **more: str) -> str:
        labels = {"pipeline": self._pipeline, "dataset": dataset, **more}
        return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _head(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
