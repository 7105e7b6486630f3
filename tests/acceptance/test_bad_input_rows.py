"""Rows that do not fit: rejected with line, column and reason, while the others are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from loadstone.model.batch import Reject
from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.workspace import Workspace

COLUMNS: dict[str, Any] = {"id": {"type": "integer", "required": True}, "v": {"type": "text"}}
Place = tuple[int, int, str | None, str, str]

# What the file holds, the rows that are loaded, and the rejects: row, line, column, code, reason.
ROWS: dict[str, tuple[bytes, list[tuple[Any, ...]], list[Place]]] = {
    "an unclosed quote": (
        b'id,v\n1,a\n2,"open\n3,c\n4,d\n',
        [(1, "a"), (3, "c"), (4, "d")],
        [(2, 3, None, "unclosed_quote", "a quote opens and is never closed")],
    ),
    "a NUL byte": (
        b"id,v\n1,a\n2,b\0c\n3,d\n",
        [(1, "a"), (3, "d")],
        [(2, 3, "v", "nul_character", "'b\\x00c' holds a NUL character, which PostgreSQL cannot store")],
    ),
    "broken UTF-8": (
        b"id,v\n1,a\n2,b\xff\xfec\n3,d\n",
        [(1, "a"), (3, "d")],
        [(2, 3, "v", "invalid_utf8", r"'b\xff\xfec' is not valid UTF-8")],
    ),
    "too few and too many cells": (
        b"id,v\n1\n2,b\n3,c,d\n",
        [(2, "b")],
        [
            (1, 2, None, "too_few_cells", "the record has 1 instead of 2 cells"),
            (3, 4, None, "too_many_cells", "the record has 3 instead of 2 cells"),
        ],
    ),
    "a missing required value and a wrong one": (
        b"id,v\n,a\nx,b\n99999999999,c\n4,d\n",
        [(4, "d")],
        [
            (1, 2, "id", "required", ""),
            (2, 3, "id", "not_an_integer", "'x' is not an integer"),
            (3, 4, "id", "out_of_range", ""),
        ],
    ),
    "a line after one that spans two": (
        b'id,v\n1,"a\nb"\nx,c\n',
        [(1, "a\nb")],
        [(2, 4, "id", "not_an_integer", "'x' is not an integer")],
    ),
}

JSON: dict[str, tuple[bytes, list[tuple[Any, ...]], list[Place]]] = {
    "a line that is no JSON": (
        b'{"id": 1, "v": "a"}\n{"id": 2, "v": \n{"id": 3, "v": "c"}\n',
        [(1, "a"), (3, "c")],
        [(2, 2, None, "invalid_json", "")],
    ),
    "a line that is no object": (
        b'[1]\n{"id": 2, "v": "b"}\n7\n',
        [(2, "b")],
        [(1, 1, None, "not_an_object", ""), (3, 3, None, "not_an_object", "")],
    ),
    "half a surrogate pair and a NUL": (
        b'{"id": 1, "v": "\\ud800"}\n{"id": 2, "v": "\\u0000"}\n{"id": 3, "v": "c"}\n',
        [(3, "c")],
        [(1, 1, "v", "invalid_utf8", ""), (2, 2, "v", "nul_character", "")],
    ),
    "a number where a text ends": (
        b'{"id": 1.5, "v": "a"}\n{"id": null, "v": "b"}\n{"v": "c"}\n{"id": 4}\n',
        [(4, None)],
        [
            (1, 1, "id", "not_an_integer", "'1.5' is not an integer"),
            (2, 2, "id", "required", ""),
            (3, 3, "id", "required", ""),
        ],
    ),
}


@pytest.fixture
def workspace(database_url: str) -> Iterator[Workspace]:
    dataset = {"files": "*", "table": "orders", "columns": COLUMNS, "reject_limit": "100%"}
    with Workspace(Pipeline.from_dict({"datasets": {"orders": dataset}}), database_url) as opened:
        yield opened


def load(workspace: Workspace, path: Path, content: bytes) -> LoadOutcome:
    path.write_bytes(content)
    (outcome,) = workspace.load([str(path)])
    assert outcome.state == "loaded", outcome.error
    counts = outcome.counts
    assert counts.read == counts.inserted + counts.rejected
    return outcome


def assert_rejected(found: list[Reject], expected: list[Place], content: bytes) -> None:
    places = [(r.row_number, r.line_number, r.column, r.code) for r in found]
    assert places == [place[:4] for place in expected]
    for reject, (*_, reason) in zip(found, expected, strict=True):
        assert reject.reason == reason if reason else reject.reason
        assert reject.raw == content[reject.byte_offset :][: reject.byte_length]


@pytest.mark.parametrize("named", [*ROWS, *JSON])
def test_rows_that_do_not_fit_are_kept_aside_with_their_place_and_reason(
    workspace: Workspace, connection: psycopg.Connection, tmp_path: Path, named: str
) -> None:
    content, rows, rejects = {**ROWS, **JSON}[named]
    outcome = load(workspace, tmp_path / ("day.csv" if named in ROWS else "day.jsonl"), content)
    assert connection.execute("SELECT id, v FROM orders ORDER BY id").fetchall() == rows
    assert_rejected(list(workspace.rejects(outcome.load_id)), rejects, content)


def test_a_cell_of_ten_megabytes_is_loaded(
    workspace: Workspace, connection: psycopg.Connection, tmp_path: Path
) -> None:
    load(workspace, tmp_path / "day.csv", b"id,v\n1," + b"x" * 10_000_000 + b"\n2,b\n")
    found = connection.execute(
        "SELECT id, length(v), md5(v) = md5(repeat('x', 10000000)) FROM orders"
    ).fetchall()
    assert found == [(1, 10_000_000, True), (2, 1, False)]


def test_a_record_beyond_the_limit_is_a_reject_that_keeps_its_beginning(
    workspace: Workspace, connection: psycopg.Connection, tmp_path: Path
) -> None:
    content = b"id,v\n1," + b"x" * 17_000_000 + b"\n2,b\n"
    outcome = load(workspace, tmp_path / "day.csv", content)
    assert connection.execute("SELECT id, v FROM orders").fetchall() == [(2, "b")]
    (reject,) = workspace.rejects(outcome.load_id)
    assert (reject.line_number, reject.code) == (2, "record_too_long")
    assert reject.reason == "the record is longer than 16,777,216 bytes"
    assert reject.byte_length == 17_000_003
    assert reject.raw == content[5 : 5 + 65_536]


def test_a_nested_value_where_a_number_is_expected_is_a_reject(
    workspace: Workspace, connection: psycopg.Connection, tmp_path: Path
) -> None:
    content = b'{"id": {"a": 1}, "v": "a"}\n{"id": 2, "v": {"b": [1, 2]}}\n'
    outcome = load(workspace, tmp_path / "day.jsonl", content)
    assert connection.execute("SELECT id, v FROM orders").fetchall() == [(2, '{"b": [1, 2]}')]
    (reject,) = workspace.rejects(outcome.load_id)
    assert (reject.line_number, reject.column) == (1, "id")


def test_a_row_with_several_faults_is_one_reject_that_tells_them_all(
    workspace: Workspace, tmp_path: Path
) -> None:
    outcome = load(workspace, tmp_path / "day.csv", b"id,v\nx,b\xff\n")
    (reject,) = workspace.rejects(outcome.load_id)
    assert (reject.column, reject.code) == ("id", "not_an_integer")
    assert [other[:2] for other in reject.others] == [("v", "invalid_utf8")]
