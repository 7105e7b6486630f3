"""What is printed is safe to print, aligned, and readable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.cli.figures import count, duration, rate, size
from loadstone.cli.output import table_lines, visible
from loadstone.core.elapsed import ago


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    shown = visible(text)
    assert all(char.isprintable() or char in "\u3000\xa0 " or char.isspace() for char in shown)
    assert not set(shown) & set("\x1b\x07\x08\r\n\t\x7f\x9b\u202e\u2028")


def test_text_of_every_script_stays_as_it_is() -> None:
    for text in ("plain", "Zürich", "東京", "Москва", "e\u0301"):
        assert visible(text) == text
    assert visible("\x1b[31mred\nline") == "\\x1b[31mred\\nline"
    assert visible("a\nb", lines=True) == "a\nb"


def test_tables_are_aligned_also_with_wide_and_combining_characters() -> None:
    lines = table_lines(("name", "rows"), [("東京", "1"), ("e\u0301a", "1,000")], right=(1,))
    assert lines == ["name   rows", "東京      1", "e\u0301a    1,000"]


def test_tables_are_cut_at_the_width_of_the_terminal() -> None:
    assert table_lines(("a",), [("x" * 50,)], width=10) == ["a", "x" * 9 + "…"]
    assert table_lines(("a",), [("京" * 50,)], width=10)[1] == "京" * 4 + "…"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (count(1, "row"), "1 row"),
        (count(12345, "row"), "12,345 rows"),
        (size(999), "999 B"),
        (size(999_960), "1.0 MB"),
        (size(222_000_000), "222.0 MB"),
        (duration(0.004), "0.00 s"),
        (duration(9.996), "10.0 s"),
        (duration(59.97), "1 min 00 s"),
        (duration(245), "4 min 05 s"),
        (duration(7_800), "2 h 10 min"),
        (rate(1_234_567, 1.0), "1,230,000 rows/s"),
        (rate(12, 1.0), "12 rows/s"),
        (rate(5, 0.0), "-"),
    ],
)
def test_numbers_are_for_people(shown: str, expected: str) -> None:
    assert shown == expected


def test_times_are_relative_while_that_helps() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    passed = [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(hours=3),
        timedelta(days=2),
        timedelta(days=40),
    ]
    assert [ago(now - one, now) for one in passed] == [
        "just now",
        "5 min ago",
        "3 h ago",
        "2 days ago",
        "2026-10-11",
    ]
