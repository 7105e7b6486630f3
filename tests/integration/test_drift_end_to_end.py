"""Files whose columns differ from the contract or from the table."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.landing import Landing

KNOWN: dict[str, Any] = {"id": {"type": "integer"}, "v": {"type": "text"}}


def test_evolve_adds_a_column_with_the_type_that_the_file_shows(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load("id,v\n1,a\n", "a.csv")
    landing.put_and_load("id,Net Price,v\n2,1.50,b\n", "b.csv")
    assert landing.types() == {"id": "bigint", "v": "text", "net_price": "numeric"}
    assert landing.query("SELECT id, v, net_price::text FROM orders ORDER BY id") == [
        (1, "a", None),
        (2, "b", "1.50"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2,b\n3,c\n", "it has no header, so none of its columns is"),
        ("x,y\n2,b\n", "not one of its columns is"),
    ],
)
def test_a_file_that_shares_no_column_with_the_table_is_refused(
    folder_landing: Landing, text: str, why: str
) -> None:
    landing = folder_landing
    landing.put_and_load("id,v\n1,a\n", "a.csv")
    failed = landing.put_and_load(text, "b.csv")
    assert (failed.state, failed.error_code) == ("failed", "contract_error")
    assert f"does not look like one of orders: {why} in the table" in str(failed.error)
    assert landing.types() == {"id": "bigint", "v": "text"}


def test_freeze_fails_the_load_and_changes_nothing(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"contract": "freeze", "columns": KNOWN}
    landing.put_and_load("id,v\n1,a\n", "a.csv")
    failed = landing.put_and_load("id,v,more\n2,b,c\n", "b.csv")
    assert (failed.state, failed.error_code) == ("failed", "contract_error")
    assert landing.types() == {"id": "integer", "v": "text"}
    assert landing.rows() == [(1, "a")]


def test_discard_value_leaves_the_column_out_and_says_so(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"contract": "discard_value", "columns": KNOWN}
    outcome = landing.put_and_load("id,v,more\n1,a,x\n")
    assert outcome.notes == ("left out, since the contract does not know it: more",)
    assert landing.rows() == [(1, "a")]
    assert landing.types() == {"id": "integer", "v": "text"}


def test_discard_row_leaves_out_rows_that_have_a_value_there(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"contract": "discard_row", "columns": KNOWN}
    counts = landing.put_and_load("id,v,more\n1,a,x\n2,b,\n").counts
    assert (counts.read, counts.inserted, counts.discarded) == (2, 1, 1)
    assert landing.rows() == [(2, "b")]


def test_columns_are_told_by_name_never_by_position(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"columns": KNOWN}
    landing.put_and_load("id,v\n1,a\n", "a.csv")
    outcome = landing.put_and_load("V,Id\nb,2\n", "b.csv")
    assert outcome.counts.inserted == 1
    assert landing.rows() == [(1, "a"), (2, "b")]


def test_a_missing_column_is_null_or_its_default_and_says_so(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"columns": {**KNOWN, "w": {"type": "integer", "default": 7}}}
    outcome = landing.put_and_load("id\n1\n")
    assert set(outcome.notes) == {"v is not in the file: NULL", "w is not in the file: '7'"}
    assert landing.rows("id, v, w") == [(1, None, 7)]


def test_constants_and_facts_about_the_object_are_columns(landing: Landing) -> None:
    landing.options = {
        "columns": {
            **KNOWN,
            "shop": {"constant": "north", "type": "text"},
            "file": {"metadata": "file_name"},
            "path": {"metadata": "key"},
            "bytes": {"metadata": "size"},
            "written": {"metadata": "modified"},
            "at": {"metadata": "loaded_at"},
        }
    }
    landing.put("2026/day.csv", "id,v\n1,a\n")
    assert landing.load("2026/day.csv").state == "loaded"
    assert landing.rows("shop, file, path, bytes") == [("north", "day.csv", "2026/day.csv", 9)]
    ((known, at_known_time),) = landing.query(
        "SELECT written = object_time, at BETWEEN started_at - interval '1 min' AND now()"
        " FROM orders JOIN loadstone.loads ON load_id = _load_id"
    )
    assert (known, at_known_time) == (True, True)


LATE = "".join(f'{{"id": {number}}}\n' for number in range(1_200))


def test_a_json_key_that_comes_late_is_a_column_for_whatever_comes_later_still(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    late = '{"id": 1200, "n": 1, "t": "2", "b": true, "o": {"a": [1]}}\n{"id": 1201, "n": 2.5, "t": "x"}\n'
    outcome = landing.put_and_load(LATE + late, "day.jsonl")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 1_202, 0)
    assert landing.types() == {"id": "bigint", "n": "numeric", "t": "text", "b": "boolean", "o": "jsonb"}
    rows = landing.query("SELECT n::text, t, b, o FROM orders WHERE id >= 1200 ORDER BY id")
    assert rows == [("1", "2", True, {"a": [1]}), ("2.5", "x", None, None)]
    assert landing.states() == ["loaded*"]


def test_a_json_key_that_comes_late_is_text_where_types_are_text(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"types": "text"}
    landing.put_and_load(LATE + '{"id": 1200, "n": 1, "o": {"a": 1}}\n', "day.jsonl")
    assert landing.types() == {"id": "text", "n": "text", "o": "text"}
    assert landing.query("SELECT n, o FROM orders WHERE n IS NOT NULL") == [("1", '{"a": 1}')]


@pytest.mark.parametrize(
    ("contract", "rows", "rejected", "discarded"),
    [("freeze", 1_200, 1, 0), ("discard_row", 1_200, 0, 1), ("discard_value", 1_201, 0, 0)],
)
def test_what_a_late_json_key_does_is_what_the_contract_says(
    folder_landing: Landing, contract: str, rows: int, rejected: int, discarded: int
) -> None:
    landing = folder_landing
    landing.options = {"contract": contract, "columns": {"id": {"type": "integer"}}}
    counts = landing.put_and_load(LATE + '{"id": 1200, "n": 1}\n', "day.jsonl").counts
    assert (counts.inserted, counts.rejected, counts.discarded) == (rows, rejected, discarded)
    assert landing.types() == {"id": "integer"}


def test_a_json_key_that_differs_from_a_column_by_case_alone_is_refused(folder_landing: Landing) -> None:
    landing = folder_landing
    failed = landing.put_and_load(LATE + '{"id": 1200, "ID": 1}\n', "day.jsonl")
    assert (failed.state, failed.error) == ("failed", "'id' and 'ID' would become the same column 'id'")
    assert landing.states() == ["failed"]


def test_a_file_without_rows_decides_no_types_for_the_files_after_it(landing: Landing) -> None:
    empty = landing.put_and_load("id,v\n", "a.csv")
    assert (empty.state, empty.counts.read) == ("loaded", 0)
    assert landing.query("SELECT to_regclass('orders')") == [(None,)]
    assert landing.put_and_load("id,v\n1,2.5\n", "b.csv").counts.inserted == 1
    assert landing.types() == {"id": "bigint", "v": "numeric"}
    later = landing.put_and_load("id,v,at\n", "c.csv")
    (note,) = later.notes
    assert note.endswith("the type of 'at': the column will be made when a file with rows comes")
    landing.put_and_load("id,v,at\n2,3,2026-01-01\n", "d.csv")
    assert landing.types() == {"id": "bigint", "v": "numeric", "at": "date"}
    assert landing.states() == ["loaded*"] * 4


def test_a_file_of_which_every_record_is_broken_makes_no_table_and_keeps_its_rejects(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    outcome = landing.put_and_load("id,v\n1\n1,2,3\n", "a.csv")
    assert (outcome.state, outcome.counts.rejected) == ("loaded", 2)
    assert landing.reject_places() == [(2, None, "too_few_cells"), (3, None, "too_many_cells")]
    assert landing.put_and_load("[1]\n2\n", "b.jsonl").counts.rejected == 2
    assert landing.query("SELECT to_regclass('orders')") == [(None,)]


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_file_without_rows_waits_for_types_in_every_mode(folder_landing: Landing, mode: str) -> None:
    landing = folder_landing
    landing.options = {"mode": mode, "key": "id", "allow_empty": True}
    assert landing.put_and_load("id,v\n", "a.csv").state == "loaded"
    landing.put_and_load("id,v\n1,a\n", "b.csv")
    assert landing.rows() == [(1, "a")]


def test_a_replace_by_a_file_without_rows_is_refused_also_where_there_is_no_table_yet(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    landing.options = {"mode": "replace"}
    assert landing.put_and_load("id,v\n").error_code == "empty_replace"
