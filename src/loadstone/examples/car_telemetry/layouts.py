"""How a reading stands in a file: as CSV, as JSON Lines, as one JSON array."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from loadstone.examples.car_telemetry.fleet import CITIES, MEASURES, PROFILES, Reading

__all__ = ["COLUMNS", "CsvLayout", "JsonLayout", "Layout"]

#: The columns of a file; `CsvLayout(flat=True)` has three in the place of the last.
COLUMNS = ("timestamp", "device_id", "model", *MEASURES, "location")


class Layout(Protocol):
    """One way to write readings.

    Attributes:
        prefix: stands before the first record.
        between: stands between two of them.
        suffix: stands after the last.
        first_line: the line on which the first record stands.
        ragged_column: the column at fault in a ragged record; None where the whole record is.
    """

    prefix: str
    between: str
    suffix: str
    first_line: int
    ragged_column: str | None

    def record(self, reading: Reading) -> str:
        """The record of a clean reading; the fast way."""

    def cells(self, reading: Reading) -> list[str]:
        """The same reading's cells as they stand in the file, in the order of the columns."""

    def joined(self, cells: Sequence[str]) -> str:
        """The record of these cells; `joined(cells(reading)) == record(reading)`."""

    def text(self, value: str) -> str:
        """A cell that holds a text."""

    def ragged(self, cells: list[str], *, long: bool) -> str:
        """A record that has not the shape of the others."""


def _numbers(reading: Reading) -> list[str]:
    odometer, *others = reading[2:7]
    return [str(odometer), *(f"{value / 1000:.3f}" for value in others)]


class CsvLayout:
    """Comma-separated, with a header; `location` as Python prints a tuple.

    With `flat`, location is three columns instead: city, country_code, timezone.
    """

    between = "\n"
    suffix = "\n"
    first_line = 2
    ragged_column: str | None = None

    def __init__(self, *, flat: bool = False) -> None:
        names = (*COLUMNS[:-1], *CITIES[0]._fields) if flat else COLUMNS
        self.prefix = ",".join(names) + "\n"
        self._cars = {profile: f"{profile.device_id or ''},{profile.model or ''}" for profile in PROFILES}
        self._locations = [",".join(city) if flat else self._printed(tuple(city)) for city in CITIES]

    @staticmethod
    def _printed(city: tuple[str, ...]) -> str:
        return '"' + repr(city).replace('"', '""') + '"'

    def record(self, reading: Reading) -> str:
        """The record of a clean reading."""
        when, car, odometer, trip, instant, average, fuel, city = reading
        return (
            f"{when},{self._cars[car]},{odometer},{trip / 1000:.3f},{instant / 1000:.3f},"
            f"{average / 1000:.3f},{fuel / 1000:.3f},{self._locations[city]}"
        )

    def cells(self, reading: Reading) -> list[str]:
        """Its cells; with `flat`, the last is three in one."""
        return [
            reading.timestamp,
            *self._cars[reading.profile].split(","),
            *_numbers(reading),
            self._locations[reading.city],
        ]

    def joined(self, cells: Sequence[str]) -> str:
        """Cells between commas."""
        return ",".join(cells)

    def text(self, value: str) -> str:
        """Texts here hold no comma, quote or line end."""
        return value

    def ragged(self, cells: list[str], *, long: bool) -> str:
        """A cell too many, or two too few."""
        return self.joined([*cells, "surplus"] if long else cells[:-2])


class JsonLayout:
    """JSON objects, one to a line; with `array`, between brackets and with commas.

    With `flat`, location is three members instead: city, country_code, timezone.
    """

    def __init__(self, *, array: bool = False, flat: bool = False) -> None:
        self._is_array = array
        self.prefix = "[\n" if array else ""
        self.between = ",\n" if array else "\n"
        self.suffix = "\n]\n" if array else "\n"
        self.first_line = 2 if array else 1
        self.ragged_column = "city" if array else None
        self._cars = {
            profile: (json.dumps(profile.device_id), json.dumps(profile.model, ensure_ascii=False))
            for profile in PROFILES
        }
        self._names = [f'"{name}": ' for name in COLUMNS]
        self._locations = [json.dumps(city, ensure_ascii=False) for city in CITIES]
        if flat:
            self._names[-1] = ""
            self._locations = [json.dumps(city._asdict(), ensure_ascii=False)[1:-1] for city in CITIES]

    def record(self, reading: Reading) -> str:
        """The record of a clean reading."""
        when, car, odometer, trip, instant, average, fuel, city = reading
        device_id, model = self._cars[car]
        return (
            f'{{"timestamp": "{when}", "device_id": {device_id}, "model": {model}, '
            f'"odometer_km": {odometer}, "trip_driven_km": {trip / 1000:.3f}, '
            f'"instant_consumption_l_per_100km": {instant / 1000:.3f}, '
            f'"avg_consumption_l_per_100km": {average / 1000:.3f}, '
            f'"fuel_level_percent": {fuel / 1000:.3f}, {self._names[-1]}{self._locations[city]}}}'
        )

    def cells(self, reading: Reading) -> list[str]:
        """The values of its members."""
        return [
            f'"{reading.timestamp}"',
            *self._cars[reading.profile],
            *_numbers(reading),
            self._locations[reading.city],
        ]

    def joined(self, cells: Sequence[str]) -> str:
        """An object of them."""
        return "{" + ", ".join(map(str.__add__, self._names, cells)) + "}"

    def text(self, value: str) -> str:
        """A JSON string."""
        return json.dumps(value)

    def ragged(self, cells: list[str], *, long: bool) -> str:
        """A record that was cut off; in an array, where that would break the whole file, a short location."""
        if self._is_array:
            return self.joined([*cells[:-1], '["nowhere"]'])
        whole = self.joined(cells)
        return whole[: -30 if long else 40]
