from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fixtures.codec_cells import column, feed, plan_of, tuples_of
from fixtures.csv_spectrum import CASES, Case
from loadstone.codec.delimited import DelimitedEncoder
from loadstone.codec.sampling import split_record
from loadstone.model.batch import RAW_LIMIT, Chunk
from loadstone.model.contract import LoadPlan

ABC = plan_of(*(column("text", name) for name in "abc"))
PAIR = plan_of(column("text", "a"), column("integer", "b"), trace=True)
TRACED = replace(ABC, trace=True)

Summary = tuple[list[list[bytes | None]], list[tuple[object, ...]], int]


def rows_of(text: bytes, plan: LoadPlan = ABC, **dialect: object) -> list[list[str | None]]:
    chunk = feed(text, plan, **dialect)
    assert not chunk.rejects
    return [[None if c is None else c.decode() for c in row] for row in tuples_of(bytes(chunk.tuples))]


def rejects_of(text: bytes, plan: LoadPlan = PAIR, **dialect: object) -> list[tuple[int, int, str, bytes]]:
    """Row, line, code and raw text."""
    return [(r.row_number, r.line_number, r.code, r.raw) for r in feed(text, plan, **dialect).rejects]


def places_of(chunk: Chunk) -> list[tuple[int, int, int, int]]:
    assert chunk.index is not None
    index = chunk.index
    return list(
        zip(index.row_numbers, index.line_numbers, index.byte_offsets, index.byte_lengths, strict=True)
    )


def test_cells_are_taken_as_they_are_written() -> None:
    assert rows_of(b'1, two ,"thr""ee"\n,"",x"y"z\n') == [["1", " two ", 'thr"ee'], [None, "", 'x"y"z']]


def test_every_line_ending_ends_a_record_even_in_one_file() -> None:
    assert rows_of(b"1,2,3\r\n4,5,6\n7,8,9\r10,11,12") == [
        ["1", "2", "3"],
        ["4", "5", "6"],
        ["7", "8", "9"],
        ["10", "11", "12"],
    ]


def test_delimiters_and_line_endings_within_quotes_belong_to_the_cell() -> None:
    assert rows_of(b'"a,\r\nb","c\rd","e\nf"\n') == [["a,\r\nb", "c\rd", "e\nf"]]


def test_the_dialect_is_what_the_caller_says() -> None:
    assert rows_of(b"1;'2;''x''';3\n", delimiter=b";", quote=b"'") == [["1", "2;'x'", "3"]]
    assert rows_of(b'1\t"2"\t3\n', delimiter=b"\t", quote=None) == [["1", '"2"', "3"]]
    assert rows_of(b'1,"2\\",\\n","3"\n', escape=b"\\") == [["1", '2",n', "3"]]
    assert rows_of(b"a\\,b,c\\\nd,\\\\\n", escape=b"\\") == [["a,b", "c\nd", "\\"]]
    assert rows_of(b'1,"""2""",3\n', escape=b'"') == [["1", '"2"', "3"]]


_CELLS = st.text('aâ©§"│ 中', max_size=80)


@pytest.mark.parametrize("mark", ["§", "│", "\uff0c", "¦¦", "é"])
@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS), min_size=1, max_size=6))
def test_a_delimiter_beyond_ascii_is_found_by_all_of_its_bytes(
    mark: str, rows: list[tuple[str, str, str]]
) -> None:
    """Characters that share some of its bytes are text."""

    def written(cell: str) -> str:
        doubled = cell.replace('"', '""')
        return f'"{doubled}"' if set(cell) & {*mark, '"'} else cell

    text = "".join(mark.join(map(written, row)) + "\n" for row in rows)
    # A record without any text but blanks is one all the same: it has delimiters.
    assert rows_of(text.encode(), delimiter=mark.encode()) == [[cell or None for cell in row] for row in rows]


