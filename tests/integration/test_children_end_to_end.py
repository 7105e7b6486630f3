"""Lists within JSON records as tables of their own, from file to tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.landing import Landing
from loadstone.core.mended import mendable

ITEMS = {"children": {"items": {}}}
MERGE = {"mode": "merge", "key": "id", **ITEMS}


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def order(number: int, *skus: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "items": [{"sku": sku, "n": i} for i, sku in enumerate(skus)], **more}


@pytest.fixture
def landing(folder_landing: Landing) -> Landing:
    folder_landing.options = dict(ITEMS)
    return folder_landing


def items(landing: Landing) -> list[tuple[Any, ...]]:
    """Order, place and article of every item, by its order's row."""
    return landing.query(
        "SELECT id, _position, sku FROM orders JOIN orders_items USING (_load_id, _row) ORDER BY 1, 2"
    )


def merged(landing: Landing) -> list[tuple[Any, ...]]:
    """The same where items refer to the order's key."""
    return landing.query("SELECT orders_id, _position, sku FROM orders_items ORDER BY 1, 2")


@pytest.mark.parametrize("form", ["lines", "array"])
def test_elements_become_rows_that_refer_to_their_record(landing: Landing, form: str) -> None:
    records = [order(1, "a", "b"), order(2), order(3, "c")]
    content = lines(*records) if form == "lines" else json.dumps(records, indent=1)
    outcome = landing.put_and_load(content, "day.json")
    assert outcome.counts.inserted == 3
    assert [child.as_json() for child in outcome.children] == [
        {
            "key": "items",
            "table": "orders_items",
            "rows_read": 3,
            "rows_inserted": 3,
            "rows_discarded": 0,
            "rows_left_out": 0,
        }
    ]
    assert items(landing) == [(1, 0, "a"), (1, 1, "b"), (3, 0, "c")]
    assert "items" not in {name for (name,) in landing.query(COLUMNS)}
    (ledger,) = landing.query("SELECT dialect -> 'children' FROM loadstone.loads")
    assert ledger[0][0]["rows_inserted"] == 3


COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"


