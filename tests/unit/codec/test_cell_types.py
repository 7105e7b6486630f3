# ruff: noqa: DTZ001 - a timestamp without time zone is a naive datetime
from __future__ import annotations

import struct
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address, ip_interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.codec_cells import code_of, column, read, read_plain
from loadstone.codec.decimals import nearest
from loadstone.errors import ConfigurationError
from loadstone.model.batch import Reject
from loadstone.model.contract import Column
from loadstone.model.types import PgType

ACCEPTED = [
    ("boolean", "true", True),
    ("boolean", "T", True),
    ("boolean", "Yes", True),
    ("boolean", "on", True),
    ("boolean", "1", True),
    ("boolean", "n", False),
    ("boolean", "OFF", False),
    ("smallint", "-32768", -32768),
    ("integer", "+42", 42),
    ("integer", " 42\t", 42),
    ("bigint", "-9223372036854775808", -(2**63)),
    ("bigint", "9223372036854775807", 2**63 - 1),
    ("double precision", "1e-7", 1e-7),
    ("double precision", "52.52000659999999", 52.52000659999999),
    ("double precision", "9007199254740993", 9007199254740992.0),
    ("double precision", "5e-324", 5e-324),
    ("double precision", "-Infinity", float("-inf")),
    ("double precision", "123456789012345678901234567890", 123456789012345678901234567890.0),
    ("real", "16777217", 16777216.0),
    ("real", "1e-45", 1.401298464324817e-45),
    ("numeric", "1.50", Decimal("1.50")),
    ("numeric", "-12345678901234567890.000000001", Decimal("-12345678901234567890.000000001")),
    ("numeric", "1.5e3", Decimal(1500)),
    ("numeric", "1e-3", Decimal("0.001")),
    ("numeric", "Infinity", Decimal("Infinity")),
    ("numeric(4,1)", "123.40", Decimal("123.4")),
    ("text", " two  words ", " two  words "),
    ("text", "", ""),
    ("character varying(3)", "äöü", "äöü"),
    ("character(2)", "ab   ", "ab"),
    ("date", "2024-02-29", date(2024, 2, 29)),
    ("time", "23:59:59.25", time(23, 59, 59, 250_000)),
    ("timestamp", "2024-01-01T12:30", datetime(2024, 1, 1, 12, 30)),
    ("timestamp", "1969-07-20 20:17:40.123456", datetime(1969, 7, 20, 20, 17, 40, 123_456)),
    ("timestamptz", "2024-01-01 12:30:00", datetime(2024, 1, 1, 12, 30, tzinfo=UTC)),
    ("timestamptz", "2024-01-01T12:30:00Z", datetime(2024, 1, 1, 12, 30, tzinfo=UTC)),
    ("timestamptz", "2024-01-01T12:30:00+0530", datetime(2024, 1, 1, 7, 0, tzinfo=UTC)),
    ("interval", "3 days 04:05:06.5", timedelta(days=3, hours=4, minutes=5, seconds=6.5)),
    ("interval", "PT-1.5S", timedelta(seconds=-1.5)),
    ("uuid", "{A0EEBC99-9C0B4EF8BB6D6BB9BD380A11}", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    ("jsonb", '{"a": [1, null]}', {"a": [1, None]}),
    ("bytea", r"\x00fF", b"\x00\xff"),
    ("bytea", r"a\\b\001", b"a\\b\x01"),
    ("inet", "192.168.0.1", ip_address("192.168.0.1")),
    ("inet", "2001:db8::1/64", ip_interface("2001:db8::1/64")),
    ("integer[]", "{1,NULL,2}", [1, None, 2]),
    ("integer[]", "[[1, 2], [3, null]]", [[1, 2], [3, None]]),
    ("integer[]", "{}", []),
    ("text[]", '{a,"b,\\"c",null,"null"}', ["a", 'b,"c', None, "null"]),
    ("numeric[]", "[1.50, 2]", [Decimal("1.50"), Decimal(2)]),
    ("jsonb[]", '[{"a": [1]}, [2, 3], null , "]", 1.50]', [{"a": [1]}, [2, 3], None, "]", 1.5]),
    ("jsonb[]", "[ ]", []),
]

REJECTED = [
    ("boolean", "maybe", "not_a_boolean"),
    ("boolean", "2", "not_a_boolean"),
    ("smallint", "32768", "out_of_range"),
    ("integer", "n/a", "not_an_integer"),
    ("integer", "1_2", "not_an_integer"),
    ("integer", "0x10", "not_an_integer"),
    ("integer", "1.0", "not_an_integer"),
    ("integer", "1 2", "not_an_integer"),
    ("integer", "-", "not_an_integer"),
    ("integer", "٣", "not_an_integer"),
    ("integer", "1,234", "not_an_integer"),
    ("bigint", "9223372036854775808", "out_of_range"),
    ("bigint", "-99999999999999999999999", "out_of_range"),
    ("double precision", "1e309", "out_of_range"),
    ("double precision", "1e-400", "out_of_range"),
    ("double precision", "1.2.3", "not_a_number"),
    ("double precision", "1e", "not_a_number"),
    ("double precision", ".", "not_a_number"),
    ("double precision", "1d", "not_a_number"),
    ("real", "3.5e38", "out_of_range"),
    ("numeric", "1e131073", "out_of_range"),
    ("numeric", "twelve", "not_a_number"),
    ("numeric(4,1)", "12.34", "too_many_digits"),
    ("numeric(4,1)", "1234", "out_of_range"),
    ("numeric(4,1)", "Infinity", "out_of_range"),
    ("character varying(3)", "abcd", "too_long"),
    ("character varying(3)", "abc ", "too_long"),
    ("character(2)", "abc", "too_long"),
    ("date", "2023-02-29", "not_a_date"),
    ("date", "29.02.2024", "not_a_date"),
    ("date", "2024-01-01 10:00:00", "not_a_date"),
    ("date", "0000-01-01", "not_a_date"),
    ("time", "24:00:01", "not_a_time"),
    ("time", "12:30+02", "unexpected_zone"),
    ("timestamp", "yesterday", "not_a_timestamp"),
    ("timestamp", "2024-01-01 25:00", "not_a_timestamp"),
    ("timestamp", "2024-01-01T12:30:00Z", "unexpected_zone"),
    ("timestamp", "2024-01-01 12:30:00.1234567", "too_many_digits"),
    ("timestamp(0)", "2024-01-01 12:30:00.5", "too_many_digits"),
    ("timestamp", "300000-01-01", "out_of_range"),
    ("timestamptz", "2024-01-01 12:30 Europe/Berlin", "not_a_timestamp"),
    ("interval", "soon", "not_an_interval"),
    ("interval", "9999999999 days", "out_of_range"),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "not_a_uuid"),
    ("json", "{'a': 1}", "invalid_json"),
    ("jsonb", '"\\u0000"', "invalid_json"),
    ("bytea", r"\x0", "not_bytes"),
    ("bytea", r"\9", "not_bytes"),
    ("inet", "256.0.0.1", "not_an_address"),
    ("integer[]", "{1,x}", "not_an_integer"),
    ("integer[]", "{{1},{2,3}}", "not_an_array"),
    ("integer[]", "1,2", "not_an_array"),
    ("jsonb[]", '[{"a": 1}', "not_an_array"),
    ("jsonb[]", "[1 2]", "not_an_array"),
    ("jsonb[]", "[1] 2", "not_an_array"),
    ("jsonb[]", "[1,]", "not_an_array"),
    ("jsonb[]", "[NaN]", "invalid_json"),
]


