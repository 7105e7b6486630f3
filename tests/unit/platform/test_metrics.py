"""Metrics are what CloudWatch's and Prometheus' documentation say they are."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import jsonschema
import pytest

from loadstone.model.load import Counts, LoadOutcome
from loadstone.platform.metrics import EmbeddedMetrics, Estimate, PrometheusMetrics

# As the specification of the embedded metric format describes documents: what must be there, of which type,
# and within which bounds.
DIMENSION_SET = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 250},
    "maxItems": 30,
}
METRIC = {
    "type": "object",
    "required": ["Name"],
    "additionalProperties": False,
    "properties": {
        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
        "Unit": {"enum": ["Seconds", "Milliseconds", "Bytes", "Count", "Percent", "Count/Second", "None"]},
        "StorageResolution": {"enum": [1, 60]},
    },
}
DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
        "Dimensions": {"type": "array", "items": DIMENSION_SET, "minItems": 1},
        "Metrics": {"type": "array", "items": METRIC, "minItems": 1, "maxItems": 100},
    },
}
DOCUMENT = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_600_000_000_000},
                "CloudWatchMetrics": {"type": "array", "items": DIRECTIVE},
            },
        }
    },
}

LOADED = LoadOutcome(
    "loaded",
    "s3://b/k",
    "orders",
    "public.orders",
    17,
    Counts(read=10, inserted=6, updated=2, rejected=2),
    bytes=1_234,
    seconds=0.25,
)
FAILED = LoadOutcome("failed", "s3://b/k", "orders", "public.orders", 18, error="no")


def lines(*outcomes: LoadOutcome, lag: float | None = 1.5, pipeline: str = "shop") -> list[dict[str, Any]]:
    stream = io.StringIO()
    metrics = EmbeddedMetrics(pipeline, stream, clock=lambda: 1_780_000_000.25)
    for outcome in outcomes:
        metrics.observe(outcome, lag_seconds=lag)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("outcome", [LOADED, FAILED], ids=["loaded", "failed"])
def test_lines_for_cloudwatch_are_of_the_documented_shape(outcome: LoadOutcome) -> None:
    (line,) = lines(outcome)
    jsonschema.validate(line, DOCUMENT)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    for dimensions in directive["Dimensions"]:
        assert all(isinstance(line[name], str) and 1 <= len(line[name]) <= 1024 for name in dimensions)
    for metric in directive["Metrics"]:
        assert isinstance(line[metric["Name"]], int | float)
    assert len({metric["Name"] for metric in directive["Metrics"]}) == len(directive["Metrics"])


def test_lines_for_cloudwatch_have_the_loads_figures() -> None:
    (line,) = lines(LOADED)
    assert line["_aws"]["Timestamp"] == 1_780_000_000_250
    assert {name: line[name] for name in ("pipeline", "dataset", "load_id")} == {
        "pipeline": "shop", "dataset": "orders", "load_id": 17,
    }  # fmt: skip
    figures = {
        metric["Name"]: line[metric["Name"]] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
    assert figures == {
        "objects": 1, "rows_loaded": 8, "rows_inserted": 6, "rows_updated": 2, "rows_rejected": 2,
        "bytes": 1_234, "seconds": 0.25, "failures": 0, "lag": 1.5,
    }  # fmt: skip


def test_a_failure_counts_where_an_alarm_looks() -> None:
    (line,) = lines(FAILED, lag=None)
    assert (line["failures"], line["objects"]) == (1, 0)
    assert "lag" not in line
    assert ["pipeline"] in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]


def test_what_did_nothing_makes_no_line() -> None:
    assert (
        lines(LoadOutcome("skipped", "u", "orders", "t"), LoadOutcome("in_progress", "u", "orders", "t"))
        == []
    )


def test_no_name_makes_a_dimension_that_cloudwatch_drops() -> None:
    (line,) = lines(LoadOutcome("loaded", "u", "d" * 2_000, "t"), pipeline="")
    assert (len(line["dataset"]), line["pipeline"]) == (1_024, "-")


SAMPLE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\{(?P<labels>(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\}'
    r" (?P<value>[0-9.e+-]+)"
)


def samples(text: str) -> dict[tuple[str, str], float]:
    assert text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert (match["name"], match["labels"]) not in found
            found[match["name"], match["labels"]] = float(match["value"])
    return found


def test_prometheus_sees_sums_and_a_histogram_of_the_lag() -> None:
    metrics = PrometheusMetrics("shop")
    metrics.observe(LOADED, lag_seconds=0.3)
    metrics.observe(LOADED, lag_seconds=7_200.0)
    metrics.observe(FAILED, lag_seconds=None)
    metrics.observe(LoadOutcome("skipped", "u", "orders", "t"), lag_seconds=None)
    found = samples(metrics.render())
    of = 'pipeline="shop",dataset="orders"'
    assert found["loadstone_rows_loaded_total", of] == 16
    assert found["loadstone_failures_total", of] == 1
    assert found["loadstone_answers_total", f'{of},state="skipped"'] == 1
    assert found["loadstone_lag_seconds_bucket", f'{of},le="0.25"'] == 0
    assert found["loadstone_lag_seconds_bucket", f'{of},le="0.5"'] == 1
    assert found["loadstone_lag_seconds_bucket", f'{of},le="3600"'] == 1
    assert found["loadstone_lag_seconds_bucket", f'{of},le="+Inf"'] == 2
    assert found["loadstone_lag_seconds_count", of] == 2
    assert found["loadstone_lag_seconds_sum", of] == 7_200.3


def test_prometheus_is_told_each_type_once_and_before_its_samples() -> None:
    metrics = PrometheusMetrics("shop")
    metrics.observe(LOADED, lag_seconds=0.3)
    seen: set[str] = set()
    for line in metrics.render().splitlines():
        if line.startswith("# TYPE "):
            assert line.split()[2] not in seen
            seen.add(line.split()[2])
        elif not line.startswith("#"):
            assert re.sub("_(bucket|sum|count)$", "", line.partition("{")[0]) in seen


def test_names_cannot_break_out_of_a_label() -> None:
    metrics = PrometheusMetrics('a"b\\c\nd')
    metrics.observe(LOADED, lag_seconds=None)
    assert ("loadstone_objects_total", r'pipeline="a\"b\\c\nd",dataset="orders"') in samples(metrics.render())


def test_an_estimate_of_cost_is_a_figure_with_the_date_of_its_prices() -> None:
    stream = io.StringIO()
    EmbeddedMetrics("shop", stream).observe(
        LOADED, lag_seconds=None, cost=Estimate(0.0000034127, "2026-11-20")
    )
    line = json.loads(stream.getvalue())
    jsonschema.validate(line, DOCUMENT)
    assert (line["estimated_cost_usd"], line["prices_of"]) == (0.0000034127, "2026-11-20")
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert {"Name": "estimated_cost_usd", "Unit": "None"} in directive["Metrics"]
    assert all(isinstance(line[metric["Name"]], int | float) for metric in directive["Metrics"])


def test_both_forms_tell_the_same_figures_by_the_same_dimensions() -> None:
    (line,) = lines(LOADED)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["pipeline", "dataset"], ["pipeline"]]
    prometheus = PrometheusMetrics("shop")
    prometheus.observe(LOADED, lag_seconds=1.5)
    found = re.findall(
        r'^loadstone_(\w+)\{pipeline="shop",dataset="orders"\} (\S+)$', prometheus.render(), re.MULTILINE
    )
    scraped = {name.removesuffix("_total"): float(value) for name, value in found}
    embedded = {metric["Name"]: float(line[metric["Name"]]) for metric in directive["Metrics"]}
    assert scraped.pop("lag_seconds_count") == 1
    embedded["lag_seconds_sum"] = embedded.pop("lag")
    assert scraped == embedded
    wanted = {"objects", "rows_loaded", "rows_rejected", "bytes", "seconds", "failures", "lag_seconds_sum"}
    assert wanted <= set(scraped)
