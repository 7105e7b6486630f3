# mypy: disable-error-code="import-not-found,import-untyped"
"""Car telemetry by hand, the *batch* way: chunk by chunk, so that repeats settle within one only."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pandas as pd
import psycopg2

NUMBERS = [
    "odometer_km",
    "trip_driven_km",
    "instant_consumption_l_per_100km",
    "avg_consumption_l_per_100km",
    "fuel_level_percent",
]
COLUMNS = ["timestamp", "device_id", "model", *NUMBERS, "city", "country_code", "timezone"]
KEY = ["device_id", "model", "timestamp"]


def cleaned(frame: Any) -> Any:
    """The rows that can be kept."""
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], errors="coerce", utc=True)
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    frame = frame.dropna()
    frame = frame[frame["odometer_km"] < 2**31].copy()
    frame[NUMBERS] = frame[NUMBERS].clip(lower=0)
    frame.loc[frame["fuel_level_percent"] > 100, "fuel_level_percent"] = 0
    frame["odometer_km"] = frame["odometer_km"].astype(int)
    frame = frame.drop_duplicates(KEY, keep="last")
    places = frame["location"].map(ast.literal_eval).tolist()
    frame[["city", "country_code", "timezone"]] = pd.DataFrame(places, index=frame.index)
    return frame[COLUMNS]


path, url, table = sys.argv[1:]
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    marks = ", ".join(["%s"] * len(COLUMNS))
    for chunk in pd.read_csv(path, on_bad_lines="skip", dtype=str, chunksize=50_000):
        rows = list(cleaned(chunk).itertuples(index=False, name=None))
        cursor.executemany(f"insert into {table} ({', '.join(COLUMNS)}) values ({marks})", rows)
        connection.commit()
