"""What each mode makes of a file, of the same file again, and of changed ones: from file to table."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.landing import Landing

A = "id,v\n1,a\n2,b\n"
B = "id,v\n2,B\n3,c\n"
ROWS_A = [(1, "a"), (2, "b")]
ROWS_B = [(2, "B"), (3, "c")]

BY_KEY = {"mode": "merge", "key": "id"}

# options, then the table after B came over A, and after A came back
OVERWRITES: dict[str, tuple[dict[str, Any], list[Any], list[Any], list[str]]] = {
    "append, replace_rows": ({}, ROWS_B, ROWS_A, ["replaced", "replaced", "loaded*"]),
    "append, append": (
        {"on_overwrite": "append"},
        sorted(ROWS_A + ROWS_B),
        sorted(ROWS_A + ROWS_B + ROWS_A),
        ["loaded", "loaded", "loaded*"],
    ),
    "append, ignore": ({"on_overwrite": "ignore"}, ROWS_A, ROWS_A, ["loaded*"]),
    "merge, upsert": (
        BY_KEY,
        [(1, "a"), (2, "B"), (3, "c")],
        [(1, "a"), (2, "b"), (3, "c")],
        ["replaced", "replaced", "loaded*"],
    ),
    "merge, replace_rows": (
        {**BY_KEY, "on_overwrite": "replace_rows"},
        ROWS_B,
        ROWS_A,
        ["replaced", "replaced", "loaded*"],
    ),
    "merge, ignore": ({**BY_KEY, "on_overwrite": "ignore"}, ROWS_A, ROWS_A, ["loaded*"]),
    "replace": ({"mode": "replace"}, ROWS_B, ROWS_A, ["replaced", "replaced", "loaded*"]),
    "replace, delete": (
        {"mode": "replace", "method": "delete"},
        ROWS_B,
        ROWS_A,
        ["replaced", "replaced", "loaded*"],
    ),
}


@pytest.mark.parametrize("named", OVERWRITES)
def test_a_file_comes_twice_is_changed_and_changed_back(landing: Landing, named: str) -> None:
    landing.options, after_b, after_a, states = OVERWRITES[named]
    assert landing.put_and_load(A).state == "loaded"
    assert landing.load().state == "skipped"
    assert landing.rows() == ROWS_A
    expected = "skipped" if landing.options.get("on_overwrite") == "ignore" else "loaded"
    assert landing.put_and_load(B).state == expected
    assert landing.rows() == after_b
    assert landing.load().state == "skipped"
    assert landing.put_and_load(A).state == expected
    assert landing.rows() == after_a
    assert landing.states() == states


@pytest.mark.parametrize("named", OVERWRITES)
def test_a_file_that_is_loaded_again_on_demand_leaves_the_table_as_it_was(
    folder_landing: Landing, named: str
) -> None:
    landing = folder_landing
    landing.options = OVERWRITES[named][0]
    landing.put_and_load(A)
    assert landing.load(again=True).state == "loaded"
    assert landing.rows() == ROWS_A


@pytest.mark.parametrize("options", [{}, BY_KEY, {"mode": "replace"}], ids=["append", "merge", "replace"])
def test_everything_works_through_pgbouncer(
    folder_landing: Landing, pgbouncer_url: str, options: dict[str, Any]
) -> None:
    landing = folder_landing
    landing.database_url = pgbouncer_url
    landing.options = {
        **options,
        "reject_limit": None,
        "columns": {"id": {"type": "integer", "required": True}},
    }
    assert landing.put_and_load(A + ",nobody\n").counts.rejected == 1
    assert landing.put_and_load(B).state == "loaded"
    assert landing.states() == ["replaced", "loaded*"]
    expected = [(1, "a"), *ROWS_B] if options.get("mode") == "merge" else ROWS_B
    assert landing.rows() == expected


@pytest.mark.parametrize("options", [{}, BY_KEY], ids=["append", "merge"])
def test_a_statement_trigger_fires_once_per_file(folder_landing: Landing, options: dict[str, Any]) -> None:
    landing = folder_landing
    landing.options = {**options, "columns": {"id": {"type": "integer"}, "v": {"type": "text"}}}
    landing.query("CREATE TABLE orders (id integer PRIMARY KEY, v text, _load_id bigint, _row bigint)")
    landing.query("CREATE TABLE fired (rows bigint)")
    landing.query(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO fired SELECT count(*) FROM new_rows; RETURN NULL; END'"
    )
    landing.query(
        "CREATE TRIGGER note AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION note()"
    )
    lines = "".join(f"{number},{'x' * 100}\n" for number in range(15_000))
    assert landing.put_and_load("id,v\n" + lines).counts.inserted == 15_000
    assert landing.rows("rows", "fired") == [(15_000,)]


@pytest.mark.parametrize("method", ["truncate", "delete"])
def test_views_grants_and_indexes_of_a_replaced_table_survive(folder_landing: Landing, method: str) -> None:
    landing = folder_landing
    landing.options = {"mode": "replace", "method": method, "indexes": ["v"]}
    landing.put_and_load(A)
    landing.query("CREATE VIEW names AS SELECT v FROM orders")
    landing.query("GRANT SELECT ON orders TO PUBLIC")
    kept = "SELECT oid, relacl::text FROM pg_class WHERE relname LIKE 'orders%%' ORDER BY oid"
    before = landing.query(kept)
    landing.put_and_load(B, "tomorrow.csv")
    assert landing.rows("v", "names") == [("B",), ("c",)]
    assert landing.query(kept) == before
    assert len(before) == 3  # the table, the index of lineage, the one on v


def test_a_replace_by_a_file_without_rows_is_refused_unless_it_is_allowed(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"mode": "replace"}
    landing.put_and_load(A)
    refused = landing.put_and_load("id,v\n")
    assert (refused.state, refused.error_code) == ("failed", "empty_replace")
    assert "allow_empty" in (refused.hint or "")
    assert landing.rows() == ROWS_A
    landing.options["allow_empty"] = True
    assert landing.load().state == "loaded"
    assert landing.rows() == []


def test_a_table_that_foreign_keys_point_to_is_not_replaced(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.query("CREATE TABLE orders (id bigint PRIMARY KEY, v text, _load_id bigint, _row bigint)")
    landing.query("CREATE TABLE lines (id bigint REFERENCES orders)")
    landing.options = {"mode": "replace"}
    refused = landing.put_and_load(A)
    assert refused.state == "failed"
    assert "foreign keys" in (refused.error or "")
    assert "method: delete" in (refused.hint or "")
    assert landing.rows() == []
    landing.options["method"] = "delete"
    assert landing.load().state == "loaded"


@pytest.mark.parametrize(
    ("partition_by", "parts"),
    [
        ({"hash": ["v"], "partitions": 3}, 3),
        ({"range": ["id"], "partitions": {"low": [0, 2], "high": [2, 100], "rest": "default"}}, 3),
        ({"list": ["v"], "partitions": {"letters": ["a", "b", "B"], "rest": "default"}}, 2),
    ],
    ids=["hash", "range", "list"],
)
@pytest.mark.parametrize("options", [{}, BY_KEY, {"mode": "replace"}], ids=["append", "merge", "replace"])
def test_partitioned_tables_are_made_and_loaded(
    folder_landing: Landing, partition_by: dict[str, Any], parts: int, options: dict[str, Any]
) -> None:
    landing = folder_landing
    landing.options = {**options, "partition_by": partition_by}
    landing.put_and_load(A)
    landing.put_and_load(B)
    expected = [(1, "a"), *ROWS_B] if options.get("mode") == "merge" else ROWS_B
    assert landing.rows() == expected
    assert (
        len(landing.query("SELECT inhrelid FROM pg_inherits WHERE inhparent = 'orders'::regclass")) == parts
    )


def test_of_rows_with_one_key_the_last_of_a_file_wins_and_the_sum_is_right(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"mode": "append", "key": "id", "deduplicate": "last"}
    counts = landing.put_and_load("id,v\n1,a\n2,b\n1,c\n,d\n1,e\n").counts
    assert (counts.read, counts.inserted, counts.deduplicated) == (5, 3, 2)
    assert landing.rows() == [(1, "e"), (2, "b"), (None, "d")]


def test_a_late_old_file_does_not_undo_a_newer_one(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = BY_KEY
    landing.put("old.csv", "id,v\n1,old\n2,old\n")
    landing.put("new.csv", "id,v\n1,new\n")
    landing.load("new.csv")
    late = landing.load("old.csv")
    assert (late.counts.inserted, late.counts.unchanged) == (1, 1)
    assert landing.rows() == [(1, "new"), (2, "old")]


def test_the_newer_row_wins_by_a_column_whatever_the_age_of_the_files(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {**BY_KEY, "order_by": "at"}
    landing.put_and_load("id,v,at\n1,later,5\n2,earlier,1\n", "a.csv")
    landing.put_and_load("id,v,at\n1,earlier,4\n2,later,2\n", "b.csv")
    assert landing.rows() == [(1, "later"), (2, "later")]


def test_undo_takes_the_rows_of_a_load_and_the_file_can_be_loaded_again(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load(A, "a.csv")
    second = landing.put_and_load(B, "b.csv")
    assert landing.undo(second.load_id) == "undone"
    assert landing.rows() == ROWS_A
    assert landing.load("b.csv").state == "loaded"
    assert landing.rows() == sorted(ROWS_A + ROWS_B)
    assert landing.states() == ["loaded*", "undone", "loaded*"]


def test_every_row_says_which_load_it_came_from(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load(A, "a.csv")
    landing.put_and_load(B, "b.csv")
    joined = landing.query(
        "SELECT key, _row, v FROM orders JOIN loadstone.loads ON load_id = _load_id ORDER BY 1, 2"
    )
    assert joined == [("a.csv", 1, "a"), ("a.csv", 2, "b"), ("b.csv", 1, "B"), ("b.csv", 2, "c")]
