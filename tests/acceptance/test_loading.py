"""Loading files from the command line: what is printed, what is in the table, how it ends."""

from __future__ import annotations

import psycopg
import pytest

from fixtures.commandline import CommandLine

CSV = "id,amount,note\n1,10,a\n2,20,b\n3,30,c\n"
TYPED = """
datasets:
  orders:
    files: "*.csv"
    reject_limit: 50%
    columns:
      id: {type: integer, required: true}
      amount: {type: integer, range: [0, 100]}
      note: {type: text}
"""
DIRTY = 'id,amount,note\n1,10,a\n2,x,b\n,30,"c\nd"\n4,400,e\n5,50,\x1b[31mred\n'


def test_a_file_is_loaded_into_a_table_named_after_it_and_only_once(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("orders.csv", CSV)
    first = loadstone("load", "orders.csv")
    assert first.out.startswith("loaded ")
    assert "orders.csv -> orders: 3 rows, " in first.out
    assert first.out.endswith("load 1\n")
    assert loadstone("load", "orders.csv").out.startswith("skipped ")
    rows = connection.execute("SELECT id, amount, note FROM orders ORDER BY id").fetchall()
    assert rows == [(1, 10, "a"), (2, 20, "b"), (3, 30, "c")]


def test_json_is_one_document_and_says_what_was_decided(loadstone: CommandLine) -> None:
    loadstone.write("orders.csv", CSV)
    (load,) = loadstone("load", "orders.csv", "--json").document["loads"]
    assert (load["state"], load["dataset"], load["table"], load["load_id"]) == (
        "loaded",
        "orders",
        "orders",
        1,
    )
    assert (load["rows_read"], load["rows_loaded"], load["rows_rejected"]) == (3, 3, 0)
    assert (load["bytes"], load["error"]) == (len(CSV), None)
    assert load["dialect"]["delimiter"] == ","
    assert load["columns"] == [
        {"source": "id", "name": "id", "type": "bigint"},
        {"source": "amount", "name": "amount", "type": "bigint"},
        {"source": "note", "name": "note", "type": "text"},
    ]


def test_table_mode_key_and_all_text_need_no_pipeline_file(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("day1.csv", "id,v\n1,01\n2,02\n")
    loadstone.write("day2.csv", "id,v\n2,22\n3,33\n")
    for day in ("day1.csv", "day2.csv"):
        loadstone("load", day, "--table", "shop.items", "--mode", "merge", "--key", "id", "--all-text")
    rows = connection.execute("SELECT id, v FROM shop.items ORDER BY id").fetchall()
    assert rows == [("1", "01"), ("2", "22"), ("3", "33")]


def test_a_table_is_the_same_however_it_is_written(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("orders.csv", CSV)
    assert " -> orders: 3 rows" in loadstone("load", "orders.csv").out
    for written in ("orders", "public.orders", "Public.Orders", '"public"."orders"'):
        assert loadstone("load", "orders.csv", "--table", written).out.startswith("skipped ")
        (load,) = loadstone("load", "orders.csv", "--table", written, "--json").document["loads"]
        assert (load["state"], load["table"], load["load_id"]) == ("skipped", written, 1)
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    assert loadstone("history", "--json").document["loads"][0]["table"] == "public.orders"


def test_without_a_uri_everything_is_loaded_that_the_pipeline_names(loadstone: CommandLine) -> None:
    loadstone.write("pipeline.yaml", "source: data\n" + TYPED)
    loadstone.write("data/a.csv", CSV)
    loadstone.write("data/b.csv", CSV)
    result = loadstone("load")
    assert len(result.out.splitlines()) == 3
    assert result.out.splitlines()[-1].startswith("2 objects: 2 loaded; 6 rows loaded, 0 rejected, ")
    assert "2 skipped" in loadstone("load").out


def test_options_stand_before_or_after_the_command(loadstone: CommandLine) -> None:
    loadstone.write("elsewhere.yaml", TYPED)
    loadstone.write("a.csv", CSV)
    for words in (
        ["--json", "-f", "elsewhere.yaml", "load", "a.csv"],
        ["load", "a.csv", "--json", "-f", "elsewhere.yaml"],
    ):
        assert loadstone(*words).document["loads"][0]["dataset"] == "orders"


def test_rejects_are_shown_with_line_column_and_reason_and_nothing_a_terminal_obeys(
    loadstone: CommandLine,
) -> None:
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "100%"))
    loadstone.write("orders.csv", DIRTY)
    loaded = loadstone("load", "orders.csv")
    assert "2 rows, 3 rejected" in loaded.out
    assert "hint: loadstone rejects 1 shows the rows that did not fit" in loaded.err
    shown = loadstone("rejects")
    lines = shown.out.splitlines()
    assert lines[0].split() == ["row", "line", "column", "code", "reason", "record"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["2", "3", "amount"],
        ["3", "4", "id"],
        ["4", "6", "amount"],
    ]
    assert "\\n" in lines[2]
    assert "3 rejected rows" in shown.err
    summary = loadstone("rejects", 1, "--summary").out.splitlines()
    assert len(summary) == 4
    document = loadstone("rejects", 1, "--json").document
    assert [reject["row_number"] for reject in document["rejects"]] == [2, 3, 4]
    assert document["rejects"][1]["raw"].rstrip("\n") == ',30,"c\nd"'
    assert document["load"]["load_id"] == 1


def test_rejected_rows_are_mended_and_loaded_under_their_own_numbers(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "100%"))
    loadstone.write("orders.csv", DIRTY)
    loadstone("load", "orders.csv")
    file = loadstone("rejects", 1, "--format", "csv").out
    assert file.startswith("_row,_line,_reason,id,amount,note\n2,3,")
    mended = file.replace(",2,x,b", ",2,21,b").replace(',,30,"c\nd"', ',3,30,"c\nd"')
    loadstone.write("mended.csv", mended)
    result = loadstone("replay", 1, "--rejects", "mended.csv", "--json").document["loads"][0]
    assert (result["state"], result["load_id"]) == ("loaded", 1)
    rows = connection.execute("SELECT id, amount, _load_id, _row FROM orders ORDER BY _row").fetchall()
    assert rows == [(1, 10, 1, 1), (2, 21, 1, 2), (3, 30, 1, 3), (5, 50, 1, 5)]
    (left,) = loadstone("rejects", 1, "--json").document["rejects"]
    assert left["row_number"] == 4