@pytest.mark.parametrize(("type_name", "cell", "value"), ACCEPTED)
def test_a_cell_of_its_columns_type_keeps_its_value(type_name: str, cell: str, value: object) -> None:
    assert read(cell, column(type_name)) == value


@pytest.mark.parametrize(("type_name", "cell", "code"), REJECTED)
def test_a_cell_of_another_type_is_rejected_for_a_stated_reason(type_name: str, cell: str, code: str) -> None:
    reject = read(cell, column(type_name))
    assert isinstance(reject, Reject)
    assert (reject.column, reject.code) == ("value", code)
    assert "value" not in reject.reason
    assert reject.reason.startswith("'")


@pytest.mark.parametrize("type_name", ["integer", "numeric", "date", "boolean", "uuid", "jsonb", "integer[]"])
def test_an_empty_cell_is_null_quoted_or_not(type_name: str) -> None:
    assert read_plain("", column(type_name)) is None
    assert read_plain("  ", column(type_name)) is None
    assert read_plain('""', column(type_name)) is None


def test_an_unquoted_empty_text_is_null_and_a_quoted_one_is_not() -> None:
    assert read_plain("", column("text")) is None
    assert read_plain('""', column("text")) == ""
    assert read_plain("  ", column("text")) == "  "
    assert read_plain('"  "', column("text", trim=True)) == ""


def test_bytes_that_no_text_can_hold_are_rejected_whatever_the_type() -> None:
    assert code_of("caf\udce9", column("text")) == "invalid_utf8"
    assert code_of("1\udcff", column("integer")) == "invalid_utf8"
    assert code_of("\udced\udca0\udc80", column("text")) == "invalid_utf8"
    assert code_of("a\0b", column("text")) == "nul_character"


