# ruff: noqa: DTZ001, DTZ007 - a timestamp without time zone is a naive datetime
from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.codec_cells import code_of, column, read
from loadstone.errors import ConfigurationError

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2068, 12, 31))
FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%y %I:%M:%S %p",
    "%d %B %Y, %H.%M",
    "%a, %d %b %Y %H:%M:%S.%f",
    "%A %Y%m%dT%H%M%S",
    "%Y.%j (%H h %M)",
    "100%% %F %T",
]


@given(MOMENTS, st.sampled_from(FORMATS))
def test_a_format_reads_what_strftime_writes(moment: datetime, form: str) -> None:
    written = moment.strftime(form)
    longhand = form.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S")
    assert read(written, column("timestamp", formats=(form,))) == datetime.strptime(written, longhand)


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        ("%m/%d/%Y %H:%M", "12/1/2010 8:26", datetime(2010, 12, 1, 8, 26)),
        ("%-d.%-m.%Y", "1.2.2024", datetime(2024, 2, 1)),
        ("%e %b %Y", " 1 JAN 2024", datetime(2024, 1, 1)),
        ("%D %R", "02/29/24 23:59", datetime(2024, 2, 29, 23, 59)),
        ("%Y-%m-%d %I%p", "2024-01-01 12am", datetime(2024, 1, 1)),
        ("%Y-%m-%d %I%p", "2024-01-01 12PM", datetime(2024, 1, 1, 12)),
        ("%d.%m.%Y %H:%M:%S.%f", "1.1.2024 0:0:0.5", datetime(2024, 1, 1, 0, 0, 0, 500_000)),
    ],
)
def test_numbers_in_a_format_may_lack_leading_zeros(form: str, cell: str, value: datetime) -> None:
    assert read(cell, column("timestamp", formats=(form,))) == value


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%d.%m.%Y", "31.02.2024"),
        ("%d.%m.%Y", "1.1.24"),
        ("%d.%m.%Y", "1.1.2024x"),
        ("%d.%m.%Y", "2024-01-01"),
        ("%Y %j", "2023 366"),
        ("%Y %j", "2023 0"),
        ("%d %b %Y", "1 Mai 2024"),
        ("%d.%m.%Y %H:%M", "1.1.2024 24:00"),
        ("%d.%m.%Y %I:%M %p", "1.1.2024 13:00 PM"),
        ("%d.%m.%Y", "1.1."),
    ],
)
def test_what_does_not_fit_a_format_is_rejected(form: str, cell: str) -> None:
    assert code_of(cell, column("timestamp", formats=(form,))) == "not_a_timestamp"


def test_formats_are_tried_in_order() -> None:
    day = column("date", formats=("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d"))
    assert read("02/03/2024", day) == date(2024, 3, 2)
    assert read("02/13/2024", day) == date(2024, 2, 13)
    assert read("2024-02-13", day) == date(2024, 2, 13)
    assert code_of("13/13/2024", day) == "not_a_date"


def test_a_format_may_hold_an_offset() -> None:
    moment = column("timestamptz", formats=("%d.%m.%Y %H:%M %z", "%d.%m.%Y %H:%M"), timezone="Europe/Berlin")
    assert read("01.06.2024 12:00 +0530", moment) == datetime(2024, 6, 1, 6, 30, tzinfo=UTC)
    assert read("01.06.2024 12:00 Z", moment) == datetime(2024, 6, 1, 12, tzinfo=UTC)
    assert read("01.06.2024 12:00", moment) == datetime(2024, 6, 1, 10, tzinfo=UTC)


def test_a_time_of_day_has_formats_too() -> None:
    assert read("3:05 pm", column("time", formats=("%I:%M %p",))) == time(15, 5)
    assert code_of("3:65 pm", column("time", formats=("%I:%M %p",))) == "not_a_time"


@pytest.mark.parametrize(
    ("type_name", "form", "words"),
    [
        ("date", "%d.%m.%Y %H:%M", "has a time"),
        ("date", "%d.%m", "does not say year"),
        ("time", "%Y-%m-%d", "not that of a time of day"),
        ("timestamp", "%Y-%m-%d %H:%M %z", "has a time zone"),
        ("timestamp", "%Y-%m-%d %I:%M", "%I and %p"),
        ("timestamp", "%Y-%m-%d %Q", "%Q is not known"),
        ("timestamp", "%Y-%m-%d %", "is not known"),
    ],
)
def test_a_format_that_says_more_or_less_than_the_type_is_refused(
    type_name: str, form: str, words: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("x", column(type_name, formats=(form,)))
    assert words in caught.value.what


ZONES = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2037, 12, 31)), st.sampled_from(ZONES))
def test_a_local_time_has_the_offset_of_its_zone(local: datetime, zone: str) -> None:
    expected = local.replace(tzinfo=ZoneInfo(zone), fold=1)
    if expected.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        expected = expected.replace(fold=0)  # no such local time: the offset before the change
    assert read(str(local), column("timestamptz", timezone=zone)) == expected.astimezone(UTC)


def berlin(cell: str) -> Any:
    return read(cell, column("timestamptz", timezone="Europe/Berlin"))


def test_a_local_time_that_happens_twice_is_the_later_one() -> None:
    assert berlin("2024-10-27 02:30:00") == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)
    assert berlin("2024-10-27 01:59:59") == datetime(2024, 10, 26, 23, 59, 59, tzinfo=UTC)


def test_a_local_time_that_does_not_happen_keeps_the_offset_before() -> None:
    assert berlin("2024-03-31 02:30:00") == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_an_offset_in_the_cell_wins_over_the_columns_zone() -> None:
    assert berlin("2024-07-01 00:00:00Z") == datetime(2024, 7, 1, tzinfo=UTC)
    assert berlin("2024-07-01 00:00:00-03") - datetime(2024, 7, 1, tzinfo=UTC) == timedelta(hours=3)