@pytest.mark.parametrize(
    "dialect",
    [
        {"delimiter": b""},
        {"delimiter": b"|\n"},
        {"delimiter": b"\x7f"},
        {"delimiter": b'|"'},
        {"delimiter": b'"'},
        {"quote": b"\n"},
        {"escape": "ä".encode()},
    ],
)
def test_a_dialect_that_cannot_be_is_refused(dialect: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="delimiter, quote and escape"):
        DelimitedEncoder(ABC, **dialect)


def test_blank_lines_are_no_records_but_lines() -> None:
    chunk = feed(b"\n\r\na,1\n\n\nb,x\n\n", PAIR)
    assert places_of(chunk) == [(1, 3, 3, 4)]
    assert [(r.row_number, r.line_number) for r in chunk.rejects] == [(2, 6)]


def test_in_a_file_of_one_column_a_blank_line_is_a_null() -> None:
    assert rows_of(b"a\n\nb\n", plan_of(column("text"))) == [["a"], [None], ["b"]]


def test_line_numbers_count_every_kind_of_line_ending_once_within_quotes_too() -> None:
    text = b'"a\r\nb\rc\nd",1\r\n"""\n""",2\nx,bad\n'
    chunk = feed(text, PAIR, first_line=10, first_row=5, first_offset=1000)
    assert places_of(chunk) == [(5, 10, 1000, 14), (6, 14, 1014, 10)]
    reject = chunk.rejects[0]
    assert (reject.row_number, reject.line_number, reject.byte_offset, reject.byte_length) == (7, 16, 1024, 6)
    assert chunk.index is not None
    assert chunk.index.raw(1) == b'"""\n""",2\n'


def test_a_record_with_another_number_of_cells_is_rejected_as_a_whole() -> None:
    chunk = feed(b"a\nb,1,2\nc,x,3\n", PAIR)
    assert [(r.column, r.code, r.reason) for r in chunk.rejects] == [
        (None, "too_few_cells", "the record has 1 instead of 2 cells"),
        (None, "too_many_cells", "the record has 3 instead of 2 cells"),
        (None, "too_many_cells", "the record has 3 instead of 2 cells"),
    ]
    assert all(reject.others == () for reject in chunk.rejects)


def test_text_behind_a_closing_quote_costs_one_physical_line() -> None:
    assert rejects_of(b'ok,1\n"a"b,2\n"open,4\nok",5\n"x\ny"z,bad\n') == [
        (2, 2, "malformed_quote", b'"a"b,2\n'),
        (4, 5, "malformed_quote", b'"x\n'),
        (5, 6, "not_an_integer", b'y"z,bad\n'),
    ]


def test_a_quote_that_never_closes_costs_one_line_and_reading_goes_on() -> None:
    chunk = feed(b'ok,1\n"open,2\r\nok,3\nlast,4', PAIR)
    assert [(r.row_number, r.line_number, r.code, r.raw) for r in chunk.rejects] == [
        (2, 2, "unclosed_quote", b'"open,2\r\n')
    ]
    assert [place[:2] for place in places_of(chunk)] == [(1, 1), (3, 3), (4, 4)]


def test_a_record_beyond_the_limit_is_rejected_up_to_its_lines_end() -> None:
    long = b"x" * 100_000
    chunk = feed(b"a,1\n" + long + b",2\nb,3\n", PAIR, max_record_bytes=5000)
    (reject,) = chunk.rejects
    assert (reject.row_number, reject.line_number, reject.code) == (2, 2, "record_too_long")
    assert (reject.byte_offset, reject.byte_length) == (4, 100_003)
    assert reject.raw == long[:RAW_LIMIT]
    assert reject.reason == "the record is longer than 5,000 bytes"
    assert [place[:2] for place in places_of(chunk)] == [(1, 1), (3, 3)]


def test_an_open_quote_beyond_the_limit_is_unclosed() -> None:
    text = b'a,1\n"open,2\n' + b"line,3\n" * 2000
    chunk = feed(text, PAIR, max_record_bytes=1000)
    assert [(r.line_number, r.code) for r in chunk.rejects] == [(2, "unclosed_quote")]
    assert chunk.rows == 2001


