"""A plan says what the load then does, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.landing import Landing
from loadstone.model.rehearsal import PlannedLoad
from loadstone.postgres.rehearsal import RehearsalDatabase
from loadstone.sources import open_source
from loadstone.wiring.orders import make_order
from loadstone.wiring.workspace import Workspace

EVERYTHING = """
    SELECT n.nspname, c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 4
"""


def plan(landing: Landing, key: str = "day.csv") -> PlannedLoad:
    with landing.workspace() as workspace:
        (planned,) = workspace.plan([landing.uri(key)])
    return planned


def state(landing: Landing) -> list[Any]:
    """All relations and columns, and all that the ledger and the table hold."""
    found = landing.query(EVERYTHING)
    for table in ("orders", "loadstone.loads", "loadstone.rejects"):
        if landing.query(f"SELECT to_regclass('{table}')") != [(None,)]:
            found += landing.query(f"SELECT t::text FROM {table} AS t ORDER BY 1")
    return found


def test_a_plan_of_a_first_load_leaves_not_even_the_schema(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put("day.csv", "id,v\n1,a\n2,b\n")
    (planned,) = Workspace(landing.pipeline, landing.database_url, migrate=False).plan(
        [landing.uri("day.csv")]
    )
    assert (planned.outcome.state, planned.outcome.counts.inserted) == ("loaded", 2)
    assert planned.outcome.load_id is None
    assert planned.findings.creates_table
    assert any(text.startswith('CREATE TABLE "public"."orders"') for text in planned.findings.ddl)
    assert landing.query(EVERYTHING) == []


OLD = "id,v\n1,10\n2,20\n3,30\n"


@pytest.mark.parametrize(
    ("options", "new"),
    [
        ({"mode": "merge", "key": "id"}, "id,v\n1,10\n2,21\n4,40\n4,41\n"),
        ({"mode": "merge", "key": "id"}, "id,v,more\n1,10,x\n2,2.5,y\n"),
        ({"mode": "append"}, "v,id\n5,9\nx,10\n"),
        ({"mode": "replace"}, "id,v\n7,70\n"),
        ({"mode": "replace"}, "id,v\n"),
        ({"reject_limit": 0}, "id,v\n1,x\n2,3\n"),
        ({"contract": "freeze", "columns": {"id": {}, "v": {}}}, "id,v,more\n1,2,3\n"),
        ({"contract": "discard_row", "columns": {"id": {}, "v": {}}}, "id,v,more\n1,2,3\n2,3,\n"),
        ({"contract": "discard_value", "columns": {"id": {}, "v": {}}}, "id,v,more\n1,2,3\n"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_load_does_what_the_plan_said(landing: Landing, options: dict[str, Any], new: str) -> None:
    landing.options = options
    landing.put_and_load(OLD, "a.csv")
    landing.put("day.csv", new)
    before = state(landing)
    planned = plan(landing)
    assert state(landing) == before
    outcome = landing.load()
    assert planned.outcome.state == outcome.state
    assert planned.outcome.error == outcome.error
    if outcome.state == "loaded":
        assert planned.outcome.counts == outcome.counts
        assert planned.outcome.columns == outcome.columns
        assert planned.outcome.notes == outcome.notes


def test_rejects_come_by_reason_with_examples_also_those_of_the_database(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.query("CREATE TABLE orders (id bigint, v bigint CHECK (v < 100), _load_id bigint, _row bigint)")
    landing.options["reject_limit"] = None
    landing.put("day.csv", "id,v\n1,x\n2,y\n3,300\n4,4\n" + "z,1\n" * 9)
    planned = plan(landing)
    found = {
        (r.column, r.code): (r.rows, [e.line_number for e in r.examples]) for r in planned.findings.reasons
    }
    assert found == {
        ("id", "not_an_integer"): (9, [6, 7, 8]),
        ("v", "not_an_integer"): (2, [2, 3]),
        (None, "23514"): (1, [4]),
    }
    (first, *_) = planned.as_json()["rejects"]
    assert first["examples"][0] == {"row": 5, "line": 6, "reason": "'z' is not an integer", "record": "z,1"}
    assert planned.outcome.counts.rejected == 12


def test_what_would_change_in_the_table_is_said(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"mode": "merge", "key": "id"}
    landing.put_and_load(OLD, "a.csv")
    landing.put("day.csv", "id,v,more\n1,10.5,x\n2,20,y\n9,9,z\n")
    assert plan(landing).changes == {
        "creates_table": False,
        "adds": [{"name": "more", "type": "text"}],
        "widens": [{"name": "v", "from": "bigint", "to": "numeric"}],
        "inserted": 1,
        "updated": 2,
        "unchanged": 0,
        "deduplicated": 0,
        "removed": 0,
    }


def test_rows_of_an_older_version_that_would_go_are_counted(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load(OLD)
    landing.put("day.csv", "id,v\n1,10\n")
    planned = plan(landing)
    assert (planned.changes["removed"], planned.changes["inserted"]) == (3, 1)
    assert len(landing.rows()) == 3


def test_what_is_loaded_already_would_be_skipped(landing: Landing) -> None:
    landing.put_and_load(OLD)
    planned = plan(landing)
    assert (planned.outcome.state, planned.outcome.load_id) == ("skipped", 1)


def test_a_file_that_was_only_touched_would_be_skipped_and_stays_unknown(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load(OLD)
    landing.put("day.csv", OLD)
    before = state(landing)
    assert plan(landing).outcome.state == "skipped"
    assert state(landing) == before


def test_a_load_beside_a_plan_goes_on(folder_landing: Landing) -> None:
    """The plan holds no lock on the object: who loads it meanwhile is not told that it is under way."""
    landing = folder_landing
    landing.put_and_load(OLD, "a.csv")
    landing.put("day.csv", "id,v\n8,8\n")
    pipeline = landing.pipeline
    version = open_source(landing.source).head("day.csv")
    order = make_order(version, pipeline, "orders", pipeline.datasets["orders"])
    with RehearsalDatabase(landing.database_url).admit(order.request, order.dataset) as admission:
        assert admission.transaction is not None
        assert landing.load().state == "loaded"
    assert landing.states() == ["loaded*", "loaded*"]
