"""Rejected rows are written so that they can be mended, and read back byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.mended import MendedRecord, is_whole, mendable, read_mended
from loadstone.errors import FormatError
from loadstone.model.batch import Reject

COMMA = {"format": "csv", "delimiter": ",", "quote": '"', "escape": None}
DIALECTS = [
    COMMA,
    {"format": "csv", "delimiter": "\t", "quote": None},
    {"format": "csv", "delimiter": ";", "quote": "'", "escape": "\\"},
]
JSON = {"format": "jsonl"}


def reject(row: int, raw: bytes, reason: str = "'n/a' is not an integer") -> Reject:
    return Reject(row, row + 1, 0, len(raw), "a", "not_a_number", reason, raw)


def written(dialect: dict[str, Any], *rejects: Reject, names: tuple[str, ...] = ("id", "v")) -> bytes:
    return b"".join(mendable(rejects, dialect, names))


def read(dialect: dict[str, Any], text: bytes) -> list[MendedRecord]:
    return list(read_mended(text, dialect, where="mend.csv")[1])


def test_the_records_stand_behind_three_columns_of_ours_as_they_stood_in_the_file() -> None:
    text = written(
        COMMA, reject(5, b'1,"a ""q""\n b",n/a\r\n'), reject(9, b",,\n"), names=("id", "na,me", "v")
    )
    assert text.decode() == (
        '_row,_line,_reason,id,"na,me",v\n'
        '5,6,"a: \'n/a\' is not an integer",1,"a ""q""\n b",n/a\n'
        "9,10,\"a: 'n/a' is not an integer\",,,\n"
    )
    names, records = read_mended(text, COMMA, where="mend.csv")
    assert names == ("id", "na,me", "v")
    assert list(records) == [MendedRecord(5, 6, b'1,"a ""q""\n b",n/a'), MendedRecord(9, 10, b",,")]


def test_a_quote_that_never_closes_does_not_swallow_the_rows_after_it() -> None:
    text = written(COMMA, reject(1, b'1,"oops\n'), reject(2, b'2,"fine"\n'))
    assert [record.raw for record in read(COMMA, text)] == [b'1,"oops', b'2,"fine"']


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    cells=st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\r\n\t;,'\"\\\0", codec="utf-8")),
            min_size=2,
            max_size=2,
        ),
        max_size=5,
    ),
    reason=st.text(),
)
def test_what_is_written_is_read_back_whatever_the_cells_and_reasons(
    dialect: dict[str, Any], cells: list[list[str]], reason: str
) -> None:
    delimiter = dialect["delimiter"]
    raws = [delimiter.join(row).encode() for row in cells]
    rejects = [reject(row, raw + b"\r\n", reason) for row, raw in enumerate(raws, start=1)]
    found = [record.raw for record in read(dialect, written(dialect, *rejects))]
    assert found == raws


def test_an_editor_may_change_line_ends_quote_everything_and_add_a_byte_order_mark() -> None:
    text = '\ufeff"_row","_line","_reason","id","v"\r\n"5","6","why","1","2"\r\n\r\n'
    assert read(COMMA, text.encode()) == [MendedRecord(5, 6, b'"1","2"')]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "the file is empty"),
        (b"id,v\n1,2\n", "does not begin with _row,_line,_reason"),
        (b"_row;_line;_reason;id\n1;2;x;3\n", "does not begin with _row,_line,_reason"),
        (b"_row,_line,_reason,id\nx,2,why,3\n", "line 2 does not begin with the numbers"),
        (b"_row,_line,_reason,id\n1,2,why,3\n\n4,,why,3\n", "line 4 does not begin with the numbers"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_with_the_way_out(text: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what) as raised:
        read(COMMA, text)
    assert raised.value.hint


def test_json_lines_keep_their_numbers_and_the_order_of_their_keys() -> None:
    raw = b'{"v": 1.10, "id": 12345678901234567890, "n": {"a": []}}'
    text = written(JSON, reject(3, raw + b"\n"), reject(4, b"{}\n"))
    assert text.splitlines()[0].startswith(b'{"_row": 3, "_line": 4, "_reason": "a: \'n/a\' is')
    assert read(JSON, text) == [MendedRecord(3, 4, raw), MendedRecord(4, 5, b"{}")]


@pytest.mark.parametrize("raw", [b"oops", b"[1, 2]", b'"text"', b"\xff\xfe broken", b"17"])
def test_a_line_that_is_no_object_comes_back_as_it_was_unless_mended(raw: bytes) -> None:
    text = written(JSON, reject(3, raw + b"\r\n"))
    assert b'"_raw"' in text
    assert read(JSON, text) == [MendedRecord(3, 4, raw)]


def test_json_lines_without_our_keys_are_refused() -> None:
    with pytest.raises(FormatError, match="line 2 does not begin with the keys _row, _line and _reason"):
        read(JSON, b'{"_row": 1, "_line": 2, "_reason": "\\"x\\""}\n{"id": 1}\n')


def test_a_record_that_was_cut_or_forgotten_is_not_whole() -> None:
    assert is_whole(Reject(1, 2, 0, 6, None, "c", "r", b"1,2,3\n"))
    assert is_whole(Reject(1, 2, 0, 7, None, "c", "r", b"1,2,3"))
    assert not is_whole(Reject(1, 2, 0, 70_000, None, "c", "r", b"1,2,3"))
    assert not is_whole(Reject(1, 2, 0, 6, None, "c", "r", b""))


def test_an_object_over_several_lines_is_mended_on_one():
    raw = b'{\r\n  "a": "x y",\n\t"b": [\n1 ]\n}'
    reject = Reject(3, 7, 20, len(raw), "a", "not_an_integer", "no", raw)
    (line,) = mendable([reject], {"format": "json"}, ())
    assert line == b'{"_row": 3, "_line": 7, "_reason": "a: no", "a": "x y", "b": [ 1 ] }\n'
    _, (record,) = read_mended(line, {"format": "json"}, where="f")
    assert json.loads(record.raw) == json.loads(raw)


def test_a_broken_object_over_several_lines_keeps_its_line_ends():
    raw = b'{"a": "x\ny"}'
    reject = Reject(3, 7, 20, len(raw), None, "invalid_json", "no", raw)
    (line,) = mendable([reject], {"format": "json"}, ())
    _, (record,) = read_mended(line, {"format": "json"}, where="f")
    assert record.raw == raw
