"""Sixteen cars and the readings that they send, clean, every fifteen minutes."""

# ruff: noqa: S311  # seeded on purpose: the same seed, the same readings

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

__all__ = ["CITIES", "INTERVAL", "MEASURES", "PROFILES", "City", "Profile", "Reading", "readings"]

INTERVAL = timedelta(minutes=15)

#: A car whose registration is broken falls back to one report every so many intervals.
BROKEN_CAR_INTERVALS = 16

_START = datetime(2024, 1, 1, tzinfo=UTC)
_REFUEL_BELOW = 8_000
_FULL = 100_000


class City(NamedTuple):
    """Where a car is."""

    city: str
    country_code: str
    timezone: str


# Names with quotes, accents and hyphens stand in real data, and break naive parsers.
CITIES = tuple(
    City(*line.split(";"))
    for line in """\
Berlin;DE;Europe/Berlin
München;DE;Europe/Berlin
Köln;DE;Europe/Berlin
Hamburg;DE;Europe/Berlin
Wien;AT;Europe/Vienna
Graz;AT;Europe/Vienna
Zürich;CH;Europe/Zurich
Bern;CH;Europe/Zurich
Paris;FR;Europe/Paris
Villeneuve-d'Ascq;FR;Europe/Paris
Saint-Étienne;FR;Europe/Paris
L'Aquila;IT;Europe/Rome
Milano;IT;Europe/Rome
Roma;IT;Europe/Rome
Madrid;ES;Europe/Madrid
L'Hospitalet de Llobregat;ES;Europe/Madrid
Lisboa;PT;Europe/Lisbon
São Paulo;BR;America/Sao_Paulo
Recife;BR;America/Recife
Buenos Aires;AR;America/Argentina/Buenos_Aires
London;GB;Europe/London
King's Lynn;GB;Europe/London
Dublin;IE;Europe/Dublin
Amsterdam;NL;Europe/Amsterdam
's-Hertogenbosch;NL;Europe/Amsterdam
Antwerpen;BE;Europe/Brussels
København;DK;Europe/Copenhagen
Malmö;SE;Europe/Stockholm
Oslo;NO;Europe/Oslo
Helsinki;FI;Europe/Helsinki
Kraków;PL;Europe/Warsaw
Łódź;PL;Europe/Warsaw
Praha;CZ;Europe/Prague
Budapest;HU;Europe/Budapest
Αθήνα;GR;Europe/Athens
İstanbul;TR;Europe/Istanbul
Coeur d'Alene;US;America/Los_Angeles
Los Angeles;US;America/Los_Angeles
New York;US;America/New_York
Chicago;US;America/Chicago
Montréal;CA;America/Toronto
Toronto;CA;America/Toronto
東京;JP;Asia/Tokyo
서울;KR;Asia/Seoul
Singapore;SG;Asia/Singapore
Sydney;AU;Australia/Sydney
N'Djamena;TD;Africa/Ndjamena
Cape Town;ZA;Africa/Johannesburg""".splitlines()
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A device as it is registered.

    Attributes:
        device_id: at most ten characters; None for the one that was registered without.
        model: None for the one that was registered without.
        consumption: the lowest and highest instant consumption, in l/100 km.
        tank: in litres.
    """

    device_id: str | None
    model: str | None
    consumption: tuple[float, float]
    tank: int

    @property
    def is_broken(self) -> bool:
        """Whether the registration lacks something, so that none of its readings can be used."""
        return self.device_id is None or self.model is None


PROFILES = (
    Profile("bmw-118i", "BMW 118i", (4.8, 9.5), 42),
    Profile("bmw-120d", "BMW 120d", (3.9, 7.8), 42),
    Profile("bmw-m135i", "BMW M135i xDrive", (6.2, 14.5), 50),
    Profile(None, "BMW 116d", (3.8, 7.2), 42),
    Profile("bmw-318i", "BMW 318i", (5.1, 10.4), 59),
    Profile("bmw-320d", "BMW 320d Touring", (4.1, 8.6), 59),
    Profile("bmw-330e", "BMW 330e", (1.2, 7.9), 40),
    Profile("bmw-m340i", "BMW M340i xDrive", (6.4, 15.1), 59),
    Profile("bmw-x530d", "BMW X5 xDrive30d", (6.0, 12.3), 80),
    Profile("bmw-x540i", "BMW X5 xDrive40i", (7.4, 15.8), 83),
    Profile("bmw-x550e", "BMW X5 xDrive50e", (0.9, 11.2), 69),
    Profile("bmw-x5m", None, (10.8, 24.9), 83),
    Profile("bmw-m2", "BMW M2", (7.9, 19.6), 52),
    Profile("bmw-m3", "BMW M3 Competition", (8.3, 21.2), 59),
    Profile("bmw-m5", "BMW M5", (8.6, 23.4), 68),
    Profile("bmw-m8", "BMW M8 Gran Coupé", (9.1, 24.0), 68),
)


class Reading(NamedTuple):
    """One report of one car.

    Attributes:
        timestamp: ISO 8601 with the zone.
        profile: the car.
        odometer_km: whole kilometres.
        trip_driven_km: since the last report, in thousandths, as are the ones that follow.
        instant_consumption_l_per_100km: 0 when the car stood.
        avg_consumption_l_per_100km: a moving average.
        fuel_level_percent: 0 to 100,000.
        city: an index of `CITIES`.
    """

    timestamp: str
    profile: Profile
    odometer_km: int
    trip_driven_km: int
    instant_consumption_l_per_100km: int
    avg_consumption_l_per_100km: int
    fuel_level_percent: int
    city: int


#: The numbers of a reading.
MEASURES = Reading._fields[2:7]


class _Car:
    """What a car remembers between two reports."""

    __slots__ = ("average", "city", "fuel", "low", "metres", "profile", "spread", "tank")

    def __init__(self, profile: Profile, generator: random.Random) -> None:
        low, high = profile.consumption
        self.profile = profile
        self.low = round(low * 1000)
        self.spread = round((high - low) * 1000)
        self.tank = profile.tank * 1000
        self.metres = generator.randrange(5_000_000, 180_000_000)
        self.fuel = generator.randrange(20_000, _FULL)
        self.average = self.low + self.spread // 2
        self.city = generator.randrange(len(CITIES))


def readings(seed: int, *, with_broken_cars: bool = True) -> Iterator[Reading]:
    """All readings, without end, in the order of time."""
    generator = random.Random(seed)
    draw = generator.random
    cars = [_Car(profile, generator) for profile in PROFILES]
    registered = [car for car in cars if not car.profile.is_broken]
    step = 0
    while True:
        timestamp = (_START + step * INTERVAL).isoformat()
        everyone = with_broken_cars and step % BROKEN_CAR_INTERVALS == 0
        for car in cars if everyone else registered:
            chance = draw()
            if chance < 0.25:  # noqa: PLR2004  # parked, a quarter of the time
                trip = instant = 0
            else:
                trip = int(chance * 24_000)
                instant = car.low + int(draw() * car.spread)
                car.metres += trip
                car.average += (instant - car.average) >> 4
                car.fuel -= trip * instant // car.tank
                if car.fuel < _REFUEL_BELOW:
                    car.fuel = _FULL
                if chance > 0.995:  # noqa: PLR2004  # a long way: another city
                    car.city = int(draw() * len(CITIES))
            yield Reading(
                timestamp, car.profile, car.metres // 1000, trip, instant, car.average, car.fuel, car.city
            )
        step += 1
