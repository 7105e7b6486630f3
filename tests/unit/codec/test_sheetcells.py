"""Cells that are written plainly are found in another way than others: what they say must be the same."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.codec.sharedstrings import SharedStrings
from loadstone.codec.sheet import SheetEncoder
from loadstone.codec.sheetrows import SheetRows
from loadstone.errors import FormatError
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.types import parse_type

Found = list[tuple[int, dict[int, tuple[bytes, int]]]]

STRINGS = SharedStrings(b"abcdef", array("q", [3 * 16, 3 * 16, 6 * 16]))  # "abc", "", "def"
STYLES = array("i", [0, 1, 3])

letters = st.sampled_from(["A", "B", "Z", "AA", "AB", "XFD"])
attributes = st.tuples(
    st.sampled_from(["", ' s="0"', ' s="1"', ' s="2"', ' s="7"']), st.sampled_from(["", ' t="s"', ' t="n"'])
).map("".join)
values = st.one_of(
    st.integers(0, 2).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["00", "007", "1.", ".5", "-", "1e", "40513.351388888892", "", " 1", "&#49;", "x"]),
)
cells = st.tuples(letters, attributes, values)


def read(sheet: str) -> Found | str:
    rows = SheetRows(STRINGS, STYLES, is_1904=False)
    try:
        found: Found = rows.read_head(f"<worksheet><sheetData>{sheet}</sheetData></worksheet>".encode(), 1000)
    except FormatError as error:
        return re.sub("[0-9]", "", str(error))
    return found


def rows_of(table: Sequence[tuple[int, Sequence[tuple[str, str, str]]]], cell: str) -> str:
    return "".join(
        f'<row r="{number}">'
        + "".join(
            cell.format(reference=f"{column}{number}", attributes=more, value=value)
            for column, more, value in row
        )
        + "</row>"
        for number, row in table
    )


@given(st.lists(st.tuples(st.integers(1, 1_048_576), st.lists(cells, max_size=5)), max_size=4))
def test_a_plain_cell_says_what_the_same_cell_says_written_in_another_way(
    table: list[tuple[int, list[tuple[str, str, str]]]],
) -> None:
    plain = read(rows_of(table, '<c r="{reference}"{attributes}><v>{value}</v></c>'))
    for other in (
        "<c  r='{reference}'{attributes}><v>{value}</v></c>",
        '<c{attributes} r="{reference}"><v>{value}</v></c>',
        '<x:c r="{reference}"{attributes} ><x:v>{value}</x:v></x:c>',
        '<c r="{reference}"{attributes}><f>1</f><v>{value}</v></c>',
        '<c r="{reference}"{attributes}><v>{value}</v ></c>',
    ):
        assert read(rows_of(table, other)) == plain


@pytest.mark.parametrize(
    "cell", ['<c r="XFE1"><v>1</v></c>', '<c r="AAAA1"><v>1</v></c>', '<c r="11"><v>1</v></c>']
)
def test_a_reference_that_cannot_be_is_refused_however_it_is_written(cell: str) -> None:
    message = read(f'<row r="1">{cell}</row>')
    assert isinstance(message, str)
    assert "attribute that cannot be" in message
    assert read(f'<row r="1">{cell.replace("<c ", "<c  ")}</row>') == message


def test_a_plain_cell_whose_row_is_another_than_its_row_is_still_read() -> None:
    assert read('<row r="7"><c r="B8"><v>1</v></c></row>') == [(7, {1: (b"1", 8)})]


def test_elements_whose_names_only_look_alike_are_no_rows_or_cells() -> None:
    assert read('<rxw r="1"><c r="A1"><v>1</v></c></rxw><row r="2"><d r="A2"><v>1</v></d></row>') == []


def test_a_false_written_as_a_word_is_no_boolean() -> None:
    found = read('<row><c t="b"><v>0</v></c><c t="b"><v>1</v></c><c t="b"><v>false</v></c></row>')
    assert found == [(1, {0: (b"false", 72), 1: (b"true", 72), 2: (b"false", 16)})]


@pytest.mark.parametrize("size", range(0, 92, 7))
def test_a_first_row_that_a_block_cuts_off_is_read_whole(size: int) -> None:
    text = b'<worksheet><sheetData><row r="3"><c r="A3"><v>17</v></c></row><row/></sheetData></worksheet>'
    plan = LoadPlan((Cell("a", (Column("a", parse_type("text"), source="a"),)),), lineage=False)
    rows = SheetRows(STRINGS, STYLES, is_1904=False)
    encoder = SheetEncoder(plan, rows, [0], first_row=1)
    first, consumed = encoder.feed(text[:size], False)
    second, rest = encoder.feed(text[consumed:], True)
    assert (first.rows + second.rows, consumed + rest) == (1, len(text))
