"""Elements that pass their contract and that PostgreSQL refuses: their records become rejects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.landing import Landing

MODES = {
    "append": {},
    "merge": {"mode": "merge", "key": "id"},
    "replace": {"mode": "replace"},
    "replace by key": {"mode": "replace", "key": "id", "deduplicate": "last"},
}


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def order(number: int, *skus: Any, **more: Any) -> dict[str, Any]:
    return {"id": number, "items": [{"sku": sku} for sku in skus], **more}


@pytest.fixture
def landing(folder_landing: Landing) -> Landing:
    folder_landing.options = {"reject_limit": None, "children": {"items": {}}}
    return folder_landing


def items(landing: Landing) -> list[tuple[Any, ...]]:
    """Order, place and article of every item, by the row of its order."""
    return landing.query(
        "SELECT id, _position, sku::text FROM orders JOIN orders_items USING (_load_id, _row) ORDER BY 1, 2"
    )


def orders(landing: Landing) -> list[int]:
    return [number for (number,) in landing.query("SELECT id FROM orders ORDER BY 1")]


def told(landing: Landing, load_id: int | None = None) -> list[tuple[Any, ...]]:
    return [(reject.row_number, reject.column, reject.code) for reject in landing.rejects(load_id)]


def counted(landing: Landing) -> tuple[int, int, int]:
    """What the ledger says of the newest load: read, loaded, rejected."""
    (row,) = landing.query(
        "SELECT rows_read, rows_loaded, rows_rejected FROM loadstone.loads ORDER BY load_id DESC LIMIT 1"
    )
    return row


@pytest.mark.parametrize("mode", MODES)
def test_a_record_with_an_element_that_a_check_refuses_is_a_reject(landing: Landing, mode: str) -> None:
    landing.options |= MODES[mode]
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query("ALTER TABLE orders_items ADD CONSTRAINT no_b CHECK (sku <> 'b')")
    bad = order(3, "x", "y", "b", "b", note="kept")
    landing.put("two.jsonl", lines(order(2, "c"), bad, order(4, "d", "e"), order(5)))
    outcome = landing.load("two.jsonl")
    assert outcome.state == "loaded", outcome.error
    assert (outcome.counts.read, outcome.counts.inserted, outcome.counts.rejected) == (4, 3, 1)
    assert counted(landing) == (4, 3, 1)
    (child,) = outcome.children
    assert (child.read, child.inserted, child.left_out) == (7, 3, 4)
    kept = [(1, 0, "a")] if mode in {"append", "merge"} else []
    assert items(landing) == [*kept, (2, 0, "c"), (4, 0, "d"), (4, 1, "e")]
    assert landing.query("SELECT count(*) FROM orders_items") == [(len(kept) + 3,)]
    assert 3 not in orders(landing)
    (reject,) = landing.rejects(outcome.load_id)
    assert (reject.row_number, reject.line_number) == (2, 2)
    assert (reject.column, reject.code) == ("items[2].sku", "23514")
    assert "no_b" in reject.reason
    assert json.loads(reject.raw) == bad


@pytest.mark.parametrize("mode", ["append", "merge"])
def test_what_was_refused_is_replayed_once_the_constraint_is_gone(landing: Landing, mode: str) -> None:
    landing.options |= MODES[mode]
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query("ALTER TABLE orders_items ADD CONSTRAINT no_b CHECK (sku <> 'b')")
    load = landing.put_and_load(lines(order(2, "c"), order(3, "x", "b"), order(4, "b")), "two.jsonl")
    still = landing.replay(load.load_id or 0, rejects=True)
    assert (still.state, still.counts.rejected) == ("loaded", 2), still.error
    assert told(landing, load.load_id) == [(2, "items[1].sku", "23514"), (3, "items[0].sku", "23514")]
    landing.query("ALTER TABLE orders_items DROP CONSTRAINT no_b")
    again = landing.replay(load.load_id or 0, rejects=True)
    assert (again.state, again.counts.inserted) == ("loaded", 2), again.error
    assert items(landing) == [(1, 0, "a"), (2, 0, "c"), (3, 0, "x"), (3, 1, "b"), (4, 0, "b")]
    assert counted(landing) == (3, 3, 0)
    landing.undo(load.load_id)
    assert items(landing) == [(1, 0, "a")]


#: What refuses an element -> how it comes to, the column that is told, and the code.
REFUSALS = {
    "a domain": (
        """
        CREATE DOMAIN article AS text CHECK (value <> 'b');
        ALTER TABLE orders_items ALTER sku TYPE article;
        """,
        "items[1].sku",
        "23514",
    ),
    "an enum, in the codec": (
        """
        CREATE TYPE article AS ENUM ('a', 'c');
        ALTER TABLE orders_items ALTER sku TYPE article USING sku::article;
        """,
        "items[1].sku",
        "not_a_label",
    ),
    "an array of a domain": (
        """
        CREATE DOMAIN article AS text CHECK (value <> 'b');
        ALTER TABLE orders_items ALTER sku TYPE article[] USING ARRAY[sku];
        """,
        "items[1].sku",
        None,
    ),
    "a cast": (
        """
        ALTER TABLE orders_items ALTER sku TYPE cidr USING '10.0.0.0/8';
        """,
        "items[1].sku",
        "22P02",
    ),
    "a unique index": (
        """
        CREATE UNIQUE INDEX one_b ON orders_items (sku) WHERE sku = 'b';
        INSERT INTO orders_items (_load_id, _row, _position, sku) SELECT _load_id, _row, 9, 'b' FROM orders;
        """,
        "items[1].sku",
        "23505",
    ),
    "an exclusion constraint": (
        """
        ALTER TABLE orders_items ADD EXCLUDE USING btree (sku WITH =) WHERE (sku = 'b');
        INSERT INTO orders_items (_load_id, _row, _position, sku) SELECT _load_id, _row, 9, 'b' FROM orders;
        """,
        "items[1].sku",
        "23P01",
    ),
    "NOT NULL": (
        """
        ALTER TABLE orders_items ALTER sku SET NOT NULL;
        """,
        "items[1].sku",
        "required",
    ),
    "another foreign key": (
        """
        CREATE TABLE articles (sku text PRIMARY KEY);
        INSERT INTO articles VALUES ('a'), ('c');
        ALTER TABLE orders_items ADD FOREIGN KEY (sku) REFERENCES articles;
        """,
        "items[1].sku",
        "23503",
    ),
    "a trigger": (
        """
        CREATE FUNCTION no_b() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
            IF new.sku = 'b' THEN RAISE EXCEPTION 'not that one'; END IF;
            RETURN new;
        END$$;
        CREATE TRIGGER no_b BEFORE INSERT ON orders_items FOR EACH ROW EXECUTE FUNCTION no_b();
        """,
        "items[1]",
        "P0001",
    ),
    "a generated column": (
        """
        ALTER TABLE orders_items ADD inverse integer GENERATED ALWAYS AS (1 / (ascii(sku) - 98)) STORED;
        """,
        "items[1]",
        "22012",
    ),
    "a deferred constraint": (
        """
        ALTER TABLE orders_items ADD CONSTRAINT once EXCLUDE USING btree (sku WITH =)
            WHERE (sku = 'b') DEFERRABLE INITIALLY DEFERRED;
        INSERT INTO orders_items (_load_id, _row, _position, sku) SELECT _load_id, _row, 9, 'b' FROM orders;
        """,
        "items[1].sku",
        "23P01",
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_whatever_refuses_an_element_rejects_its_record(landing: Landing, refusal: str) -> None:
    ddl, column, code = REFUSALS[refusal]
    good, bad = {
        "a cast": ("10.1.0.0/16", "10.1.0.1/16"),
        "an array of a domain": ("{a,c}", "{a,b}"),
        "NOT NULL": ("c", None),
    }.get(refusal, ("c", "b"))
    landing.options["children"]["items"]["columns"] = {"sku": {"type": "text"}}
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query(ddl)
    if refusal == "an array of a domain":
        landing.options["children"]["items"]["columns"] = {"sku": {"type": "article[]"}}
    before = items(landing)
    outcome = landing.put_and_load(lines(order(2, good), order(3, good, bad), order(4, good)), "two.jsonl")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 2, 1), (
        outcome.error
    )
    assert orders(landing) == [1, 2, 4]
    assert items(landing) == [*before, (2, 0, good), (4, 0, good)]
    (reject,) = landing.rejects(outcome.load_id)
    assert (reject.row_number, reject.column) == (2, column)
    assert code is None or reject.code == code


def test_a_new_table_with_a_domain_and_a_cast_rejects_records_too(landing: Landing) -> None:
    landing.query("CREATE DOMAIN article AS text CHECK (value <> 'b')")
    landing.options["children"]["items"]["columns"] = {"sku": {"type": "article"}, "net": {"type": "cidr"}}
    records = [
        {"id": 1, "items": [{"sku": "a", "net": "10.0.0.0/8"}]},
        {"id": 2, "items": [{"sku": "a", "net": "10.0.0.0/8"}, {"sku": "b", "net": "10.0.0.0/8"}]},
        {"id": 3, "items": [{"sku": "a", "net": "10.0.0.0/8"}, {"sku": "a", "net": "10.0.0.1/8"}]},
        {"id": 4, "items": []},
    ]
    outcome = landing.put_and_load(lines(*records), "one.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (2, 2), outcome.error
    assert told(landing) == [(2, "items[1].sku", "23514"), (3, "items[1].net", "22P02")]
    assert items(landing) == [(1, 0, "a")]
    keys = (
        "SELECT contype::text FROM pg_constraint WHERE conrelid = 'orders_items'::regclass AND contype <> 'n'"
    )
    assert sorted(landing.query(keys)) == [("f",), ("p",)]


def test_a_value_that_a_cast_would_change_rejects_its_record(landing: Landing) -> None:
    landing.options["children"]["items"]["columns"] = {"sku": {"type": "name"}}
    outcome = landing.put_and_load(lines(order(1, "a"), order(2, "b", "x" * 64)), "one.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 1)
    assert told(landing) == [(2, "items[1].sku", "22001")]
    assert items(landing) == [(1, 0, "a")]


def test_an_element_may_be_called_as_the_rows_that_wait_are(landing: Landing) -> None:
    landing.options["children"]["items"]["columns"] = {
        "net": {"type": "cidr", "rename": "_record"},
        "x": {"type": "text", "rename": "_record_"},
    }
    records = [{"id": n, "items": [{"net": f"10.0.0.{n}/8", "x": "x"}]} for n in range(2)]
    outcome = landing.put_and_load(lines(*records), "one.jsonl")
    assert outcome.state == "loaded", outcome.error
    assert told(landing) == [(2, "items[0]._record", "22P02")]
    assert landing.query("SELECT _record::text, _record_ FROM orders_items") == [("10.0.0.0/8", "x")]


def test_a_record_that_is_refused_makes_way_for_the_one_before_it(landing: Landing) -> None:
    landing.options |= MODES["merge"]
    landing.put_and_load(lines(order(1, "a", v=1), order(2, "c", v=1)), "one.jsonl")
    landing.query("ALTER TABLE orders_items ADD CHECK (sku <> 'b')")
    records = [order(1, "new", v=2), order(1, "b", v=3), order(2, "b", v=2)]
    outcome = landing.put_and_load(lines(*records), "two.jsonl")
    assert (outcome.counts.updated, outcome.counts.rejected, outcome.counts.deduplicated) == (1, 2, 0)
    assert items(landing) == [(1, 0, "new"), (2, 0, "c")]
    assert landing.query("SELECT id, v FROM orders ORDER BY 1") == [(1, 2), (2, 1)]


def test_what_only_a_refused_record_stood_in_the_way_of_goes_in(landing: Landing) -> None:
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query(
        "CREATE UNIQUE INDEX ON orders_items (sku); ALTER TABLE orders_items ADD CHECK (sku <> 'b')"
    )
    records = [order(2, "c", "b"), order(3, "c"), order(4, "d"), order(5, "d"), order(6, "e", "e")]
    outcome = landing.put_and_load(lines(*records), "two.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (2, 3)
    assert items(landing) == [(1, 0, "a"), (3, 0, "c"), (4, 0, "d")]
    assert told(landing, outcome.load_id) == [
        (1, "items[1].sku", "23514"),
        (4, "items[0].sku", "23505"),
        (5, "items[1].sku", "23505"),
    ]


def test_refusals_of_several_lists_and_of_the_records_themselves_add_up(landing: Landing) -> None:
    landing.options["children"] = {"items": {}, "tags": {}}
    landing.put_and_load(lines(order(1, "a", tags=["x"])), "one.jsonl")
    for table, column in (("orders_items", "sku"), ("orders_tags", "value")):
        landing.query(f"ALTER TABLE {table} ADD CHECK ({column} <> 'b')")
    landing.query("ALTER TABLE orders ADD CHECK (id <> 9)")
    records = [
        order(2, "b", tags=["b"]),
        order(3, "c", tags=["y", "b"]),
        order(9, "d", tags=["z"]),
        order(4, "e", tags=["w"]),
        order(9, "b"),
    ]
    outcome = landing.put_and_load(lines(*records), "two.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 4)
    assert orders(landing) == [1, 4]
    assert landing.query("SELECT value FROM orders_tags ORDER BY 1") == [("w",), ("x",)]
    assert told(landing, outcome.load_id) == [
        (1, "items[0].sku", "23514"),
        (2, "tags[1].value", "23514"),
        (3, None, "23514"),
        (5, None, "23514"),
    ]
    assert [(c.read, c.inserted, c.left_out) for c in outcome.children] == [(5, 1, 4), (5, 1, 4)]


def test_elements_that_are_referred_to_stay_with_their_record(landing: Landing) -> None:
    landing.options |= MODES["merge"]
    landing.put_and_load(lines(order(1, "a"), order(2, "c")), "one.jsonl")
    landing.query(
        "CREATE TABLE notes (orders_id bigint, _position integer,"
        " FOREIGN KEY (orders_id, _position) REFERENCES orders_items); INSERT INTO notes VALUES (1, 0)"
    )
    landing.query("ALTER TABLE orders_items ADD CHECK (true)")
    outcome = landing.put_and_load(lines(order(1, "z"), order(2, "y")), "two.jsonl")
    assert (outcome.state, outcome.counts.rejected) == ("loaded", 1), outcome.error
    assert told(landing, outcome.load_id) == [(1, "items", "23503")]
    assert items(landing) == [(1, 0, "a"), (2, 0, "y")]


def test_a_parent_that_is_partitioned_already_has_children_by_its_key(landing: Landing) -> None:
    landing.options |= MODES["merge"]
    landing.query(
        "CREATE TABLE orders (id bigint PRIMARY KEY, _load_id bigint, _row bigint) PARTITION BY HASH (id)"
    )
    for part in range(2):
        remainder = f"WITH (MODULUS 2, REMAINDER {part})"
        landing.query(f"CREATE TABLE orders_{part} PARTITION OF orders FOR VALUES {remainder}")
    first = landing.put_and_load(lines(order(1, "a"), order(2, "c")), "one.jsonl")
    assert first.state == "loaded", first.error
    landing.query("ALTER TABLE orders_items ADD CHECK (sku <> 'b')")
    landing.put_and_load(lines(order(1, "b"), order(2, "d"), order(3, "e")), "two.jsonl")
    assert items(landing) == [(1, 0, "a"), (2, 0, "d"), (3, 0, "e")]


@pytest.mark.parametrize("limit", [2, "10%"])
def test_the_reject_limit_holds_for_what_children_refuse(landing: Landing, limit: int | str) -> None:
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query("ALTER TABLE orders_items ADD CHECK (sku <> 'b')")
    landing.options["reject_limit"] = limit
    records = [order(n, "b" if n % 5 == 0 else "c") for n in range(2, 202)]
    outcome = landing.put_and_load(lines(*records), "two.jsonl")
    assert (outcome.state, outcome.error_code) == ("failed", "reject_limit_exceeded")
    assert "the database refused" in (outcome.error or "")
    assert items(landing) == [(1, 0, "a")]


def test_a_plan_tells_what_a_child_would_refuse(landing: Landing) -> None:
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query("ALTER TABLE orders_items ADD CHECK (sku <> 'b')")
    landing.put("two.jsonl", lines(order(2, "b"), order(3, "c")))
    with landing.workspace() as workspace:
        (planned,) = workspace.plan([landing.uri("two.jsonl")])
    (reason,) = planned.findings.reasons
    assert (reason.column, reason.code, reason.rows) == ("items[0].sku", "23514", 1)
    assert items(landing) == [(1, 0, "a")]


def test_a_check_that_is_added_while_a_load_runs_fails_it_with_the_way_out(landing: Landing) -> None:
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query(
        """
        CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
            ALTER TABLE orders_items ADD CHECK (sku <> 'b'); RETURN new;
        END$$;
        CREATE TRIGGER meanwhile AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION meanwhile()
        """
    )
    outcome = landing.put_and_load(lines(order(2, "b")), "two.jsonl")
    assert (outcome.state, outcome.error_code) == ("failed", "23514")
    assert "load again" in (outcome.hint or "")
    assert orders(landing) == [1]
    landing.query("DROP TRIGGER meanwhile ON orders; ALTER TABLE orders_items ADD CHECK (sku <> 'b')")
    assert landing.load("two.jsonl").counts.rejected == 1


def test_parents_fire_their_statement_triggers_once(landing: Landing) -> None:
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.query(
        "CREATE TABLE fired (n bigint);"
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        " INSERT INTO fired SELECT count(*) FROM new_rows; RETURN NULL; END$$;"
        "CREATE TRIGGER note AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION note();"
        "ALTER TABLE orders_items ADD CHECK (sku <> 'b')"
    )
    landing.put_and_load(lines(order(2, "b"), order(3, "c"), order(4, "d")), "two.jsonl")
    assert landing.query("SELECT n FROM fired") == [(2,)]


def test_where_nothing_can_refuse_an_element_parents_go_into_their_table_directly(landing: Landing) -> None:
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    assert not _staged(landing, "two.jsonl")
    landing.query("CREATE INDEX ON orders_items USING brin (_load_id)")
    assert not _staged(landing, "three.jsonl")
    landing.query("ALTER TABLE orders_items ADD CHECK (sku <> 'b')")
    assert _staged(landing, "four.jsonl")


def _staged(landing: Landing, key: str) -> bool:
    """Whether a load sets the parents' rows aside: a trigger sees the load's temporary tables."""
    landing.query(
        "DROP TABLE IF EXISTS seen; CREATE TABLE seen AS SELECT ''::text AS name WHERE false;"
        "CREATE OR REPLACE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO seen"
        " SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'; RETURN new; END$$;"
        "CREATE OR REPLACE TRIGGER look BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION look()"
    )
    landing.put_and_load(lines(order(7, "c")), key)
    return landing.query("SELECT EXISTS (SELECT FROM seen WHERE name LIKE '%\\_rows')") == [(True,)]


_numbers = count()

SKU = st.sampled_from("abcdefgh")
RECORD = st.tuples(st.integers(0, 6), st.lists(SKU, max_size=4))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(RECORD, max_size=6), records=st.lists(RECORD, max_size=40), merges=st.booleans())
def test_refused_records_are_as_if_they_had_never_come(
    folder_landing: Landing,
    before: list[tuple[int, list[str]]],
    records: list[tuple[int, list[str]]],
    merges: bool,
) -> None:
    landing = folder_landing
    landing.query("DROP TABLE IF EXISTS orders, orders_items CASCADE")
    landing.options = {
        "reject_limit": None,
        "columns": {"id": {"type": "bigint"}},
        "children": {"items": {"columns": {"sku": {"type": "text"}}}},
        **(MODES["merge"] if merges else {}),
    }
    first = landing.put_and_load(
        lines(order(9, "a"), *(order(n, *skus) for n, skus in before)), f"{next(_numbers)}.jsonl"
    )
    assert first.state == "loaded", first.error
    landing.query("ALTER TABLE orders_items ADD CHECK (sku NOT IN ('b', 'h')) NOT VALID")
    outcome = landing.put_and_load(
        lines(order(8), *(order(n, *skus) for n, skus in records)), f"{next(_numbers)}.jsonl"
    )
    assert outcome.state == "loaded", outcome.error

    def fits(record: tuple[int, list[str]]) -> bool:
        return not {"b", "h"} & set(record[1])

    good = [record for record in records if fits(record)]
    expected: Iterable[tuple[int, list[str]]] = [(9, ["a"]), *before, (8, []), *good]
    if merges:
        expected = dict(expected).items()
    stored = landing.query(
        "SELECT id, coalesce(array_agg(sku ORDER BY _position) FILTER (WHERE sku IS NOT NULL), '{}')"
        " FROM orders AS o LEFT JOIN orders_items AS i USING (_load_id, _row) GROUP BY o._load_id, o._row, id"
    )
    assert sorted(stored) == sorted(expected)
    refused = {reject.row_number for reject in landing.rejects(outcome.load_id)}
    lost = {
        i + 2
        for i, record in enumerate(records)
        if not fits(record) and not (merges and _loses(i, records, fits))
    }
    assert refused == lost
    assert counted(landing)[0] == len(records) + 1


def _loses(index: int, records: list[tuple[int, list[str]]], fits: Any) -> bool:
    """Whether a later record of the same key goes in, so that nobody asks what this one holds."""
    return any(other[0] == records[index][0] and fits(other) for other in records[index + 1 :])
