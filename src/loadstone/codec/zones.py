"""Local times in named zones, resolved as PostgreSQL resolves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loadstone.errors import ConfigurationError

__all__ = ["LocalOffsets"]

_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - local times have no zone yet
_HOUR = 3_600_000_000


class LocalOffsets:
    """What UTC offset a local time has, zone by zone.

    A local time that happens twice (clocks go back) is taken as the later one, in standard time; one that
    does not happen (clocks go forward) is read with the offset before the change. PostgreSQL does the same.
    """

    def __init__(self) -> None:
        self._zones: list[ZoneInfo] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a zone, for `offset`.

        Raises:
            ConfigurationError: there is no such zone.
        """
        if name not in self._numbers:
            try:
                zone = ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ConfigurationError(
                    f"{name!r} is not a time zone", hint="use an IANA name such as Europe/Berlin, or UTC"
                ) from None
            self._numbers[name] = len(self._zones)
            self._zones.append(zone)
        return self._numbers[name]

    def offset(self, number: int, local: int) -> tuple[int, bool]:
        """Seconds east of UTC at a local time, and whether they hold for its whole hour.

        Args:
            number: from `number`.
            local: microseconds from 2000-01-01 00:00 to the local time.
        """
        zone = self._zones[number]
        hour = local // _HOUR
        exact = _seconds_east(zone, local)
        edges = {
            _seconds_east(zone, at, fold) for at in (hour * _HOUR, (hour + 1) * _HOUR - 1) for fold in (0, 1)
        }
        return exact, edges == {exact}


def _seconds_east(zone: ZoneInfo, local: int, fold: int | None = None) -> int:
    time = _local_time(local)
    if fold is not None:
        return _seconds(time.replace(tzinfo=zone, fold=fold))
    before = _seconds(time.replace(tzinfo=zone, fold=0))
    after = _seconds(time.replace(tzinfo=zone, fold=1))
    # Ambiguous (the offset shrinks): the later reading. Missing (it grows): the offset before.
    return min(before, after)


def _local_time(local: int) -> datetime:
    """The local time; beyond Python's calendar, the like time 400 years earlier, as often as it takes."""
    while True:
        try:
            return _EPOCH + timedelta(microseconds=local)
        except OverflowError:
            local -= 146_097 * 24 * _HOUR


def _seconds(time: datetime) -> int:
    offset = time.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
