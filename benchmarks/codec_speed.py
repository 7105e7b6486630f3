"""How fast the codec turns delimited text into binary tuples, on one core, without any database.

    python benchmarks/codec_speed.py [--rows 200000] [--rounds 3]

Prints CPU seconds, MB/s of text and rows/s for a mix of columns like vehicle telemetry (clean, with 1.2 % bad
rows, with keep-last deduplication, traced, all rows bad) and for each type on its own: the best of the
rounds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from loadstone.codec import COMPILED
from loadstone.codec.bloom import BloomFilter
from loadstone.codec.delimited import DelimitedEncoder
from loadstone.model.contract import Cell, Column, LoadPlan, Otherwise
from loadstone.model.types import parse_type

BLOCK = 2**20
ZERO = Otherwise("set", "0")
CITIES = [
    ("Berlin", "DE", "Europe/Berlin"),
    ("São Paulo", "BR", "America/Sao_Paulo"),
    ("Osaka", "JP", "Asia/Tokyo"),
    ("Pittsburgh", "US", "America/New_York"),
]
MODELS = ["BMW 118i", "BMW 320d", "BMW X5 xDrive40i", "BMW M4 Competition"]


def telemetry_columns() -> list[Column]:
    """Eleven columns with the rules of the car telemetry example."""

    def at_least_zero(name: str, maximum: str | None = None) -> Column:
        kind = parse_type("double precision")
        return Column(name, kind, source=name, minimum="0", maximum=maximum, otherwise=ZERO)

    text = parse_type("text")
    return [
        Column("timestamp", parse_type("timestamptz"), source="timestamp"),
        Column("device_id", text, source="device_id", required=True, max_length=10),
        Column("model", text, source="model", required=True),
        Column("odometer_km", parse_type("integer"), source="odometer_km", minimum="0", otherwise=ZERO),
        at_least_zero("trip_driven_km"),
        at_least_zero("instant_consumption"),
        at_least_zero("avg_consumption"),
        at_least_zero("fuel_level_percent", "100"),
        Column("city", text, source="city"),
        Column("country_code", text, source="country_code"),
        Column("timezone", text, source="timezone"),
    ]


def telemetry_row(number: int, dice: random.Random, bad_share: float) -> str:
    """One line of telemetry; a bad one has an odometer that is no number, no device, or a missing cell."""
    city, country, zone = CITIES[number % 4]
    minutes = 15 * number
    stamp = f"2024-{minutes // 40_320 % 12 + 1:02}-{minutes // 1440 % 28 + 1:02}"
    stamp += f"T{minutes // 60 % 24:02}:{minutes % 60:02}:00"
    device = f"dev{number % 99_991:06}"
    odometer = str(dice.randrange(250_000))
    if dice.random() < bad_share:
        if number % 3 == 0:
            odometer = "n/a"
        elif number % 3 == 1:
            device = ""
        else:
            return f"{stamp},{device},broken\n"
    return (
        f"{stamp},{device},{MODELS[number // 4 % 4]},{odometer},{dice.uniform(0, 500):.1f},"
        f"{dice.uniform(3, 20):.2f},"
        f"{dice.uniform(3, 20):.2f},{dice.uniform(0, 100):.1f},{city},{country},{zone}\n"
    )


def plan_of(columns: list[Column], **more: object) -> LoadPlan:
    """A plan whose cells are these columns, without lineage."""
    options: dict[str, object] = {"lineage": False} | more
    return LoadPlan(tuple(Cell(column.name, (column,)) for column in columns), **options)  # type: ignore[arg-type]


def encode(text: bytes, plan: LoadPlan, rows: int) -> tuple[int, int]:
    """Feeds a text block by block; rows accepted and rejected."""
    bloom = BloomFilter(rows) if plan.deduplicate else None
    encoder = DelimitedEncoder(plan, bloom=bloom)
    accepted = rejected = position = 0
    view = memoryview(text)
    while position < len(text):
        end = position + BLOCK
        chunk, consumed = encoder.feed(view[position:end], end >= len(text))
        accepted += chunk.rows + chunk.late_rows
        rejected += len(chunk.rejects)
        position += consumed
    return accepted, rejected


def measure(name: str, text: bytes, plan: LoadPlan, rows: int, rounds: int) -> None:
    """Prints one line: the best of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        accepted, rejected = encode(text, plan, rows)
        best = min(best, time.process_time() - start)
    print(
        f"{name:<28} {len(text) / 1e6:7.1f} MB {best:7.3f} s {len(text) / best / 1e6:7.0f} MB/s"
        f" {(accepted + rejected) / best:12,.0f} rows/s {rejected:9,} rejected"
    )


