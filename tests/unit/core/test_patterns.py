"""Glob patterns over keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.patterns import has_magic, literal_prefix, matches

KEYS = st.lists(st.text("ab.-_", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("key", "pattern", "expected"),
    [
        ("telemetry/day1.csv", "telemetry/*.csv", True),
        ("telemetry/2024/day1.csv", "telemetry/*.csv", False),
        ("telemetry/2024/day1.csv", "telemetry/**/*.csv", True),
        ("telemetry/day1.csv", "telemetry/**/*.csv", True),
        ("telemetry/2024/01/day1.csv", "**", True),
        ("day1.csv", "day?.csv", True),
        ("day12.csv", "day?.csv", False),
        ("day1.csv", "day[0-9].csv", True),
        ("dayx.csv", "day[!0-9].csv", True),
        ("day1.csv", "day[!0-9].csv", False),
        ("day/.csv", "day?.csv", False),
        ("a+b(1).csv", "a+b(1).csv", True),
        ("day1.csv.gz", "*.csv", False),
        ("", "*", True),
    ],
)
def test_a_star_stays_in_its_folder_and_two_stars_cross(key: str, pattern: str, expected: bool) -> None:
    assert matches(key, pattern) is expected


@given(KEYS)
def test_every_key_matches_itself_and_two_stars(key: str) -> None:
    assert matches(key, key)
    assert matches(key, "**")
    assert matches(key, "*") is ("/" not in key)


@given(KEYS, st.sampled_from(["*", "**/*", "?*", "[ab]*"]))
def test_what_matches_begins_with_the_literal_prefix(folder: str, magic: str) -> None:
    pattern = f"{folder}/{magic}"
    assert literal_prefix(pattern) == f"{folder}/"
    assert has_magic(pattern)
    assert matches(f"{folder}/a", pattern)