def test_a_label_is_one_of_its_enum_exactly() -> None:
    mood = Column("value", PgType("mood", labels=("happy", "so so")), source="value")
    assert read("so so", mood) == "so so"
    assert code_of("Happy", mood) == "not_a_label"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.234.567,89", "1234567.89"), ("1234567,89", "1234567.89"), ("-1.234,5", "-1234.5"), ("0,5", "0.5")],
)
def test_separators_of_the_column_are_understood(cell: str, value: str) -> None:
    german = column("numeric", decimal=",", thousands=".")
    assert read(cell, german) == Decimal(value)


@pytest.mark.parametrize(
    "cell", ["1.23", "12.34.567,0", "1.2345,6", ".123", "1.234.", "1,234.5", "1.234,567.8", "1..234"]
)
def test_groups_that_are_not_of_three_digits_are_no_thousands(cell: str) -> None:
    assert code_of(cell, column("numeric", decimal=",", thousands=".")) == "not_a_number"


def test_a_decimal_comma_leaves_the_point_without_meaning() -> None:
    assert code_of("1.5", column("double precision", decimal=",")) == "not_a_number"
    assert read("12 345", column("integer", thousands=" ")) == 12345
    assert code_of("1 23", column("integer", thousands=" ")) == "not_an_integer"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2.345", "2.35"),
        ("-2.345", "-2.35"),
        ("9.994", "9.99"),
        ("0.004", "0.00"),
        ("0.005", "0.01"),
        ("99.995", "100.00"),
    ],
)
def test_rounding_where_it_is_asked_for_is_half_away_from_zero(cell: str, value: str) -> None:
    assert read(cell, column("numeric(5,2)", round=True)) == Decimal(value)


def test_rounding_past_the_precision_is_out_of_range() -> None:
    assert code_of("999.995", column("numeric(5,2)", round=True)) == "out_of_range"


def test_rounding_reaches_fractions_of_a_second() -> None:
    rounding = column("timestamp(1)", round=True)
    assert read("2024-01-01 00:00:00.25", rounding) == datetime(2024, 1, 1, 0, 0, 0, 300_000)
    assert read("2024-01-01 00:00:00.1234567", column("timestamp", round=True)).microsecond == 123_457


@given(st.floats(allow_nan=False))
def test_every_double_survives_its_own_text(value: float) -> None:
    assert struct.pack("d", read(repr(value), column("double precision"))) == struct.pack("d", value)


@given(st.from_regex(r"[1-9][0-9]{0,18}", fullmatch=True), st.integers(-345, 320))
def test_the_fast_way_to_a_double_is_right_or_undecided(digits: str, exponent: int) -> None:
    assert nearest(int(digits), exponent) in {float(f"{digits}e{exponent}"), -1.0}


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(0, 2))
def test_a_single_is_rounded_once(value: float, direction: int) -> None:
    (bits,) = struct.unpack("i", struct.pack("f", abs(value)))
    if bits >= 0x7F7FFFFF:
        return
    (above,) = struct.unpack("f", struct.pack("i", bits + 1))
    halfway = Decimal((abs(value) + above) / 2)
    even = abs(value) if bits % 2 == 0 else above
    # The double nearest to a number just above the middle is the middle itself.
    cases = {0: (str(halfway), even), 1: (f"{halfway:.1200f}1", above), 2: (str(abs(value)), abs(value))}
    text, expected = cases[direction]
    if expected:
        assert read(text, column("real")) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_a_numeric_keeps_every_digit(value: Decimal) -> None:
    result = read(format(value, "f"), column("numeric"))
    assert result == value


def test_an_enum_array_without_an_oid_is_a_clear_error() -> None:
    moods = Column("value", PgType("mood", labels=("a",), is_array=True), source="value")
    with pytest.raises(ConfigurationError, match="OID"):
        read("{a}", moods)


def test_a_type_without_a_binary_form_is_a_clear_error() -> None:
    with pytest.raises(ConfigurationError, match="no binary form"):
        read("1", column("macaddr"))


def test_offsets_are_exact() -> None:
    cell = "2024-06-01 00:00:00-01:02:03"
    zone = timezone(-timedelta(hours=1, minutes=2, seconds=3))
    assert read(cell, column("timestamptz")) == datetime(2024, 6, 1, tzinfo=zone)


@pytest.mark.parametrize("kind", ["real", "double precision"])
@pytest.mark.parametrize(
    "text", ["1e99999999999999999999", "-0.1e99999999999999999999", "1e-99999999999999999999"]
)
def test_bug_an_exponent_that_no_decimal_has_ended_the_load(kind: str, text: str) -> None:
    assert code_of(text, column(kind)) == "out_of_range"


@pytest.mark.parametrize("kind", ["real", "double precision"])
def test_nothing_is_nothing_with_any_exponent(kind: str) -> None:
    assert read("0e99999999999999999999", column(kind)) == 0.0