def test_a_record_too_long_keeps_its_own_text_where_the_next_is_too_long_as_well() -> None:
    text = b"a" * 40 + b",1\n" + b"b" * 40 + b",2\n"
    encoder = DelimitedEncoder(PAIR, max_record_bytes=20)
    first, consumed = encoder.feed(text[:30], False)
    second, _ = encoder.feed(text[consumed:70], False)
    third, _ = encoder.feed(text[70:], True)
    raws = [reject.raw for chunk in (first, second, third) for reject in chunk.rejects]
    assert raws == text.splitlines(keepends=True)


def test_a_block_without_a_complete_record_is_left_to_the_caller() -> None:
    encoder = DelimitedEncoder(PAIR)
    chunk, consumed = encoder.feed(b'abc,"1', False)
    assert (chunk.records, consumed) == (0, 0)
    chunk, consumed = encoder.feed(b"abc,1\r", False)
    assert (chunk.records, consumed) == (0, 0)
    chunk, consumed = encoder.feed(b"abc,1\r\n", False)
    assert (chunk.rows, consumed) == (1, 7)
    chunk, consumed = encoder.feed(b"", True)
    assert (chunk.records, consumed) == (0, 0)


def test_every_kind_of_buffer_is_taken_and_given_back() -> None:
    block = bytearray(b"a,1\n")
    DelimitedEncoder(PAIR).feed(block, True)
    block += b"can be resized"
    chunk, _ = DelimitedEncoder(PAIR).feed(memoryview(b"xa,1\n")[1:], True)
    assert chunk.rows == 1


def in_blocks(text: bytes, cuts: list[int], plan: LoadPlan, **dialect: object) -> Summary:
    """Everything that comes out of a text fed in blocks that end at these positions."""
    encoder = DelimitedEncoder(plan, **dialect)
    rows: list[list[bytes | None]] = []
    found: list[tuple[object, ...]] = []
    repaired = position = 0
    for end in [*sorted(cuts), len(text)]:
        final = end == len(text)
        while True:
            chunk, consumed = encoder.feed(text[position:end], final)
            position += consumed
            rows += tuples_of(bytes(chunk.tuples)) + tuples_of(bytes(chunk.late))
            found += places_of(chunk)
            found += [
                (
                    r.row_number,
                    r.line_number,
                    r.byte_offset,
                    r.byte_length,
                    r.column,
                    r.code,
                    r.reason,
                    r.raw,
                    r.others,
                )
                for r in chunk.rejects
            ]
            repaired += chunk.repaired
            if not consumed or position == end:
                break
        if final:
            assert position == end
            break
    return rows, sorted(found, key=lambda one: one[:1]), repaired


PIECES = st.lists(
    st.sampled_from(['"', '""', ",", "\n", "\r", "\r\n", "a", "1", "\\", "é", "\n\n", 'x,1\n"y",2\r\n']),
    max_size=40,
)


@given(PIECES, st.lists(st.integers(0, 120)), st.sampled_from([1000, 12]), st.sampled_from([None, b"\\"]))
def test_where_blocks_are_cut_makes_no_difference(
    pieces: list[str], cuts: list[int], limit: int, escape: bytes | None
) -> None:
    text = "".join(pieces).encode()
    dialect = {"max_record_bytes": limit, "escape": escape}
    whole = in_blocks(text, [], PAIR, **dialect)
    assert in_blocks(text, [cut for cut in cuts if cut < len(text)], PAIR, **dialect) == whole
    if len(text) < 30:
        assert in_blocks(text, list(range(len(text))), PAIR, **dialect) == whole


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_pythons_csv_module_writes_is_read_back(rows: list[tuple[str, str, str]], ending: str) -> None:
    # Of line endings, the writer quotes no others than its own.
    quoting = csv.QUOTE_MINIMAL if ending == "\r\n" else csv.QUOTE_ALL
    text = io.StringIO()
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows(rows)
    expected = [[cell if cell or quoting == csv.QUOTE_ALL else None for cell in row] for row in rows]
    assert rows_of(text.getvalue().encode()) == expected


