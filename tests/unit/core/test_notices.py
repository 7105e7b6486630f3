"""What was due when, and what is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.notices import last_due, message, subject
from loadstone.model.notice import NO_FIGURES, Notice
from loadstone.model.notify import KINDS, NothingBy


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def expected(**settings: object) -> NothingBy:
    return NothingBy.from_dict(settings)


@pytest.mark.parametrize(
    ("now", "due", "before"),
    [
        ("2026-11-20T05:00+00:00", "2026-11-20T06:00+01:00", "2026-11-19T06:00+01:00"),
        ("2026-11-20T04:59+00:00", "2026-11-19T06:00+01:00", "2026-11-18T06:00+01:00"),
        # Clocks go forward on the 29th of March: that day begins an hour earlier.
        ("2026-03-29T04:00+00:00", "2026-03-29T06:00+02:00", "2026-03-28T06:00+01:00"),
    ],
)
def test_what_was_due_last_is_told_in_the_zone_of_who_expects_it(now: str, due: str, before: str) -> None:
    found = last_due(expected(time="06:00", timezone="Europe/Berlin"), at(now))
    assert found == (at(due), at(before))
    assert found[0].isoformat(timespec="minutes") == due


def test_a_time_that_the_change_of_clocks_leaves_out_comes_an_hour_later() -> None:
    due, _ = last_due(expected(time="02:30", timezone="Europe/Berlin"), at("2026-03-29T12:00+00:00"))
    assert due == at("2026-03-29T03:30+02:00")


def test_days_on_which_nothing_is_expected_belong_to_the_window_of_the_next() -> None:
    found = last_due(
        expected(time="06:00", days=["mon", "tue", "wed", "thu", "fri"]), at("2026-11-23T07:00Z")
    )
    assert found == (at("2026-11-23T06:00Z"), at("2026-11-20T06:00Z"))


@given(
    st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.times(),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_the_last_due_time_is_past_and_less_than_two_days_ago(now: datetime, when: object, zone: str) -> None:
    due, before = last_due(expected(time=f"{when:%H:%M}", timezone=zone), now)
    assert before < due <= now
    assert (now - due).total_seconds() < 2 * 86_400
    assert (due - before).total_seconds() <= 2 * 86_400


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_for_whatever_fields_there_are(kind: str) -> None:
    notice = Notice(kind, "orders", None, {**NO_FIGURES, "dataset": "orders"})  # type: ignore[arg-type]
    assert message(notice).startswith("orders: ")


@given(st.text(), st.text())
def test_a_subject_is_a_line_of_ascii_that_sns_takes(dataset: str, key: str) -> None:
    line = subject(Notice("loaded", dataset, 1, {**NO_FIGURES, "key": key}))
    assert line.isascii()
    assert line.isprintable()
    assert 0 < len(line) < 100