def test_rejected_rows_are_tried_again_when_the_rules_have_changed(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "100%"))
    loadstone.write("orders.csv", DIRTY)
    loadstone("load", "orders.csv")
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "100%").replace("[0, 100]", "[0, 1000]"))
    loadstone("replay", 1, "--rejects")
    assert connection.execute("SELECT id FROM orders ORDER BY _row").fetchall() == [(1,), (4,), (5,)]


def test_strict_makes_a_reject_a_failure_of_the_command_and_not_of_the_load(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "100%"))
    loadstone.write("orders.csv", DIRTY)
    loadstone("load", "orders.csv", "--strict", code=1)
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_too_many_rejects_fail_the_load_and_its_reasons_stay(loadstone: CommandLine) -> None:
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "1"))
    loadstone.write("orders.csv", DIRTY)
    failed = loadstone("load", "orders.csv", code=1)
    assert failed.out.startswith("failed ")
    assert "error: " in failed.err
    assert "hint: " in failed.err
    history = loadstone("history", "--json").document["loads"]
    assert [load["state"] for load in history] == ["failed"]
    assert loadstone("rejects", history[0]["load_id"], "--json").document["rejects"]


def test_one_object_that_fails_does_not_keep_others_from_loading(loadstone: CommandLine) -> None:
    loadstone.write("pipeline.yaml", "source: data\n" + TYPED)
    loadstone.write("data/a.csv", CSV)
    loadstone.write("data/b.csv", "")
    loadstone.write("data/c.csv", CSV)
    loads = loadstone("load", "--json", code=1).document["loads"]
    assert sorted(load["state"] for load in loads) == ["failed", "loaded", "loaded"]


