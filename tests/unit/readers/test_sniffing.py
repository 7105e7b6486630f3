"""What is decided about delimited text with no configuration, what is refused, and how it is told."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from fixtures.codec_cells import tuples_of
from fixtures.csv_spectrum import CASES, Case
from fixtures.polluted import orders, text_of
from fixtures.reader_files import Stream, text_plan, version
from loadstone.errors import ConfigurationError, FormatError
from loadstone.model.batch import Reject
from loadstone.model.load import Layout
from loadstone.model.pipeline import Format
from loadstone.model.presets import PRESETS
from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.looking import LOOK, Look, look_at


class Read(NamedTuple):
    layout: Layout
    rows: list[list[str | None]]
    rejects: list[Reject]
    padded: int
    truncated: int


def read(text: str | bytes, key: str = "x.csv", **options: Any) -> Read:
    data = text.encode() if isinstance(text, str) else text
    with AutomaticReader().open(Stream(data), version(key), Format(**options)) as file:
        chunks = list(file.chunks(text_plan(file.layout, trace=False)))
    return Read(
        file.layout,
        [[c if c is None else c.decode() for c in r] for one in chunks for r in tuples_of(bytes(one.tuples))],
        [reject for one in chunks for reject in one.rejects],
        sum(one.padded for one in chunks),
        sum(one.truncated for one in chunks),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_csv_spectrum_is_read_with_no_configuration(case: Case) -> None:
    found = read(case.data)
    rows = [dict(zip(found.layout.names, (c or "" for c in row), strict=True)) for row in found.rows]
    assert rows == case.records
    assert not found.rejects


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("country,2019,2020\nDE,1,2\nFR,4,5\n", ("country", "2019", "2020"), ["DE", "1", "2"]),
        ("name,city\nAnna,Köln\nBob,Paris\n", ("name", "city"), ["Anna", "Köln"]),
        ("name\nJohn Smith\nMary Jones\n", ("name",), ["John Smith"]),
        ("t\n10:00:01\n10:00:02\n10:00:03\n", ("t",), ["10:00:01"]),
        ("day\n2024-01-01\n2024-01-02\n", ("day",), ["2024-01-01"]),
        ("id,text\n1,a; b; c\n2,d; e; f\n3,g; h; i\n", ("id", "text"), ["1", "a; b; c"]),
        ("id\ttext\n1\ta, b\n2\tc, d\n", ("id", "text"), ["1", "a, b"]),
        ("id | name\n1 | Anna B\n2 | Bob C\n3 | D\n", ("id", "name"), ["1", "Anna B"]),
        ("id   name    n\n1    anna    5\n22   bob    10\n", ("id", "name", "n"), ["1", "anna", "5"]),
        ("#id,name\n1,a\n2,b\n", ("#id", "name"), ["1", "a"]),
        ("sep=;\na;b\n1;2\n3;4\n", ("a", "b"), ["1", "2"]),
        ('p,n\n"C:\\dir\\",1\n"D:\\x\\",2\n', ("p", "n"), ["C:\\dir\\", "1"]),
        ('size,n\n5" pipe,1\n7" pipe,2\n', ("size", "n"), ['5" pipe', "1"]),
        ("a,b\n'tis,1\nit's,2\n", ("a", "b"), ["'tis", "1"]),
        ('id|v\n1|{"a": 1, "b": [1,2]}\n2|{"a": 3}\n', ("id", "v"), ["1", '{"a": 1, "b": [1,2]}']),
        ("a,b,c\n,,\n,,\n1,2,3\n", ("a", "b", "c"), [None, None, None]),
        ("id,name,note\n1,a,\n2,b,\n", ("id", "name", "note"), ["1", "a", None]),
        ("active,ok\ntrue,false\nfalse,true\n", ("active", "ok"), ["true", "false"]),
        ("1;2\n3;4\n5;6\n", ("column_1", "column_2"), ["1", "2"]),
        (
            "Name,V,T\n,kg,s\nx,1.5,3\ny,2,4\nz,3,5\nw,4,5\nq,5,9\nr,1,1\n",
            ("Name", "V kg", "T s"),
            ["x", "1.5", "3"],
        ),
    ],
)
def test_what_a_reader_would_say_at_a_glance_is_decided(
    text: str, names: tuple[str, ...], first: list[str | None]
) -> None:
    found = read(text)
    assert found.layout.names == names
    assert found.rows[0] == first
    assert not found.rejects


def test_every_decision_says_how_sure_it_is_and_why() -> None:
    decided = read("Report of May\n\nid;v\n1;2\n3;4\n5;6\n").layout.dialect["decided"]
    assert {"encoding", "delimiter", "quote", "header", "skip_lines"} <= set(decided)
    for decision in decided.values():
        assert 0 < decision["confidence"] <= 1
        assert decision["evidence"]
    assert decided["delimiter"]["value"] == ";"
    assert decided["delimiter"]["evidence"] == "4 of the first 5 records have 2 cells"
    assert decided["skip_lines"]["value"] == 2


def test_what_is_left_out_is_noted() -> None:
    table = "".join(f"{i},{i * 2},x\n" for i in range(1, 9))
    found = read(f"Sales\n\nid,v,w\n{table}\nTotal: 8 rows\n")
    assert [len(found.rows), found.rejects] == [8, []]
    assert found.layout.notes == (
        "2 lines above the table left out, of which 'Sales' is the first",
        "1 line below the rows left out, from line 13 on: 'Total: 8 rows'",
    )
    other = read(f"id,v,w\n{table}\na,b\n1,2\n3,4\n")
    assert len(other.rows) == 8
    assert other.layout.notes == ("the file holds 2 tables: the first is loaded, the next begins on line 11",)
    assert other.layout.dialect["decided"]["other_tables"]["value"] == [{"line": 11, "columns": 2}]


def test_one_stray_quote_is_one_bad_record_and_no_file_without_quotes() -> None:
    found = read('id,v\n1,a\n2,"open\n3,c\n4,d\n')
    assert found.rows == [["1", "a"], ["3", "c"], ["4", "d"]]
    assert [(reject.line_number, reject.code) for reject in found.rejects] == [(3, "unclosed_quote")]


def test_a_name_that_is_a_value_too_is_still_a_name() -> None:
    assert read("id,v\n" + "x,v\n" * 9 + "7,v\n").layout.names == ("id", "v")


def test_a_row_of_totals_is_no_row_where_it_is_proven_to_be_one() -> None:
    rows = "item,qty,price\na,1,2.5\nb,2,3.5\n"
    assert len(read(rows + "Total,,6.0\n").rows) == 2
    assert len(read(rows + "Total,3,6.0\n").rows) == 2
    assert len(read(rows + "Total eclipse,9,1.5\n").rows) == 3


def test_a_file_of_one_column_loses_no_line() -> None:
    assert read("title\nTotal recall\n\nNote\n").rows == [["Total recall"], [None], ["Note"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b;c,d\n1,2;3,4\n5,6;7,8\n9,1;2,3\n", "could be separated by ',' or by ';'"),
        ("name\nSmith, John\nDoe, Jane\nBrown, Bob\n", "could be a title, or a header that fits no record"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_a_way_out(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read(text)
    assert "`format: {" in (caught.value.hint or "")


def test_a_header_that_fits_no_record_names_nothing() -> None:
    found = read("a,b,c\n" + "1,2,3,4\n" * 9)
    assert found.layout.names == ("column_1", "column_2", "column_3", "column_4")
    assert (
        "line 1 looks like a header, but names 3 columns where records have 4 cells" in found.layout.notes[1]
    )


def test_the_configuration_goes_before_what_the_file_shows() -> None:
    text = "a;b\n1;2\n3;4\n"
    assert read(text, delimiter=",").layout.names == ("a;b",)
    assert read(text, header=False).rows[0] == ["a", "b"]
    assert read("x\n" + text, skip_lines=0, header=True, delimiter=";").layout.names == ("x",)
    assert read("1;2\n3;4\n", header=True).layout.names == ("1", "2")
    assert read("#1;2\n3;4\n", comment="#", header=False).rows == [["3", "4"]]
    assert read("a;b\nc;d\n1;2\n", header_rows=2).layout.names == ("a c", "b d")
    assert "delimiter" not in read(text, delimiter=";").layout.dialect["decided"]


def test_delimiter_quote_and_escape_must_differ() -> None:
    for options in ({"delimiter": ";", "quote": ";"}, {"delimiter": "||", "escape": "|"}):
        with pytest.raises(ConfigurationError, match="must differ"):
            read("a;b\n", **options)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_stands_for_other_keys_which_go_before_it(name: str) -> None:
    told = Format(preset=name)
    assert {key: getattr(told, key) for key in PRESETS[name]} == PRESETS[name]
    assert Format(preset=name, delimiter="!").delimiter == "!"


def test_a_preset_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="there is no preset 'exel'; there are excel, "):
        Format(preset="exel")


def test_mysql_writes_null_as_an_escaped_letter() -> None:
    text = "1\tAnna\t\\N\n2\tBob\\\tx\t3\n"
    assert read(text, preset="mysql").rows == [["1", "Anna", None], ["2", "Bob\tx", "3"]]
    assert read(text).rows == [["1", "Anna", None], ["2", "Bob\tx", "3"]]


RAGGED = "id,v,w\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n"


@pytest.mark.parametrize(
    ("ragged", "rows", "rejected", "counted"),
    [
        ("reject", [["1", "2", "3"], ["10", "11", "12"]], [3, 4], (0, 0)),
        ("pad", [["1", "2", "3"], ["4", "5", None], ["10", "11", "12"]], [4], (1, 0)),
        ("truncate", [["1", "2", "3"], ["6", "7", "8"], ["10", "11", "12"]], [3], (0, 1)),
        (
            "pad_and_truncate",
            [["1", "2", "3"], ["4", "5", None], ["6", "7", "8"], ["10", "11", "12"]],
            [],
            (1, 1),
        ),
    ],
)
def test_ragged_records_are_rejected_padded_or_truncated_and_counted(
    ragged: str, rows: list[list[str | None]], rejected: list[int], counted: tuple[int, int]
) -> None:
    found = read(RAGGED, ragged=ragged)
    assert found.rows == rows
    assert [reject.line_number for reject in found.rejects] == rejected
    assert (found.padded, found.truncated) == counted


def test_line_numbers_count_comments_and_what_stands_above() -> None:
    text = "Title\n\n# about, this\nid,v\n1,2\n# more\n3,4\n5\n6,7\n8,9\n"
    assert [(r.row_number, r.line_number, r.code) for r in read(text).rejects] == [(3, 8, "too_few_cells")]


def test_trailing_delimiters_are_no_column_but_a_cell_there_is_not_lost() -> None:
    body = "".join(f"{i},x{i},\n" for i in range(3000))
    found = read(f"id,v,\n{body}7,8,lost?\n")
    assert found.layout.names == ("id", "v")
    assert len(found.rows) == 3000
    assert [reject.code for reject in found.rejects] == ["too_many_cells"]


def test_a_value_under_no_name_is_not_left_out() -> None:
    found = read("id,v,\n" + "1,2,\n" * 20 + "3,4,5\n")
    assert found.layout.names == ("id", "v", "column_3")
    assert found.rows[-1] == ["3", "4", "5"]
    assert "the header gives no name to a column: loaded as column_3" in found.layout.notes


def test_decimal_commas_are_found_and_told() -> None:
    numbers = read("id;v;w\n1;1,5;1.234\n2;2.345,75;2.000\n3;7;9.100\n").layout.dialect["numbers"]
    assert numbers == {
        "v": {"decimal": ",", "thousands": "."},
        "w": {"decimal": ",", "thousands": "."},
    }


def test_a_number_that_could_be_two_stays_text_and_is_noted() -> None:
    layout = read("n;m\n1,234;1\n2,345;2\n").layout
    assert "numbers" not in layout.dialect
    assert layout.notes == (
        "column 1 stays text: '1,234' could be thousands or a fraction; `format: {decimal: ...}` says which",
    )


def test_western_text_of_windows_is_told_from_damaged_utf_8() -> None:
    assert read("name;stadt\nMüller;Köln\n".encode("cp1252")).rows == [["Müller", "Köln"]]
    assert read("name;preis\nx;5 €\ny;6 €\n".encode("cp1252")).rows == [["x", "5 €"], ["y", "6 €"]]
    damaged = read("name;stadt\nMüller;Köln\nGroß;".encode() + b"\xff\n")
    assert damaged.layout.dialect["encoding"] == "utf-8"
    assert [reject.code for reject in damaged.rejects] == ["invalid_utf8"]


def test_what_is_looked_at_does_not_grow_with_the_file() -> None:
    data = text_of(orders(30_000)).encode()
    head, rest = data[:LOOK], b";\t|\x00" * 1_000_000

    def look(text: bytes) -> Look:
        return look_at(memoryview(text), Format(), named=None, is_at_end=False, line=1, where="orders.csv")

    assert len(data) > LOOK
    assert look(head + rest) == look(data)


@pytest.mark.parametrize("line", [1000, 1001, 1002, 1999, 2000, 2001, 2002, 2999])
def test_a_row_that_looks_like_a_total_where_the_sample_ends_does_not_end_the_table(line: int) -> None:
    rows = [f"x{number},{number}\n" for number in range(2, 3002)]
    rows[line - 2] = "Total,\n"
    found = read("name,value\n" + "".join(rows))
    assert (len(found.rows), found.layout.notes) == (3000, ())
