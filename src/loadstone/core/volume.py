"""Whether a dataset brought far more or far fewer rows than it usually does, by its own history alone.

Off is what lies beyond a factor of the median, and beyond what the history itself varies by: where files
differ in size by nature, so may the next one. A level that stays is news once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p
from statistics import median

__all__ = ["FEWEST_DAYS", "FEWEST_LOADS", "MOST_LOADS", "day_volume_off", "usual_rows", "volume_off"]

#: Of how many earlier loads the usual volume is the median, and how few are no history.
MOST_LOADS = 20
FEWEST_LOADS = 5
#: Days that are no history: each weekday is to be known.
FEWEST_DAYS = 7
#: Deviations beyond which a value is none of its history's. The second number makes of the median of the
#: deviations what a normal distribution calls one.
_DEVIATIONS = 3 * 1.4826
_WEEK = 7


def usual_rows(earlier: Sequence[int]) -> float | None:
    """The median; None where too few are known."""
    recent = earlier[-MOST_LOADS:]
    return float(median(recent)) if len(recent) >= FEWEST_LOADS else None


def volume_off(rows: int, earlier: Sequence[int], factor: float) -> bool:
    """Whether a load's rows are off, and those of the load before were not off to the same side.

    Args:
        rows: that it brought.
        earlier: rows of the loads before, oldest first; one more than `MOST_LOADS` are of use.
        factor: that makes far.
    """
    side = _side_of_loads(rows, earlier, factor)
    return side != 0 and (not earlier or _side_of_loads(earlier[-1], earlier[:-1], factor) != side)


def day_volume_off(days: Sequence[int], factor: float) -> bool:
    """Whether the rows of the last day are off, and those of the day before were not off to the same side.

    They are to be off by the other days, and by those of the same weekday among them: Sundays differ.

    Args:
        days: rows of days, one after the other, those without any among them; the last one is judged.
        factor: that makes far.
    """
    side = _side_of_day(days, factor)
    return side != 0 and _side_of_day(days[:-1], factor) != side


def _side_of_loads(rows: int, earlier: Sequence[int], factor: float) -> int:
    recent = earlier[-MOST_LOADS:]
    return _side(rows, recent, factor) if len(recent) >= FEWEST_LOADS else 0


def _side_of_day(days: Sequence[int], factor: float) -> int:
    *earlier, rows = days
    if len(earlier) < FEWEST_DAYS:
        return 0
    side = _side(rows, earlier, factor)
    return side if side == _side(rows, earlier[-_WEEK::-_WEEK], factor) else 0


def _side(rows: int, earlier: Sequence[int], factor: float) -> int:
    """1 for far more than usual, -1 for far fewer, else 0."""
    usual = median(earlier)
    if not (rows > usual * factor or rows * factor < usual):
        return 0
    # On a scale of factors, on which twice is as far as half.
    center = median(log1p(one) for one in earlier)
    deviation = median(abs(log1p(one) - center) for one in earlier)
    if abs(log1p(rows) - center) <= deviation * _DEVIATIONS:
        return 0
    return 1 if rows > usual else -1