def single_types() -> dict[str, Callable[[random.Random], object]]:
    """A maker of typical cells for each type."""
    return {
        "integer": lambda d: d.randrange(-100_000, 10_000_000),
        "bigint": lambda d: d.randrange(10**12, 10**13),
        "double precision": lambda d: f"{d.uniform(-1000, 1000):.3f}",
        "double precision 17 digits": lambda d: repr(d.uniform(-90, 90)),
        "real": lambda d: f"{d.uniform(-1000, 1000):.3f}",
        "numeric(12,2)": lambda d: f"{d.uniform(0, 10_000):.2f}",
        "text": lambda d: MODELS[d.randrange(4)],
        "text UTF-8": lambda d: f"Köln {d.randrange(9)} São Paulo",
        "text quoted": lambda d: f'"{MODELS[d.randrange(4)]}, new"',
        "date": lambda d: f"2024-{d.randrange(1, 13):02}-{d.randrange(1, 29):02}",
        "timestamp": lambda d: (
            f"2024-{d.randrange(1, 13):02}-{d.randrange(1, 29):02} 12:{d.randrange(60):02}:05.25"
        ),
        "timestamptz": lambda d: (
            f"2024-{d.randrange(1, 13):02}-{d.randrange(1, 29):02}T12:{d.randrange(60):02}:05Z"
        ),
        "boolean": lambda d: d.choice(["true", "false"]),
        "uuid": lambda d: f"{d.getrandbits(128):032x}",
        "jsonb": lambda d: f'"{{""a"": [{d.random()}, 2.5], ""b"": ""text""}}"',
        "interval": lambda d: f"{d.randrange(1, 30)} days 04:05:06",
        "integer[]": lambda d: f'"{{{d.randrange(100)},{d.randrange(100)}}}"',
    }


def main() -> None:
    """Measures everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows, rounds = options.rows, options.rounds
    print(f"codec {'compiled' if COMPILED else 'as Python source'}, {rows:,} rows")
    dice = random.Random(1)
    columns = telemetry_columns()
    key = ("device_id", "model", "timestamp")
    clean = "".join(telemetry_row(number, dice, 0) for number in range(rows)).encode()
    dirty = "".join(telemetry_row(number, dice, 0.012) for number in range(rows)).encode()
    broken = "".join(telemetry_row(number, dice, 1) for number in range(rows)).encode()
    measure("telemetry, clean", clean, plan_of(columns), rows, rounds)
    measure("telemetry, 1.2 % bad", dirty, plan_of(columns), rows, rounds)
    measure("  with lineage", dirty, plan_of(columns, lineage=True), rows, rounds)
    measure("  with keep-last", dirty, plan_of(columns, key=key, deduplicate=True), rows, rounds)
    measure("  traced", dirty, plan_of(columns, trace=True), rows, rounds)
    measure("telemetry, all bad", broken, plan_of(columns), rows, rounds)
    for name, cell in single_types().items():
        type_name = name.split(" 1")[0].split(" UTF")[0].split(" quoted")[0]
        same = [Column(f"c{i}", parse_type(type_name), source=f"c{i}") for i in range(4)]
        text = "".join(",".join(str(cell(dice)) for _ in range(4)) + "\n" for _ in range(rows // 2)).encode()
        measure(f"4 x {name}", text, plan_of(same), rows // 2, rounds)


if __name__ == "__main__":
    main()
