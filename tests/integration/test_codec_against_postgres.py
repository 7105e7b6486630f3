"""What the codec accepts is what PostgreSQL itself reads, digit for digit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.codec.delimited import DelimitedEncoder
from loadstone.embedded import EmbeddedServer
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.types import parse_type

SOME = settings(max_examples=25)
NAUGHTY = Path(__file__).parents[1] / "data" / "naughty-strings" / "blns.json"

TYPES = {
    "boolean": ["true", "f", "YES", "off", "1", "2", "tru", ""],
    "smallint": ["32767", "-32768", "32768", "+7", "007", "1.0", "1e2", "- 1", "1_0", "0x10"],
    "integer": ["2147483647", "-2147483648", "2147483648", "-0", "12 3", "٣", ""],
    "bigint": ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999"],
    "real": [
        "1.5",
        "3.4028235e38",
        "3.4028236e38",
        "1e-45",
        "1e-46",
        "16777217",
        "0.1",
        "-inf",
        "NaN",
        "1e39",
    ],
    "double precision": [
        "0.1",
        "1e308",
        "1.8e308",
        "5e-324",
        "2e-324",
        "9007199254740993",
        ".5",
        "5.",
        ".",
        "1e",
        "Infinity",
        "-infinity",
        "+inf",
        "nan",
        "179769313486231580793e289",
        "-0.0",
        "1__0",
        "0x1p3",
        "infinit",
    ],
    "numeric": [
        "0",
        "-0.00",
        "1.50",
        "1e3",
        "1.5e-7",
        "12345678901234567890.123456789",
        "NaN",
        "Infinity",
        "-inf",
        "0.0001",
        "10000",
        "99999999",
        "1e131071",
        "1e131072",
        "1e-16383",
        "1e-16384",
        "1.e5",
        "",
        "1e1e1",
        "9" * 20000,
        "0." + "0" * 300 + "1",
    ],
    "numeric(6,2)": ["1234.56", "9999.99", "10000", "1.500", "1.505", "-9999.99", "1e3", "NaN", "Infinity"],
    "numeric(3,5)": ["0.00999", "0.01", "0.00001", "0.000001"],
    "numeric(2,-3)": ["99000", "12300", "12000", "100000"],
    "text": ["", " x ", "naïve \U0001f600", "a\tb\nc", '"', "\\N"],
    "varchar(3)": ["abc", "abcd", "äöü", "abc ", ""],
    "char(3)": ["a", "abc", "abc  ", "abcd", "ä  "],
    "date": [
        "2024-02-29",
        "2023-02-29",
        "2024-13-01",
        "0001-01-01",
        "0000-01-01",
        "12345-01-01",
        "infinity",
        "-infinity",
        "2024-1-1",
        "20240101",
        "2024-01-01 00:00",
        "999999-12-31",
        "1900-02-29",
        "2000-02-29",
    ],
    "time": [
        "00:00",
        "23:59:59.999999",
        "24:00:00",
        "24:00:01",
        "12:30:60",
        "12:30:05.1234567",
        "12:30:05.1000000",
    ],
    "time(2)": ["12:30:05.12", "12:30:05.123", "12:30:05.120"],
    "timestamp": [
        "2024-01-01",
        "2024-01-01T12:30:05.5",
        "2024-01-01 12:30",
        "2024-01-01 24:00:00",
        "infinity",
        "294276-12-31 23:59:59.999999",
        "294277-01-01",
        "999999-01-01",
        "0001-01-01 00:00:00",
        "2024-01-01t12:00",
        "2024-01-01  12:00",
        "1999-12-31 23:59:59.5",
    ],
    "timestamptz": [
        "2024-01-01",
        "2024-01-01T12:30:05Z",
        "2024-01-01 12:30:05+02",
        "2024-01-01 12:30:05 -05:30",
        "2024-01-01 12:30:05+0530",
        "2024-01-01 12:30:05+01:02:03",
        "2024-01-01 12:30 UTC",
        "2024-01-01 12:30:05+16",
        "2024-01-01 12:30:05+15:59",
        "294276-12-31 23:00:00-02",
        "2024-01-01+02",
        "-infinity",
    ],
    "interval": [
        "1 year 2 mons 3 days 04:05:06.7",
        "-1 days +02:03:00",
        "@ 1 year 3 days 4 hours ago",
        "P1Y2M3DT4H5M6.7S",
        "+1-2 -3 +4:05:06",
        "1-2",
        "0",
        "00:00:00",
        "PT0S",
        "PT-6.5S",
        "-3 4:05:06",
        "1 day 1 day",
        "1.5 days",
        "P1W",
        "5",
        "@ 0",
        "1 mon -1 days",
        "-00:00:00.5",
        "P",
        "PT",
        "178956970 years 7 mons",
        "2147483648 days",
        "5 hours 3 mins",
    ],
    "uuid": [
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        "a0eebc999-c0b4ef8bb6d6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "g" * 32,
    ],
    "json": ['{"a": [1, 2.50, null]}', "1e400", '"\\u0000"', "{a: 1}", "[1,]", "", "nul"],
    "jsonb": [
        '{"a": [1, 2.50, null]}',
        '"\\u0000"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        "1e400",
        '{"a":1,"a":2}',
        "{} x",
    ],
    "bytea": ["\\x00ff", "\\xZZ", "\\x0", "abc", "a\\\\b", "\\000\\377", "\\400", "\\", "ä"],
    "inet": [
        "127.0.0.1",
        "10.0.0.0/8",
        "::1",
        "2001:db8::/32",
        "::ffff:1.2.3.4",
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4/33",
        "fe80::1%eth0",
        "010.0.0.1",
        "1.2.3.4/",
        "1.2.3.4/08",
    ],
    "integer[]": [
        "{}",
        "{1,2,NULL}",
        "{{1,2},{3,4}}",
        "{{1},{2,3}}",
        "{1,",
        "{ 1 , 2 }",
        "{1,2}x",
        "{x}",
        "{{}}",
        "{1,,2}",
    ],
    "text[]": ['{a,"b,c","d\\"e",null,"null",""}', "{ a b , c }", "{a\\,b}", '{"a"b}', "{ä}", '{"a" }'],
    "numeric(4,1)[]": ["{1.5,22}", "{1.55}", "{12345}"],
    "timestamptz[]": ['{"2024-01-01 00:00:00+00",2024-01-02}'],
}


@pytest.fixture(scope="module")
def connection(shared_server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    """One connection for all comparisons: they leave nothing behind but temporary tables."""
    with psycopg.connect(shared_server.url, autocommit=True) as open_connection:
        yield open_connection


class Comparison:
    """A table of cells and of what the codec made of them, beside what PostgreSQL makes of them."""

    def __init__(self, connection: psycopg.Connection, type_name: str, timezone: str | None = None) -> None:
        self.connection = connection
        pg_type = parse_type(type_name)
        text = Column("cell", parse_type("text"), source="cell")
        value = Column("value", pg_type, source="value", trim=False, timezone=timezone)
        self.plan = LoadPlan((Cell("cell", (text,)), Cell("value", (value,))), lineage=False)
        connection.execute("DROP TABLE IF EXISTS read")
        connection.execute(f"CREATE TEMPORARY TABLE read (cell text, value {pg_type})")
        connection.execute(
            f"""CREATE OR REPLACE FUNCTION pg_temp.cast_text(cell text) RETURNS text LANGUAGE plpgsql AS $$
            DECLARE value {pg_type};
            BEGIN value := cell; RETURN value::text; EXCEPTION WHEN others THEN RETURN NULL; END $$"""
        )
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET extra_float_digits = 1")

    def accepted(self, cells: list[str]) -> set[str]:
        """Loads the cells, and returns those that the codec accepted as something other than NULL."""
        written = io.StringIO()
        csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
            (cell, cell) for cell in cells
        )
        chunk, consumed = DelimitedEncoder(self.plan).feed(written.getvalue().encode(), True)
        assert consumed == len(written.getvalue().encode())
        assert chunk.rows + len(chunk.rejects) == len(cells)
        self.connection.execute("TRUNCATE read")
        with self.connection.cursor().copy("COPY read FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + chunk.tuples + b"\xff\xff")
        return {row[0] for row in self.connection.execute("SELECT cell FROM read WHERE value IS NOT NULL")}

    def differences(self) -> list[tuple[str, str, str]]:
        """Cell, what the codec made of it, and what PostgreSQL does (None where it refuses)."""
        return self.connection.execute(
            "SELECT cell, value::text, pg_temp.cast_text(cell) FROM read"
            " WHERE value IS NOT NULL AND value::text IS DISTINCT FROM pg_temp.cast_text(cell)"
        ).fetchall()

    def refused_by_postgres(self, cells: list[str]) -> set[str]:
        return {
            row[0]
            for row in self.connection.execute(
                "SELECT cell FROM unnest(%s::text[]) cell WHERE pg_temp.cast_text(cell) IS NULL", [cells]
            )
        }


@pytest.mark.parametrize("type_name", TYPES)
def test_accepted_cells_mean_what_postgres_reads(connection: psycopg.Connection, type_name: str) -> None:
    comparison = Comparison(connection, type_name)
    accepted = comparison.accepted(TYPES[type_name])
    assert comparison.differences() == []
    assert accepted
    assert not accepted & comparison.refused_by_postgres(TYPES[type_name])


NUMBERS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,25}(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.floats().map(repr),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.integers(-(2**65), 2**65).map(str),
    st.text("0123456789+-.eE_x, ", max_size=12),
)
TIMES = st.one_of(
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.from_regex(
        r"[0-9]{4,6}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-6][0-9](\.[0-9]{1,8})?)?)?",
        fullmatch=True,
    ),
    st.from_regex(
        r"20[0-9]{2}-0[1-9]-[0-2][0-9] [01][0-9]:[0-5][0-9] ?[+-][01][0-9](:?[0-5][0-9])?", fullmatch=True
    ),
    st.text("0123456789-: T+.Z", max_size=20),
)
INTERVALS = st.from_regex(
    r"(-?[0-9]{1,4} years? ?)?([+-]?[0-9]{1,3} mons? ?)?(-?[0-9]{1,5} days? ?)?"
    r"(-?[0-9]{1,3}:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"|P([0-9]{1,4}Y)?([0-9]{1,3}M)?(-?[0-9]{1,5}D)?(T[0-9]{1,3}H(-?[0-9]{1,2}\.[0-9]{1,6}S)?)?"
    r"|[+-][0-9]{1,3}-[0-9]{1,2} [+-][0-9]{1,4} [+-][0-9]{1,2}:[0-5][0-9]:[0-5][0-9]",
    fullmatch=True,
)
STRINGS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)
ARRAYS = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-99, 99)), max_size=4).map(
        lambda items: "{" + ",".join("NULL" if item is None else str(item) for item in items) + "}"
    ),
    st.text('{}",1 2\\NULl', max_size=12),
)


@pytest.mark.parametrize(
    ("type_name", "cells"),
    [
        ("integer", NUMBERS),
        ("bigint", NUMBERS),
        ("real", NUMBERS),
        ("double precision", NUMBERS),
        ("numeric", NUMBERS),
        ("numeric(12,3)", NUMBERS),
        ("date", TIMES),
        ("time", TIMES),
        ("timestamp", TIMES),
        ("timestamp(3)", TIMES),
        ("timestamptz", TIMES),
        ("interval", INTERVALS),
        ("text", STRINGS),
        ("varchar(5)", STRINGS),
        ("integer[]", ARRAYS),
        ("text[]", ARRAYS),
        ("bytea", st.text("\\x0123a", max_size=8)),
        (
            "inet",
            st.from_regex(
                r"[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?|[0-9a-f:]{2,12}(/[0-9]{1,3})?", fullmatch=True
            ),
        ),
        ("uuid", st.from_regex(r"\{?[0-9a-f]{8}(-?[0-9a-f]{4}){6}\}?", fullmatch=True)),
        ("jsonb", st.text('{}[]",:0123.e-ntrufalse\\ ', max_size=12)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_any_cell_is_read_as_postgres_reads_it_or_rejected(
    connection: psycopg.Connection, type_name: str, cells: st.SearchStrategy[str]
) -> None:
    comparison = Comparison(connection, type_name)

    @SOME
    @given(st.lists(cells, min_size=20, max_size=60))
    def compare(some: list[str]) -> None:
        comparison.accepted(some)
        assert comparison.differences() == []

    compare()


def test_naughty_strings_survive_the_way_into_a_table(connection: psycopg.Connection) -> None:
    strings = sorted(set(json.loads(NAUGHTY.read_text(encoding="utf-8"))))
    comparison = Comparison(connection, "text")
    assert comparison.accepted(strings) == set(strings)
    assert comparison.differences() == []


@pytest.mark.parametrize("style", ["postgres", "postgres_verbose", "iso_8601", "sql_standard"])
def test_intervals_are_read_in_every_style_that_postgres_prints(
    connection: psycopg.Connection, style: str
) -> None:
    connection.execute(f"SET intervalstyle = {style}")
    spans = [
        "1 year 2 mons -3 days 04:05:06.789",
        "-1 days",
        "00:00:00",
        "-14 mons -2 days -00:00:00.5",
        "1 day 1 sec",
    ]
    printed = [
        row[0]
        for row in connection.execute("SELECT span::interval::text FROM unnest(%s::text[]) span", [spans])
    ]
    comparison = Comparison(connection, "interval")
    accepted = comparison.accepted(printed)
    assert comparison.differences() == []
    assert len(accepted) == len(printed) or style == "sql_standard"
    connection.execute("RESET intervalstyle")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_local_times_around_a_change_of_clocks_are_read_as_postgres_reads_them(
    connection: psycopg.Connection, zone: str
) -> None:
    comparison = Comparison(connection, "timestamptz", timezone=zone)
    connection.execute(f"SET timezone = '{zone}'")
    cells = [
        f"2024-{day} {hour:02}:{minute:02}:00"
        for day in ("03-10", "03-31", "04-07", "10-06", "10-27", "11-03")
        for hour in range(5)
        for minute in (0, 15, 30, 59)
    ]
    assert comparison.accepted(cells) == set(cells)
    assert comparison.differences() == []
    connection.execute("RESET timezone")
