"""Files grouped into datasets by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.grouping import group_files
from loadstone.core.patterns import matches


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["orders_20230510.csv", "orders_20230511.csv"], [("orders", "orders_*.csv", 2)]),
        (["orders_20230510.csv"], [("orders", "orders_*.csv", 1)]),
        (["q1.csv"], [("q1", "q1.csv", 1)]),
        (["q1.csv", "q2.csv"], [("q", "q*.csv", 2)]),
        (["2026/05/orders.csv.gz", "2026/06/orders.csv.gz"], [("orders", "*/*/orders.csv.gz", 2)]),
        (["sales/2026-05-01.csv"], [("sales", "sales/*.csv", 1)]),
        (["20260501.csv"], [("data", "*.csv", 1)]),
        (["a.csv", "a.jsonl"], [("a", "a.csv", 1), ("a_jsonl", "a.jsonl", 1)]),
        (["we[1]rd.csv"], [("we_1_rd", "we[[]1]rd.csv", 1)]),
        (
            ["orders_20230510.csv", "orders_items_20230510.csv"],
            [("orders", "orders_[0-9]*.csv", 1), ("orders_items", "orders_items_*.csv", 1)],
        ),
    ],
)
def test_what_differs_from_delivery_to_delivery_becomes_a_star(
    keys: list[str], expected: list[tuple[str, str, int]]
) -> None:
    assert [(g.name, g.pattern, len(g.keys)) for g in group_files(keys)] == expected


_NAMES = st.text("ab1_-2/.*[", min_size=1, max_size=12).map(
    lambda text: text.strip("/").replace("//", "/") + ".csv"
)


@given(st.sets(_NAMES, min_size=1, max_size=8))
def test_a_pattern_matches_its_own_files_and_no_others(keys: set[str]) -> None:
    groups = group_files(sorted(keys))
    assert len({group.name for group in groups}) == len(groups)
    for group in groups:
        matched = {key for key in keys if matches(key, group.pattern)}
        assert matched == set(group.keys)
