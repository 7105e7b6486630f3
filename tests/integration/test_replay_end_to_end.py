"""Rows that were rejected: by the file, by the database; tried again, mended, limited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.landing import Landing
from loadstone.core.mended import mendable

KNOWN: dict[str, Any] = {"id": {"type": "integer"}, "v": {"type": "text"}}
DIRTY = 'id,v\n1,a\nx,"b\n2"\n3,c\n'
MERGE = {"mode": "merge", "key": "id"}


@pytest.fixture
def lenient(folder_landing: Landing) -> Landing:
    folder_landing.options = {"columns": KNOWN, "reject_limit": None}
    return folder_landing


def test_a_load_is_replayed_by_its_number_and_its_rows_go_first(landing: Landing) -> None:
    first = landing.put_and_load("id,v\n1,a\n2,b\n")
    again = landing.replay(first.load_id or 0)
    assert again.state == "loaded"
    assert landing.rows() == [(1, "a"), (2, "b")]
    assert landing.states() == ["replaced", "loaded*"]


def test_rejected_rows_are_tried_again_after_the_contract_was_mended(lenient: Landing) -> None:
    load = lenient.put_and_load(DIRTY)
    assert (load.counts.inserted, load.counts.rejected) == (2, 1)
    lenient.options["columns"] = {**KNOWN, "id": {"type": "integer", "null_values": ["x"]}}
    again = lenient.replay(load.load_id or 0, rejects=True)
    assert (again.state, again.load_id, again.counts.inserted) == ("loaded", load.load_id, 1)
    assert lenient.rows("id, v, _load_id, _row") == [(1, "a", 1, 1), (3, "c", 1, 3), (None, "b\n2", 1, 2)]
    with lenient.workspace() as workspace:
        record = workspace.find(1)
    assert (record.counts.inserted, record.counts.rejected) == (3, 0)
    assert record.counts.difference == 0


def test_rejected_rows_that_still_do_not_fit_stay_rejected(lenient: Landing) -> None:
    load = lenient.put_and_load(DIRTY)
    again = lenient.replay(load.load_id or 0, rejects=True)
    assert (again.counts.inserted, again.counts.rejected) == (0, 1)
    assert lenient.reject_places() == [(3, "id", "not_an_integer")]
    assert lenient.rows("id") == [(1,), (3,)]


@pytest.mark.parametrize("options", [{}, MERGE], ids=["append", "merge"])
def test_mended_rows_are_loaded_under_their_own_numbers(
    lenient: Landing, tmp_path: Path, options: dict[str, Any]
) -> None:
    lenient.options |= options
    load = lenient.put_and_load(DIRTY)
    with lenient.workspace() as workspace:
        record = workspace.find(1)
    lines = b"".join(mendable(iter(lenient.rejects(1)), record.dialect or {}, ["id", "v"]))
    mended = tmp_path / ".mended.csv"
    mended.write_bytes(lines.replace(b",x,", b",2,"))
    again = lenient.replay(load.load_id or 0, rejects=True, mended=mended)
    assert (again.state, again.error) == ("loaded", None)
    assert lenient.rows("id, v, _row") == [(1, "a", 1), (2, "b\n2", 2), (3, "c", 3)]
    assert lenient.states() == ["loaded*"]
    assert lenient.rejects(1) == []
    twice = lenient.replay(load.load_id or 0, rejects=True, mended=mended)
    assert (twice.state, twice.error_code) == ("failed", "no_open_reject")
    assert twice.hint
    assert lenient.rows("id") == [(1,), (2,), (3,)]


def test_rejects_of_a_load_that_was_undone_are_not_tried_again(lenient: Landing) -> None:
    load = lenient.put_and_load(DIRTY)
    lenient.undo(load.load_id)
    failed = lenient.replay(load.load_id or 0, rejects=True)
    assert (failed.state, failed.error_code) == ("failed", "nothing_to_replay")
    assert lenient.rows("id") == []


# What the table insists on, and the code of the reject of `2,b`.
REFUSALS = {
    "a check": ("ALTER TABLE orders ADD CHECK (id <> 2)", "23514"),
    "a foreign key": (
        """
        CREATE TABLE people (v text PRIMARY KEY);
        INSERT INTO people VALUES ('a'), ('c');
        ALTER TABLE orders ADD FOREIGN KEY (v) REFERENCES people
        """,
        "23503",
    ),
    "a unique index": (
        "CREATE UNIQUE INDEX ON orders (v); INSERT INTO orders VALUES (9, 'b')",
        "23505",
    ),
    "a trigger": (
        """
        CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN IF NEW.id = 2 THEN RAISE 'not two' USING ERRCODE = 'P0001'; END IF; RETURN NEW; END$$;
        CREATE TRIGGER never BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION never()
        """,
        "P0001",
    ),
    "an exclusion": (
        "ALTER TABLE orders ADD EXCLUDE USING btree (v WITH =); INSERT INTO orders VALUES (9, 'b')",
        "23P01",
    ),
}


@pytest.mark.parametrize("options", [{}, MERGE], ids=["append", "merge"])
@pytest.mark.parametrize("named", REFUSALS)
def test_a_row_that_the_database_refuses_is_a_reject_like_any_other(
    lenient: Landing, named: str, options: dict[str, Any]
) -> None:
    landing = lenient
    landing.options |= options
    made, code = REFUSALS[named]
    landing.query("CREATE TABLE orders (id integer, v text, _load_id bigint, _row bigint)")
    landing.query(made)
    outcome = landing.put_and_load("id,v\n1,a\n2,b\n3,c\n")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 2, 1)
    (reject,) = landing.rejects()
    assert (reject.row_number, reject.line_number, reject.code) == (2, 3, code)
    assert reject.raw == b"2,b\n"
    assert reject.reason
    assert [row for row in landing.rows() if row[0] != 9] == [(1, "a"), (3, "c")]


def test_a_deferred_constraint_fails_the_whole_load_with_its_reason(lenient: Landing) -> None:
    landing = lenient
    landing.query("CREATE TABLE people (v text PRIMARY KEY)")
    landing.query(
        "CREATE TABLE orders (id integer, v text REFERENCES people DEFERRABLE INITIALLY DEFERRED,"
        " _load_id bigint, _row bigint)"
    )
    failed = landing.put_and_load("id,v\n1,a\n")
    assert (failed.state, failed.error_code) == ("failed", "23503")
    assert landing.rows() == []
    assert landing.states() == ["failed"]


def rows_with_faults(rows: int, faults: int) -> str:
    return "id,v\n" + "".join(f"{'x' if number < faults else number},v\n" for number in range(rows))


@pytest.mark.parametrize(
    ("limit", "rows", "faults", "state"),
    [
        (2, 10, 2, "loaded"),
        (2, 10, 3, "failed"),
        ("10%", 100, 10, "loaded"),
        ("10%", 100, 11, "failed"),
        ("10%", 99, 90, "loaded"),
        (0, 10, 1, "failed"),
        (None, 200, 200, "loaded"),
    ],
)
def test_more_rejects_than_the_limit_fail_the_load_and_keep_their_reasons(
    folder_landing: Landing, limit: object, rows: int, faults: int, state: str
) -> None:
    landing = folder_landing
    landing.options = {"columns": KNOWN, "reject_limit": limit}
    outcome = landing.put_and_load(rows_with_faults(rows, faults))
    assert outcome.state == state
    assert len(landing.rejects(1)) == faults
    assert outcome.load_id == 1
    if state == "failed":
        assert outcome.error_code == "reject_limit_exceeded"
        assert landing.query("SELECT to_regclass('orders')") == [(None,)]


def test_rejected_rows_that_the_contract_leaves_out_by_now_are_discarded(lenient: Landing) -> None:
    lenient.options["contract"] = "discard_value"
    load = lenient.put_and_load("id,v,more\n1,a,x\nx,b,y\nz,c,\n")
    assert (load.counts.inserted, load.counts.rejected) == (1, 2)
    lenient.options |= {
        "contract": "discard_row",
        "columns": {**KNOWN, "id": {"type": "integer", "null_values": ["z"]}},
    }
    again = lenient.replay(load.load_id or 0, rejects=True)
    assert (again.state, again.error) == ("loaded", None)
    assert (again.counts.inserted, again.counts.discarded, again.counts.rejected) == (1, 1, 0)
    with lenient.workspace() as workspace:
        counts = workspace.find(1).counts
    assert (counts.inserted, counts.discarded, counts.rejected, counts.difference) == (2, 1, 0, 0)
    assert lenient.rows("id, v, _row") == [(1, "a", 1), (None, "c", 3)]
    assert lenient.rejects(1) == []


def test_a_mended_row_that_the_contract_leaves_out_is_discarded_and_the_others_stay_rejected(
    lenient: Landing, tmp_path: Path
) -> None:
    lenient.options["contract"] = "discard_row"
    load = lenient.put_and_load("id,v,more\n1,a,\nx,b,\ny,c,\n")
    with lenient.workspace() as workspace:
        record = workspace.find(1)
    first, *_, last = mendable(iter(lenient.rejects(1)), record.dialect or {}, ["id", "v", "more"])
    mended = tmp_path / ".mended.csv"
    mended.write_bytes(first + last.replace(b"y,c,", b"3,c,too much"))
    again = lenient.replay(load.load_id or 0, rejects=True, mended=mended)
    assert (again.state, again.counts.discarded) == ("loaded", 1)
    assert lenient.reject_places() == [(3, "id", "not_an_integer")]
    with lenient.workspace() as workspace:
        assert workspace.find(1).counts.difference == 0
