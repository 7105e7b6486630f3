from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadstone import examples
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.cli import Workspace


def load(example, folder, database_url, monkeypatch):
    monkeypatch.setenv("LOADSTONE_SOURCE", str(folder))
    with Workspace.open(example.pipeline, database_url) as workspace:
        return list(workspace.load([]))


def assert_as_expected(example, folder, outcomes, connection):
    expected = example.expected(folder)
    assert {outcome.state for outcome in outcomes} == {"loaded"}
    assert sum(outcome.counts.read for outcome in outcomes) == expected.rows_read
    assert sum(outcome.counts.rejected for outcome in outcomes) == expected.rows_rejected
    assert sum(outcome.counts.deduplicated for outcome in outcomes) == expected.deduplicated
    assert sum(outcome.counts.updated for outcome in outcomes) == expected.updated
    assert sum(outcome.counts.repaired for outcome in outcomes) == sum(expected.repaired.values())
    wrong = [
        check
        for check in example.check(lambda sql: connection.execute(sql).fetchall(), expected)
        if not check.ok
    ]
    assert wrong == []


@pytest.mark.parametrize("data_format", ["csv", "jsonl", "json"])
def test_car_telemetry_gives_every_figure_that_its_generator_knows(
    tmp_path, database_url, connection, monkeypatch, data_format
):
    example = examples.get("car-telemetry")
    example.generate(tmp_path, rows=9_000, files=3, dirty=0.08, format=data_format)
    outcomes = load(example, tmp_path, database_url, monkeypatch)
    assert len(outcomes) == 3
    assert_as_expected(example, tmp_path, outcomes, connection)
    for outcome in outcomes:
        name = Path(outcome.uri).name
        record = json.loads((tmp_path / f"{name}.faults.json").read_text(encoding="utf-8"))
        rejected = connection.execute(
            "select line_number, column_name from loadstone.rejects where load_id = %s order by 1",
            [outcome.load_id],
        ).fetchall()
        assert rejected == [(line, column) for line, _reason, column in record["rejected_rows"]]


def test_car_data_is_partitioned_by_hash_in_four(tmp_path, database_url, connection, monkeypatch):
    example = examples.get("car-telemetry")
    example.generate(tmp_path, rows=2_000)
    load(example, tmp_path, database_url, monkeypatch)
    partitions = connection.execute(
        "select count(*) from pg_inherits where inhparent = 'public.car_data'::regclass"
    ).fetchone()
    assert partitions == (4,)
    used = connection.execute("select count(distinct tableoid) from public.car_data").fetchone()
    assert used == (4,)


@pytest.mark.parametrize("data_format", ["csv", "jsonl"])
def test_online_retail_arrives_whole_with_its_twelve_rejects(
    tmp_path, database_url, connection, monkeypatch, data_format
):
    example = examples.get("online-retail")
    example.generate(tmp_path, format=data_format)
    outcomes = load(example, tmp_path, database_url, monkeypatch)
    assert_as_expected(example, tmp_path, outcomes, connection)
    assert [(outcome.counts.loaded, outcome.counts.rejected) for outcome in outcomes] == [(541_897, 12)]
    assert [outcome.state for outcome in load(example, tmp_path, database_url, monkeypatch)] == ["skipped"]


@pytest.mark.parametrize("data_format", ["csv", "jsonl", "json", "xlsx", "parquet"])
def test_files_become_tables_of_their_own_without_any_configuration(
    tmp_path, database_url, connection, data_format
):
    example = examples.get("table-per-file")
    example.generate(tmp_path, rows=3_000, format=data_format)
    with Workspace(Pipeline(), database_url) as workspace:
        outcomes = [o for day in example.deliveries for o in workspace.load([f"{tmp_path / day}/"])]
        assert_as_expected(example, tmp_path, outcomes, connection)
        again = [o.state for day in example.deliveries for o in workspace.load([f"{tmp_path / day}/"])]
    assert set(again) == {"skipped"}
