from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.codec.sheetnumbers import DATE_PART, ELAPSED, TELLING, TIME_PART, cell_text
from loadstone.readers.number_formats import built_in_kind, format_kind

BOTH = DATE_PART + TIME_PART
numbers = st.floats(allow_nan=False, allow_infinity=False)


def shortest(value: float) -> str:
    """The digits of Python's shortest form, written out where that takes no more than 21 places."""
    digits = Decimal(repr(value)).normalize()
    if not digits:
        return "0"
    point = digits.adjusted()
    if -7 < point < 21:
        return f"{digits:f}"
    mantissa, _, exponent = f"{digits:e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"


@given(numbers, st.sampled_from([".17G", ".17g", ".17e", "r"]))
def test_a_number_becomes_the_shortest_form_of_its_double(value: float, form: str) -> None:
    stored = repr(value) if form == "r" else format(value, form)
    found = cell_text(stored.encode()).decode()
    assert found == shortest(value)
    assert float(found) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_prices_come_back_as_they_were_typed(price: Decimal) -> None:
    found = cell_text(f"{float(price):.17g}".encode()).decode()
    assert Decimal(found) == price


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1e", "1e+", "1.2.3", "0x10", "1 2", "NaN", "INF", "e5", "--1"]
)
def test_what_is_no_number_stays_as_it_is(text: str) -> None:
    assert cell_text(text.encode()) == text.encode()


def test_numbers_beyond_all_doubles_stay_as_they_are() -> None:
    assert cell_text(b"12345678901234567890E400") == b"12345678901234567890E400"
    for number in (b"1E400", b"1.8E308", b"-1E309", b"1234567890123456789E400", b"0.001E312"):
        assert cell_text(number) == number


@given(
    st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31)).map(lambda t: t.replace(microsecond=0)),  # noqa: DTZ001
    st.booleans(),
)
def test_serial_numbers_are_the_moments_that_made_them(moment: dt.datetime, is_1904: bool) -> None:
    epoch = dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001
    if moment < epoch + dt.timedelta(days=1):
        return
    serial = (moment - epoch) / dt.timedelta(days=1)
    found = cell_text(f"{serial:.17G}".encode(), BOTH, is_1904=is_1904).decode()
    assert found == moment.isoformat(" ")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", 0),
        ("0.00", 0),
        ('#,##0.00\\ "days"', 0),
        ("[Red]0;[Blue]-0", 0),
        ("@", 0),
        ("0.0E+00", 0),
        ('"d"0', 0),
        ("yyyy-mm-dd", DATE_PART),
        ("[$-409]d\\-mmm\\-yy;@", DATE_PART),
        ("mmm", DATE_PART),
        ("m/d/yy h:mm", BOTH),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", DATE_PART),
        ("h:mm AM/PM", TIME_PART),
        ("mm:ss.0", TIME_PART),
        ("[h]:mm:ss", ELAPSED),
        ("[mm]:ss", ELAPSED),
        ("0;yyyy", 0),
        ('"a;b"yyyy', DATE_PART),
        ("_(* #,##0_);_(* (#,##0)", 0),
    ],
)
def test_a_format_shows_a_date_if_it_has_date_letters_that_are_not_literal(code: str, kind: int) -> None:
    assert format_kind(code) == kind


def test_the_formats_that_every_workbook_has_are_known() -> None:
    assert [built_in_kind(n) for n in (0, 9, 14, 20, 22, 46, 47, 49, 57)] == [
        0, 0, DATE_PART, TIME_PART, BOTH, ELAPSED, TIME_PART, 0, DATE_PART,
    ]  # fmt: skip
    assert built_in_kind(33) == TELLING
    assert [cell_text(n, TELLING) for n in (b"0.5", b"40513", b"40513.5")] == [
        b"12:00:00",
        b"2010-12-01",
        b"2010-12-01 12:00:00",
    ]