@given(st.text('a,"\n\r ', max_size=30))
def test_whatever_is_accepted_is_what_pythons_csv_module_reads(text: str) -> None:
    chunk = feed(text.encode(), ABC)
    if chunk.rejects:
        return
    accepted = [[(c or b"").decode() for c in row] for row in tuples_of(bytes(chunk.tuples))]
    assert accepted == [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_csv_spectrum_is_read_as_its_json_says(case: Case) -> None:
    header, consumed = split_record(case.data, b",", b'"')
    names = [name or "" for name in header]
    rows = rows_of(case.data[consumed:], plan_of(*(column("text", name) for name in names)))
    assert [dict(zip(names, (cell or "" for cell in row), strict=True)) for row in rows] == case.records


def test_a_record_can_be_split_for_a_look_at_it() -> None:
    assert split_record(b'a,"b\n""c""",,""\r\nx', b",", b'"') == (["a", 'b\n"c"', None, ""], 17)
    assert split_record(b"a,b", b",", b'"') == (["a", "b"], 0)
    assert split_record(b"a,b", b",", b'"', final=True) == (["a", "b"], 3)
    assert split_record(b'a,"b', b",", b'"')[1] == 0
    assert split_record(b'"a"b,c\nd', b",", b'"') == (['"a"b,c'], 7)
    with pytest.raises(UnicodeDecodeError):
        split_record(b"\xff\n", b",", b'"')


@pytest.mark.parametrize("delimiter", ["||", ", ", "|~|", "::"])
@given(
    rows=st.lists(st.lists(st.text('a|~:, "\n', max_size=6), min_size=3, max_size=3), max_size=5),
    cut=st.integers(0, 60),
)
def test_a_delimiter_of_several_characters_separates_wherever_blocks_are_cut(
    delimiter: str, rows: list[list[str]], cut: int
) -> None:
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows]
    text = "".join(lines).encode()
    assert rows_of(text, ABC, delimiter=delimiter.encode()) == rows
    dialect = {"delimiter": delimiter.encode()}
    assert in_blocks(text, [cut] if cut < len(text) else [], TRACED, **dialect) == in_blocks(
        text, [], TRACED, **dialect
    )


def test_a_part_of_a_delimiter_is_text() -> None:
    assert rows_of(b"a|b||c||d|\n|||||\n", delimiter=b"||") == [["a|b", "c", "d|"], [None, None, "|"]]


def test_runs_of_blanks_and_tabs_separate_cells() -> None:
    text = b'  1   2\t \t3\n4 "5 6"  7  \n8 9\n'
    chunk = feed(text, ABC, delimiter=b"whitespace")
    rows = [[(c or b"").decode() for c in row] for row in tuples_of(bytes(chunk.tuples))]
    assert rows == [["1", "2", "3"], ["4", "5 6", "7"]]
    assert [reject.code for reject in chunk.rejects] == ["too_few_cells"]


@given(st.text('a,#"\n\r ', max_size=40), st.integers(0, 40))
def test_comments_are_left_out_wherever_blocks_are_cut(text: str, cut: int) -> None:
    data = text.encode()
    cuts = [cut] if cut < len(data) else []
    assert in_blocks(data, cuts, TRACED, comment=b"#") == in_blocks(data, [], TRACED, comment=b"#")


def test_a_comment_is_no_record_but_a_line() -> None:
    chunk = feed(b'#x\n1,2\r\n# "a\r\n#\n3\n4,"#5\n#6"\n', PAIR, comment=b"#")
    assert (chunk.records, chunk.rows) == (3, 1)
    assert [(r.row_number, r.line_number, r.raw) for r in chunk.rejects] == [
        (2, 5, b"3\n"),
        (3, 6, b'4,"#5\n#6"\n'),
    ]


def test_an_escaped_n_alone_is_null() -> None:
    assert rows_of(b'\\N,a\\N,"\\N"\n', escape=b"\\") == [[None, "aN", "N"]]
