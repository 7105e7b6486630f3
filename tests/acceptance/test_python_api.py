"""The Python API: the command line's words as functions."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

import loadstone
from loadstone.errors import ConfigurationError, ObjectMissing, UsageError

CSV = "id,v\n1,a\n2,b\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("LOADSTONE_DATABASE_URL", raising=False)


def test_a_file_is_loaded_by_one_call(
    tmp_path: Path, database_url: str, connection: psycopg.Connection
) -> None:
    (tmp_path / "orders.csv").write_text(CSV)
    (outcome,) = loadstone.load("orders.csv", to=database_url)
    assert isinstance(outcome, loadstone.LoadOutcome)
    assert (outcome.state, outcome.table, outcome.counts.inserted) == ("loaded", "orders", 2)
    assert connection.execute("SELECT id, v FROM orders ORDER BY id").fetchall() == [(1, "a"), (2, "b")]
    (again,) = loadstone.load("orders.csv", to=database_url)
    assert again.state == "skipped"


def test_the_environment_names_the_database(
    tmp_path: Path, database_url: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSTONE_DATABASE_URL", database_url)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    (tmp_path / "orders.csv").write_text(CSV)
    (outcome,) = loadstone.load("orders.csv", table="shop.orders", mode="merge", key="id")
    assert outcome.state == "loaded", outcome.error
    assert connection.execute("SELECT count(*) FROM shop.orders").fetchone() == (2,)


def test_several_files_are_merged_as_text_under_one_table(
    tmp_path: Path, database_url: str, connection: psycopg.Connection
) -> None:
    (tmp_path / "a.csv").write_text("id,v\n01,a\n")
    (tmp_path / "b.csv").write_text("id,v\n01,b\n")
    outcomes = loadstone.load(["a.csv", "b.csv"], to=database_url, table="t", key=["id"], all_text=True)
    assert [outcome.state for outcome in outcomes] == ["loaded", "loaded"]
    assert connection.execute("SELECT id, v FROM t").fetchall() == [("01", "b")]


def test_a_failure_of_an_object_is_an_outcome_and_a_mistake_is_an_exception(
    tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "empty.csv").write_text("")
    (outcome,) = loadstone.load("empty.csv", to=database_url)
    assert (outcome.state, outcome.error, outcome.error_code) == (
        "failed",
        "the file is empty",
        "format_error",
    )
    with pytest.raises(ObjectMissing):
        loadstone.load("missing.csv", to=database_url)
    with pytest.raises(UsageError):
        loadstone.load("empty.csv", to=database_url, mode="merge")
    with pytest.raises(loadstone.Transient):
        loadstone.load("empty.csv", to="postgresql://127.0.0.1:1/none")


def test_a_pipeline_is_read_from_a_file_and_loads_its_source(
    tmp_path: Path, database_url: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", database_url)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/day.csv").write_text(CSV)
    (tmp_path / "shop.yaml").write_text(
        'source: data\ndestination: ${SHOP_URL}\ndatasets:\n  orders: {files: "*", mode: merge, key: id}\n'
    )
    pipeline = loadstone.Pipeline.from_file("shop.yaml")
    assert [outcome.state for outcome in pipeline.load()] == ["loaded"]
    assert [outcome.state for outcome in pipeline.load("data/day.csv")] == ["skipped"]
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_a_pipeline_is_written_in_code(
    tmp_path: Path, database_url: str, connection: psycopg.Connection
) -> None:
    (tmp_path / "day.csv").write_text(CSV + "x,c\n")
    pipeline = loadstone.Pipeline(
        source=str(tmp_path),
        destination=database_url,
        datasets={
            "orders": loadstone.Dataset(
                files=("*.csv",),
                mode="merge",
                key=("id",),
                reject_limit=loadstone.RejectLimit(count=1),
                columns={"id": loadstone.ColumnConfig(type="integer", required=True)},
            )
        },
    )
    (outcome,) = pipeline.load()
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 2, 1)
    assert connection.execute("SELECT id, v FROM orders ORDER BY id").fetchall() == [(1, "a"), (2, "b")]


def test_a_pipeline_is_made_of_plain_values_as_they_stand_in_a_file(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "day.csv").write_text("id,v\nx,c\n")
    orders = {
        "files": "*.csv",
        "mode": "merge",
        "key": "id",
        "reject_limit": None,
        "columns": {"id": {"type": "int"}},
    }
    pipeline = loadstone.Pipeline.from_dict({"source": str(tmp_path), "datasets": {"orders": orders}})
    (outcome,) = pipeline.load(to=database_url)
    assert (outcome.state, outcome.counts.rejected) == ("loaded", 1)


def test_a_pipeline_that_contradicts_itself_is_refused_as_a_file_would_be(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text('datasets:\n  orders: {files: "*.csv", modee: merge}\n')
    with pytest.raises(ConfigurationError, match="modee"):
        loadstone.Pipeline.from_file("bad.yaml")
    with pytest.raises(ConfigurationError):
        loadstone.Pipeline.from_file("none.yaml")
