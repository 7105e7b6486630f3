"""What is far off is told, what varies by nature is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.volume import FEWEST_LOADS, day_volume_off, usual_rows, volume_off

rows = st.integers(0, 10**9)
histories = st.lists(rows, max_size=40)
factors = st.floats(1.01, 100)


def test_a_load_is_compared_with_the_median_of_those_before() -> None:
    earlier = [1, 5_000, 90, 100, 100, 110, 100]
    assert usual_rows(earlier) == 100
    off = [one for one in (0, 33, 34, 100, 300, 301) if volume_off(one, earlier, 3)]
    assert off == [0, 33, 301]


def test_where_sizes_differ_by_nature_the_next_may_differ_too() -> None:
    mixed = [10, 5_000, 40, 900, 12_000, 70, 300, 2_500, 15, 8_000]
    assert not any(volume_off(one, mixed, 3) for one in (10, 100, 1_000, 10_000, 50_000))
    assert volume_off(1_000_000_000, mixed, 3)


def test_only_the_last_twenty_loads_count() -> None:
    assert not volume_off(100, [1] * 30 + [100] * 20, 2)
    assert volume_off(1, [1] * 30 + [100] * 20, 2)


def test_a_level_that_stays_is_news_once_and_its_end_is_news_again_where_it_was_short() -> None:
    assert volume_off(10, [100] * 8, 3)
    assert not volume_off(10, [100] * 8 + [10], 3)
    assert volume_off(1_000, [100] * 8 + [10], 3)
    assert not volume_off(100, [100] * 8 + [10], 3)


def test_weekdays_are_compared_with_themselves() -> None:
    weeks = [100, 100, 100, 100, 100, 2, 1] * 3
    assert not day_volume_off([*weeks, 100], 3)
    assert not day_volume_off([*weeks, *[100] * 5, 1], 3)
    assert day_volume_off([*weeks, *[100] * 4, 1], 3)  # a Friday with a Saturday's rows
    assert day_volume_off([*weeks, *[100] * 5, 2, 900], 3)


def test_a_week_is_the_least_of_histories() -> None:
    assert not day_volume_off([100] * 7, 3)
    assert not day_volume_off([*[100] * 6, 1], 3)
    assert day_volume_off([*[100] * 7, 1], 3)


def test_a_dataset_that_ended_is_told_once() -> None:
    days = [100] * 28
    told = [day for day in range(1, 20) if day_volume_off((days + [0] * day)[-29:], 3)]
    assert told == [1]


@given(rows, histories, factors)
def test_without_history_nothing_is_off(one: int, earlier: list[int], factor: float) -> None:
    assert not volume_off(one, earlier[: FEWEST_LOADS - 1], factor)
    assert not day_volume_off([*earlier[:6], one], factor)


@given(rows, st.lists(rows, min_size=5, max_size=20), factors)
def test_what_is_off_lies_beyond_the_factor(one: int, earlier: list[int], factor: float) -> None:
    usual = usual_rows(earlier)
    assert usual is not None
    if volume_off(one, earlier, factor):
        assert one > usual * factor or one * factor < usual


@given(st.lists(rows, min_size=5, max_size=20), factors)
def test_the_usual_volume_itself_is_never_off(earlier: list[int], factor: float) -> None:
    ordinary = sorted(earlier)[len(earlier) // 2]
    assert not volume_off(ordinary, earlier if len(earlier) % 2 else [*earlier[1:], ordinary], factor)