def test_types_of_elements_are_inferred_and_widened_as_those_of_records_are(landing: Landing) -> None:
    many = [{"id": n, "items": [{"price": n}]} for n in range(1, 1200)]
    late = {"id": 1200, "items": [{"price": 1.5, "note": "new"}]}
    outcome = landing.put_and_load(lines(*many, late), "day.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1200, 0)
    assert landing.query("SELECT price, note FROM orders_items WHERE note IS NOT NULL") == [(1.5, "new")]
    assert landing.query("SELECT DISTINCT pg_typeof(price)::text FROM orders_items") == [("numeric",)]


def test_elements_have_columns_as_configured(landing: Landing) -> None:
    columns = {"sku": {"rename": "article"}, "price": {"type": "numeric(6,2)", "range": [0, None]}}
    landing.options = {"children": {"items": {"table": "lines", "columns": columns}}}
    landing.put_and_load(lines({"id": 1, "items": [{"sku": "a", "price": "1.50"}]}), "day.jsonl")
    assert landing.query("SELECT article, price::text FROM lines") == [("a", "1.50")]


def test_a_list_of_values_has_one_column_and_an_object_is_one_row(landing: Landing) -> None:
    landing.options = {"children": {"tags": {}, "at": {}}}
    landing.put_and_load(lines({"id": 1, "tags": ["x", None, "y"], "at": {"lat": 1, "lon": 2}}), "d.jsonl")
    assert landing.query("SELECT _position, value FROM orders_tags ORDER BY 1") == [
        (0, "x"),
        (1, None),
        (2, "y"),
    ]
    assert landing.query("SELECT _position, lat, lon FROM orders_at") == [(0, 1, 2)]


def test_a_record_with_an_element_that_does_not_fit_is_rejected_as_a_whole(landing: Landing) -> None:
    columns = {"n": {"type": "integer"}}
    landing.options = {"reject_limit": None, "children": {"items": {"columns": columns}}}
    bad = {"id": 2, "items": [{"sku": "b", "n": 1}, {"sku": "c", "n": "x"}]}
    outcome = landing.put_and_load(lines(order(1, "a"), bad, order(3, "d")), "day.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (2, 1)
    assert outcome.children[0].read == 2
    assert items(landing) == [(1, 0, "a"), (3, 0, "d")]
    (reject,) = landing.rejects()
    assert (reject.row_number, reject.line_number, reject.column) == (2, 2, "items[1].n")
    assert (reject.code, reject.reason) == ("not_an_integer", "'x' is not an integer")
    assert json.loads(reject.raw) == bad


def test_an_element_of_another_kind_rejects_its_record(landing: Landing) -> None:
    landing.options["reject_limit"] = None
    landing.put_and_load(lines(order(1, "a"), {"id": 2, "items": [7]}), "day.jsonl")
    assert [(r.column, r.code) for r in landing.rejects()] == [("items[0]", "not_an_object")]
    assert items(landing) == [(1, 0, "a")]


def test_rejected_records_are_replayed_with_their_elements(landing: Landing) -> None:
    child: dict[str, Any] = {"columns": {"n": {"type": "integer"}}}
    landing.options = {"reject_limit": None, "children": {"items": child}}
    bad = {"id": 2, "items": [{"sku": "b", "n": 1}, {"sku": "c", "n": "x"}]}
    load = landing.put_and_load(lines(order(1, "a"), bad), "day.jsonl")
    child["columns"]["n"]["null_values"] = ["x"]
    again = landing.replay(load.load_id or 0, rejects=True)
    assert (again.state, again.counts.inserted) == ("loaded", 1)
    assert items(landing) == [(1, 0, "a"), (2, 0, "b"), (2, 1, "c")]
    (ledger,) = landing.query("SELECT dialect -> 'children' -> 0 ->> 'rows_inserted' FROM loadstone.loads")
    assert ledger == ("3",)


@pytest.mark.parametrize("options", [ITEMS, MERGE], ids=["append", "merge"])
def test_mended_records_are_loaded_with_their_elements(
    landing: Landing, tmp_path: Path, options: dict[str, Any]
) -> None:
    landing.options = {**options, "reject_limit": None, "columns": {"id": {"type": "integer"}}}
    load = landing.put_and_load(lines(order(1, "a"), {**order(2, "b", "c"), "id": "x"}), "day.jsonl")
    with landing.workspace() as workspace:
        record = workspace.find(load.load_id or 0)
    text = b"".join(mendable(iter(landing.rejects()), record.dialect or {}, []))
    mended = tmp_path / "mended.jsonl"
    mended.write_bytes(text.replace(b'"id": "x"', b'"id": 2'))
    again = landing.replay(load.load_id or 0, rejects=True, mended=mended)
    assert (again.state, again.counts.inserted) == ("loaded", 1), again.error
    assert landing.query("SELECT sku, _row FROM orders_items ORDER BY 1") == [("a", 1), ("b", 2), ("c", 2)]


def test_a_new_version_of_a_file_brings_its_own_elements(landing: Landing) -> None:
    landing.put_and_load(lines(order(1, "a"), order(2, "b", "c")), "day.jsonl")
    landing.put_and_load(lines(order(1, "z")), "other.jsonl")
    landing.put_and_load(lines(order(2, "d")), "day.jsonl")
    assert items(landing) == [(1, 0, "z"), (2, 0, "d")]
    assert landing.query("SELECT count(*) FROM orders_items") == [(2,)]


@pytest.mark.parametrize("options", [ITEMS, MERGE], ids=["append", "merge"])
def test_undo_takes_the_elements_with_their_records(landing: Landing, options: dict[str, Any]) -> None:
    landing.options = dict(options)
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    second = landing.put_and_load(lines(order(2, "b", "c")), "two.jsonl")
    landing.undo(second.load_id)
    assert landing.query("SELECT sku FROM orders_items") == [("a",)]


def test_a_deleted_file_takes_the_elements_with_its_records(landing: Landing) -> None:
    landing.options["on_delete"] = "remove_rows"
    landing.put_and_load(lines(order(1, "a")), "one.jsonl")
    landing.delete("one.jsonl")
    landing.event(None, "removed", key="one.jsonl")
    assert landing.query("SELECT count(*) FROM orders_items") == [(0,)]


def test_a_record_that_is_merged_again_replaces_its_elements(landing: Landing) -> None:
    landing.options = dict(MERGE)
    landing.put_and_load(lines(order(1, "a", "b"), order(2, "c")), "one.jsonl")
    outcome = landing.put_and_load(lines(order(1, "z"), order(3, "d")), "two.jsonl")
    assert (outcome.counts.inserted, outcome.counts.unchanged) == (1, 1)
    assert merged(landing) == [(1, 0, "z"), (2, 0, "c"), (3, 0, "d")]


def test_a_record_that_is_merged_without_elements_loses_those_it_had(landing: Landing) -> None:
    landing.options = dict(MERGE)
    landing.put_and_load(lines(order(1, "a"), order(2, "b")), "one.jsonl")
    landing.put_and_load(lines({"id": 1}), "two.jsonl")
    assert merged(landing) == [(2, 0, "b")]


def test_of_records_with_one_key_the_last_brings_its_elements(landing: Landing) -> None:
    landing.options = dict(MERGE)
    first = landing.put_and_load(lines(order(1, "a"), order(2, "b"), order(1, "c", "d")), "one.jsonl")
    assert (first.counts.deduplicated, first.children[0].left_out) == (1, 1)
    assert merged(landing) == [(1, 0, "c"), (1, 1, "d"), (2, 0, "b")]
    landing.put_and_load(lines(order(2, "x"), order(2, "y")), "two.jsonl")
    assert merged(landing) == [(1, 0, "c"), (1, 1, "d"), (2, 0, "y")]


def test_a_record_that_is_older_than_the_table_keeps_its_elements_out(landing: Landing) -> None:
    landing.options = {**MERGE, "order_by": "at"}
    landing.put_and_load(lines(order(1, "new", at=5)), "one.jsonl")
    late = landing.put_and_load(lines(order(1, "old", at=4), order(2, "b", at=4)), "two.jsonl")
    assert late.children[0].left_out == 1
    assert merged(landing) == [(1, 0, "new"), (2, 0, "b")]


def test_elements_that_changed_where_nothing_else_did_are_replaced_under_order_by(landing: Landing) -> None:
    landing.options = {**MERGE, "order_by": "at"}
    landing.put_and_load(lines(order(1, "a", at=5)), "one.jsonl")
    landing.put_and_load(lines(order(1, "b", at=5)), "two.jsonl")
    assert merged(landing) == [(1, 0, "b")]


def test_a_late_older_file_does_not_undo_the_elements_of_a_newer_one(landing: Landing) -> None:
    landing.options = dict(MERGE)
    landing.put("old.jsonl", lines(order(1, "old"), order(2, "b")))
    landing.put_and_load(lines(order(1, "new")), "new.jsonl")
    landing.load("old.jsonl")
    assert merged(landing) == [(1, 0, "new"), (2, 0, "b")]


@pytest.mark.parametrize("method", ["truncate", "delete"])
@pytest.mark.parametrize("key", [{}, {"key": "id", "deduplicate": "last"}], ids=["rows", "key"])
def test_replace_replaces_the_elements_too(landing: Landing, method: str, key: dict[str, Any]) -> None:
    landing.options = {**ITEMS, "mode": "replace", "method": method, **key}
    landing.put_and_load(lines(order(1, "a"), order(2, "b")), "one.jsonl")
    outcome = landing.put_and_load(lines(order(3, "c", "d"), order(4)), "two.jsonl")
    assert outcome.state == "loaded", outcome.error
    assert items(landing) == [(3, 0, "c"), (3, 1, "d")]
    assert landing.query("SELECT count(*) FROM orders_items") == [(2,)]


def test_a_record_without_its_key_is_rejected(landing: Landing) -> None:
    landing.options = {**MERGE, "reject_limit": None}
    landing.put_and_load(lines(order(1, "a"), {"items": [{"sku": "b", "n": 0}]}), "one.jsonl")
    assert [(r.column, r.code) for r in landing.rejects()] == [("id", "required")]
    assert merged(landing) == [(1, 0, "a")]


def test_elements_of_a_record_that_the_table_refuses_stay_out(landing: Landing) -> None:
    landing.query(
        "CREATE TABLE orders (id bigint CHECK (id < 9), _load_id bigint, _row bigint,"
        " UNIQUE (_load_id, _row))"
    )
    landing.options["reject_limit"] = None
    outcome = landing.put_and_load(lines(order(1, "a"), order(9, "b"), order(2, "c")), "day.jsonl")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (2, 1)
    assert outcome.children[0].left_out == 1
    assert items(landing) == [(1, 0, "a"), (2, 0, "c")]


def test_what_does_not_link_the_tables_is_said(landing: Landing) -> None:
    landing.query("CREATE TABLE orders (id bigint, _load_id bigint, _row bigint)")
    refused = landing.put_and_load(lines(order(1, "a")), "day.jsonl")
    assert refused.hint == 'CREATE UNIQUE INDEX ON "public"."orders" ("_load_id", "_row")'
    landing.query(refused.hint or "")
    landing.query("CREATE TABLE orders_items (sku text, n bigint)")
    refused = landing.put_and_load(lines(order(1, "a")), "day.jsonl")
    assert refused.error_code == "table_mismatch"
    landing.query("ALTER TABLE orders_items ADD _load_id bigint, ADD _position integer, ADD _row bigint")
    refused = landing.put_and_load(lines(order(1, "a")), "day.jsonl")
    assert refused.hint is not None
    landing.query(refused.hint)
    assert landing.put_and_load(lines(order(1, "a")), "day.jsonl").state == "loaded"
    assert items(landing) == [(1, 0, "a")]


def test_an_element_may_not_bring_the_column_that_links_it(landing: Landing) -> None:
    landing.options = dict(MERGE)
    bad = lines({"id": 1, "items": [{"orders_id": 5}]})
    outcome = landing.put_and_load(bad, "day.jsonl")
    assert outcome.error_code == "contract_error"
    landing.options["children"] = {"items": {"key": "of_order"}}
    assert landing.put_and_load(bad, "day.jsonl").state == "loaded"
    assert landing.query("SELECT of_order, orders_id FROM orders_items") == [(1, 5)]


def test_a_plan_tells_of_the_tables_and_writes_nothing(landing: Landing) -> None:
    landing.put("day.jsonl", lines(order(1, "a")))
    with landing.workspace() as workspace:
        (planned,) = workspace.plan([landing.uri("day.jsonl")])
    ddl = " ".join(planned.findings.ddl)
    assert 'CREATE TABLE "orders_items"' in ddl
    assert "ON DELETE CASCADE" in ddl
    assert landing.query("SELECT to_regclass('orders_items')") == [(None,)]


def test_a_file_without_any_element_makes_no_columns_of_the_list(landing: Landing) -> None:
    landing.put_and_load(lines({"id": 1, "items": []}, {"id": 2}), "one.jsonl")
    landing.put_and_load(lines(order(3, "a")), "two.jsonl")
    assert items(landing) == [(3, 0, "a")]
    assert landing.query("SELECT id FROM orders ORDER BY 1") == [(1,), (2,), (3,)]


def test_files_that_are_no_json_are_refused(landing: Landing) -> None:
    outcome = landing.put_and_load("id,items\n1,2\n", "day.csv")
    assert outcome.error_code == "configuration_error"


def test_flattened_records_keep_their_lists(landing: Landing) -> None:
    landing.options["format"] = {"nested": "flatten"}
    record = {"id": 1, "at": {"x": 1}, "items": [{"sku": "a", "price": {"amount": 2}}]}
    landing.put_and_load(lines(record), "day.jsonl")
    assert landing.query("SELECT id, at_x FROM orders") == [(1, 1)]
    assert landing.query("SELECT sku, price_amount FROM orders_items") == [("a", 2)]


_numbers = count()

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
ELEMENT = st.fixed_dictionaries({"a": st.none() | TEXT, "b": st.none() | st.integers(-(2**31), 2**31)})
DOCUMENT = st.fixed_dictionaries(
    {"name": TEXT, "xs": st.lists(ELEMENT, max_size=4), "ys": st.lists(st.none() | TEXT, max_size=4)}
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=st.lists(DOCUMENT, min_size=1, max_size=30),
    keys=st.lists(st.integers(0, 9), min_size=30, max_size=30),
    merges=st.booleans(),
    is_array=st.booleans(),
)
def test_records_and_elements_make_the_document_again(
    folder_landing: Landing, documents: list[dict[str, Any]], keys: list[int], merges: bool, is_array: bool
) -> None:
    landing = folder_landing
    landing.query("DROP TABLE IF EXISTS orders, orders_xs, orders_ys CASCADE")
    typed = {"a": {"type": "text"}, "b": {"type": "bigint"}}
    children = {"xs": {"columns": typed}, "ys": {"columns": {"value": {"type": "text"}}}}
    columns = {"id": {"type": "integer"}, "name": {"type": "text"}}
    landing.options = {"columns": columns, "children": children, "key": "id"}
    landing.options |= {"mode": "merge"} if merges else {}
    records = [{"id": key, **document} for key, document in zip(keys, documents, strict=False)]
    outcome = landing.put_and_load(
        json.dumps(records) if is_array else lines(*records), f"{next(_numbers)}.json"
    )
    assert outcome.state == "loaded", outcome.error
    stored = landing.query(REASSEMBLED)
    if merges:
        records = list({record["id"]: record for record in records}.values())
    assert canonical(row[0] for row in stored) == canonical(records)


def canonical(documents: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(document, sort_keys=True) for document in documents)


REASSEMBLED = """
SELECT json_build_object('id', id, 'name', name,
    'xs', (SELECT coalesce(json_agg(json_build_object('a', a, 'b', b) ORDER BY _position), '[]')
        FROM orders_xs AS c WHERE (c._load_id, c._row) = (o._load_id, o._row)),
    'ys', (SELECT coalesce(json_agg(value ORDER BY _position), '[]')
        FROM orders_ys AS c WHERE (c._load_id, c._row) = (o._load_id, o._row)))
FROM orders AS o
"""