def test_history_undo_and_replay(loadstone: CommandLine, connection: psycopg.Connection) -> None:
    loadstone.write("orders.csv", CSV)
    loadstone("load", "orders.csv")
    assert "undone " in loadstone("undo", 1).out
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    assert loadstone("load", "orders.csv", "--json").document["loads"][0]["state"] == "loaded"
    assert loadstone("replay", "orders.csv", "--json").document["loads"][0]["rows_loaded"] == 3
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)
    shown = loadstone("history").out.splitlines()
    assert shown[0].split() == ["load", "dataset", "state", "when", "rows", "rejects", "took", "object"]
    states = [load["state"] for load in loadstone("history", "--json").document["loads"]]
    assert states == ["loaded", "replaced", "undone"]
    assert loadstone("history", "--limit", 1, "--dataset", "orders", "--json").document["loads"][0][
        "is_current"
    ]
    assert loadstone("history", "--dataset", "none").out == ""


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["load", "missing.csv"], 1, "missing.csv"),
        (["load"], 2, "error: nothing to load is named"),
        (["load", "a.csv", "--dataset", "orders"], 2, "there is no dataset 'orders'"),
        (["load", "a.csv", "--mode", "merge"], 2, "mode: merge needs a key"),
        (["load", "-f", "none.yaml"], 2, "error: none.yaml: there is no such file"),
        (["rejects", "99"], 1, "99"),
        (["undo", "99"], 1, "99"),
        (["replay", "99"], 1, "99"),
        (["undo", "x"], 2, "'x' is not a valid integer"),
        (["load", "a.csv", "--to", "mysql://h/d"], 2, "mysql:// is not a PostgreSQL database"),
        (["load", "a.csv", "--to", "postgresql://127.0.0.1:1/x"], 1, "error: "),
    ],
)
def test_mistakes_are_clear_errors(loadstone: CommandLine, words: list[str], code: int, told: str) -> None:
    loadstone.write("a.csv", CSV)
    result = loadstone(*words, code=code)
    assert told in result.err
    assert result.out == ""
    assert set(loadstone(*words, "--json", code=code).document) >= {"error"}


def test_migrate_makes_the_schema_and_prints_grants(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    assert loadstone("migrate").out
    assert loadstone("migrate").out == ""
    assert connection.execute("SELECT count(*) FROM loadstone.loads").fetchone() == (0,)
    assert "GRANT" in loadstone("migrate", "--grants", "loader").out
    assert loadstone("rejects").err == "no load has rejected rows\n"
    assert loadstone("history").err == "no loads yet\n"


def test_forget_takes_the_text_of_rejects_and_leaves_the_history(loadstone: CommandLine) -> None:
    loadstone.write("pipeline.yaml", TYPED.replace("50%", "100%"))
    loadstone.write("orders.csv", DIRTY)
    loadstone("load", "orders.csv")
    assert loadstone("forget", "--older-than", "1d", "--json").document["forgotten"]
    assert len(loadstone("rejects", 1, "--json").document["rejects"]) == 3
    loadstone("forget", "--older-than", "0h")
    kept = loadstone("rejects", 1, "--json").document["rejects"]
    assert all(not reject["raw"] for reject in kept)
    assert loadstone("history", "--json").document["loads"][0]["rows_rejected"] == 3


def test_reconcile_loads_what_is_missing_and_notes_what_went(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write(
        "pipeline.yaml", "source: landing" + TYPED.replace('"*.csv"', '"*.csv"\n    on_delete: remove_rows')
    )
    kept, gone = loadstone.write("landing/kept.csv", CSV), loadstone.write("landing/gone.csv", "id\n9\n")
    loadstone("load")
    gone.unlink()
    loadstone.write("landing/missed.csv", "id\n4\n")
    assert [line.split()[0] for line in loadstone("load").out.splitlines()[:2]] == ["skipped", "loaded"]
    loadstone.write("landing/missed.csv", "id\n5\n")
    found = loadstone("load", "--reconcile", "--json").document["loads"]
    assert [(one["uri"].rpartition("/")[2], one["state"]) for one in found] == [
        ("missed.csv", "loaded"),
        ("gone.csv", "removed"),
    ]
    assert connection.execute("SELECT id FROM orders ORDER BY id").fetchall() == [(1,), (2,), (3,), (5,)]
    assert loadstone("load", "--reconcile").out == ""
    refused = loadstone("load", "--reconcile", kept, code=2)
    assert "--reconcile is about the whole source" in refused.err
