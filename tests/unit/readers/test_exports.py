"""Files as common programs export them, read with no configuration: what a careful person would read."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from fixtures.codec_cells import tuples_of
from fixtures.reader_files import Stream, text_plan, version
from loadstone.errors import FormatError
from loadstone.model.load import Layout
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader

PEOPLE = "id,name,joined\n1,Ann,2024-01-13\n2,Bob,2024-02-14\n3,Cid,2024-03-15\n"
NAMES = ("id", "name", "joined")
ROWS = [["1", "Ann", "2024-01-13"], ["2", "Bob", "2024-02-14"], ["3", "Cid", "2024-03-15"]]


class Read(NamedTuple):
    layout: Layout
    rows: list[list[str | None]]
    rejected: int


def read(text: str | bytes, key: str = "x.csv", **options: Any) -> Read:
    data = text.encode() if isinstance(text, str) else text
    with AutomaticReader().open(Stream(data), version(key), Format(**options)) as file:
        chunks = list(file.chunks(text_plan(file.layout, trace=False)))
    rows = [
        [c if c is None else c.decode() for c in r] for one in chunks for r in tuples_of(bytes(one.tuples))
    ]
    return Read(file.layout, rows, sum(len(one.rejects) for one in chunks))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PEOPLE.replace("joined\n", "joined\n--,----,------\n"), id="sqlcmd"),
        pytest.param(PEOPLE.replace("joined\n", "joined\n\n--,----,------\n\n"), id="ruled, with gaps"),
        pytest.param(PEOPLE.replace(",", "|") + "(3 rows)\n", id="psql, unaligned"),
        pytest.param("#version 2\n#by hand\n#" + PEOPLE, id="names in the last comment"),
        pytest.param("People of 2024\n\n" + PEOPLE.replace("joined\n", "joined\n\n"), id="gaps everywhere"),
        pytest.param("Report:,People\nFrom:,2024-01-01\n\n" + PEOPLE, id="names and values"),
        pytest.param("Owner,Ann\n\nSpan,2024\nOf,3\nAt,now\n\n" + PEOPLE, id="two blocks of them"),
        pytest.param(PEOPLE.replace("\n", ",\n") + ",,,\n,,,\n", id="rows of delimiters at the end"),
        pytest.param(PEOPLE + "\nAll people of the firm\nConfidential: do not distribute\n", id="remarks"),
        pytest.param(PEOPLE.replace(",", "\t") + "\\.\n", id="the end of a COPY"),
        pytest.param(PEOPLE + "\x1a", id="the end of a file of DOS"),
    ],
)
def test_what_stands_around_a_table_is_told_from_it(text: str) -> None:
    found = read(text)
    assert (found.layout.names, found.rows, found.rejected) == (NAMES, ROWS, 0)


def test_a_statement_of_account_is_read_below_its_names_and_values() -> None:
    found = read(
        '"Konto:";"DE12 3456"\n\n"Von:";"01.01.2024"\n"Bis:";"31.01.2024"\n"Stand:";"1.234,56 EUR"\n'
        '\n"Tag";"Text";"Zweck";"Betrag"\n"15.01.2024";"Lastschrift";"Miete; Januar";"-750,00"\n'
        '"20.01.2024";"Gutschrift";"Gehalt";"2.500,00"\n'
    )
    assert found.layout.names == ("Tag", "Text", "Zweck", "Betrag")
    assert [row[0] for row in found.rows] == ["15.01.2024", "20.01.2024"]
    assert "6 lines above the table left out" in found.layout.notes[0]


def test_a_table_of_two_columns_above_a_wider_one_is_still_the_first() -> None:
    found = read("id,v\n1,2\n3,4\n5,6\n7,8\n\nno,amount,day\n1,2,2024-01-13\n2,3,2024-01-14\n")
    assert (found.layout.names, len(found.rows)) == (("id", "v"), 4)


def test_world_bank_files_have_a_delimiter_at_the_end_of_every_line() -> None:
    found = read(
        '"Data Source","Indicators",\n\n"Last Updated Date","2024-01-13",\n\n'
        '"Country","Code","2019","2020",\n"Aruba","ABW","106442","106585",\n"France","FRA","67388001","67571107",\n'
    )
    assert found.layout.names == ("Country", "Code", "2019", "2020")
    assert found.rows[0] == ["Aruba", "ABW", "106442", "106585"]


def test_psql_and_other_query_tools_draw_a_line_below_the_names() -> None:
    aligned = " id | day        \n----+------------\n  1 | 2024-01-13\n  2 | 2024-02-14\n(2 rows)\n\n"
    found = read(aligned, "out.txt")
    assert (found.layout.names, found.rejected) == (("id", "day"), 0)
    boxed = (
        "+----+-----+\n| id | n   |\n+----+-----+\n|  1 | Ann |\n|  2 | Bob |\n+----+-----+\n2 rows in set\n"
    )
    assert read(boxed, "out.txt").layout.names == ("column_1", "id", "n")
    table = "| id | n |\n|----|:--:|\n| 1 | a |\n| 2 | b |\n| 3 | c |\n"
    assert read(table, "readme.txt").layout.names == ("column_1", "id", "n")
    plus = "\n        ID DAY        N\n---------- ---------- --\n         1 2024-01-13  5\n"
    found = read(plus + "         2 2024-02-14  6\n\n2 rows selected.\n\n", "out.txt")
    assert (found.layout.names, found.rows, found.rejected) == (
        ("ID", "DAY", "N"),
        [["1", "2024-01-13", "5"], ["2", "2024-02-14", "6"]],
        0,
    )


def test_a_row_of_dashes_that_stand_for_nulls_is_no_drawn_line() -> None:
    found = read("id,v,w\n-,-,-\n--,--,--\n1,2,3\n")
    assert [row[0] for row in found.rows] == ["-", "--", "1"]


def test_logs_of_web_servers_name_their_fields_in_a_comment() -> None:
    head = "#Software: a server\n#Version: 1.0\n#Fields: date time cs-method sc-status\n"
    for mark in " \t":
        rows = [["2024-01-13", f"00:00:0{i}", "GET", "200"] for i in range(4)]
        found = read(head + "".join(mark.join(row) + "\n" for row in rows), "u_ex.log")
        assert found.layout.names == ("date", "time", "cs-method", "sc-status")
        assert found.rows == rows


def test_names_in_a_comment_go_before_a_first_row_that_may_be_names() -> None:
    found = read("# by hand\n# see below\n#name,city\nAnn,Rome\nBob,Bern\n")
    assert (found.layout.names, len(found.rows)) == (("name", "city"), 2)


def test_variants_of_genes_have_their_names_in_the_last_of_many_comments() -> None:
    found = read(
        "##fileformat=VCFv4.2\n##INFO=<ID=DP,Number=1>\n#CHROM\tPOS\tID\n20\t14370\trs6\n20\t17330\t.\n"
    )
    assert found.layout.names == ("CHROM", "POS", "ID")
    assert found.layout.dialect["decided"]["header"]["evidence"] == "a comment above the rows names 3 columns"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (",a,b\n0,1.5,x\n1,2.5,y\n", ("column_1", "a", "b")),
        ('"","mpg","cyl"\n"Mazda RX4",21,6\n"Datsun",22.8,4\n', ("column_1", "mpg", "cyl")),
        ("id,v,,,\n1,x,,,\n2,y,,,\n", ("id", "v", "column_3", "column_4")),
        ("id,v\n1,x,,,\n2,y,,,\n3,z,,,\n", ("id", "v", "column_3", "column_4")),
    ],
    ids=["pandas", "R", "a sheet that was wider", "and its header was not"],
)
def test_columns_without_a_name_are_named_by_their_place(text: str, names: tuple[str, ...]) -> None:
    found = read(text)
    assert (found.layout.names, found.rejected) == (names, 0)
    assert any("the header gives no name to" in note for note in found.layout.notes)


def test_rs_write_table_has_one_name_fewer_than_cells() -> None:
    found = read(
        'mpg cyl disp\n"Mazda RX4" 21 6 160\n"Datsun 710" 22.8 4 108\n"Hornet" 21.4 6 258\n', "m.txt"
    )
    assert found.layout.names == ("column_1", "column_2", "column_3", "column_4")
    assert found.rows[0] == ["Mazda RX4", "21", "6", "160"]


@pytest.mark.parametrize("years", [("2021", "2020", "2019"), ("2010", "2015", "2020")])
def test_years_in_any_order_are_names(years: tuple[str, ...]) -> None:
    assert read("country," + ",".join(years) + "\nFR,1,2,3\nDE,4,5,6\n").layout.names == ("country", *years)


def test_years_above_years_are_values() -> None:
    assert read("Ford,1998,2005\nFiat,1999,2010\nSaab,1987,2011\n").layout.names[0] == "column_1"


def test_groups_of_years_above_the_names_and_units_below_them_are_joined() -> None:
    groups = ",2019,,2020,\nregion,sales,cost,sales,cost\nN,1,2,3,4\nS,5,6,7,8\nE,9,1,2,3\n"
    assert read(groups).layout.names == ("region", "2019 sales", "2019 cost", "2020 sales", "2020 cost")
    assert read("t,p\n[s],[bar]\n1,2.5\n2,2.6\n3,2.7\n4,2.8\n").layout.names == ("t [s]", "p [bar]")


def test_a_total_whose_thousands_stand_apart_is_no_row() -> None:
    found = read('c,n,cost\nBrand,"1,200",310.22\nShop,"2,340",900.10\nTotal: all,"3,540","1,210.32"\n')
    assert len(found.rows) == 2
    assert "'Total: all" in found.layout.notes[-1]


def test_a_title_right_above_an_even_table_of_words_is_left_out() -> None:
    found = read(
        "City report\ncity,country,code\nParis,France,FR\nOslo,Norway,NO\nRome,Italy,IT\nBern,Swiss,CH\n"
    )
    assert found.layout.names == ("city", "country", "code")


def test_a_header_in_another_delimiter_is_no_title() -> None:
    with pytest.raises(FormatError, match="could be a title"):
        read("city;country;code\nParis,France,FR\nOslo,Norway,NO\nRome,Italy,IT\nBern,Swiss,CH\n")


def test_a_single_decimal_comma_or_thousand_is_believed_where_another_column_agrees() -> None:
    read_as = read("id;v;w\n1;10;2,5\n2;7,5;3,25\n").layout.dialect["numbers"]
    assert read_as["v"] == {"decimal": ",", "thousands": None}
    assert read('id,v,w\n1,10,2.5\n2,"1,200",3.25\n').layout.dialect["numbers"]["v"]["thousands"] == ","
    assert "numbers" not in read("id;tags\n1;10\n2;7,8\n").layout.dialect


def test_lists_beside_decimal_points_are_no_decimal_commas() -> None:
    layout = read('id,ids,price\n1,"12,15",2.5\n2,"3,22",3.75\n').layout
    assert "numbers" not in layout.dialect
    assert any("column 2 stays text" in note for note in layout.notes)
    told = read('id,ids\n1,"12,15"\n2,"3,22"\n').layout.notes
    assert any("read with a decimal comma; if it holds lists" in note for note in told)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<!DOCTYPE html>\n<html><body><p>Please log in, now</p></body></html>\n", "an HTML page"),
        ('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>\n', "an XML document"),
    ],
)
def test_an_error_page_saved_under_the_name_of_a_file_is_refused(text: str, what: str) -> None:
    with pytest.raises(FormatError, match=f"the text is {what}, not records") as caught:
        read(text)
    assert "type: csv" in (caught.value.hint or "")


@pytest.mark.parametrize("mark", ["'", " "])
def test_thousands_apart_by_an_apostrophe_or_a_blank_are_numbers(mark: str) -> None:
    layout = read(f"id;v\n1;1{mark}234.50\n2;12.00\n3;5{mark}678.25\n").layout
    assert layout.dialect["numbers"] == {"v": {"decimal": ".", "thousands": mark}}
    assert "numbers" not in read(f"id;v\n1;1{mark}234.50\n2;12,00\n").layout.dialect


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1250", "Žižka"), ("cp1251", "Пётр"), ("cp437", "Müller"), ("cp932", "表示"), ("gb18030", "王小明")],
)
def test_text_of_other_parts_of_the_world_is_read_in_the_encoding_that_is_told(
    encoding: str, name: str
) -> None:
    body = "".join(f"{i},{name}\n" for i in range(1, 4000))
    text = f"id,name\n{body}Total: {name}\n".encode(encoding)
    found = read(text, encoding=encoding)
    assert (found.rows[0], len(found.rows), found.rejected) == (["1", name], 3999, 0)
