# mypy: disable-error-code="import-not-found,import-untyped"
"""Car telemetry by hand, the *naive* way: the whole file in a data frame, cleaned, then `executemany`."""

from __future__ import annotations

import ast
import sys

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

path, url, table = sys.argv[1:]
frame = pd.read_csv(path, on_bad_lines="skip", dtype=str)
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
rows = list(frame[COLUMNS].itertuples(index=False, name=None))
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    marks = ", ".join(["%s"] * len(COLUMNS))
    cursor.executemany(f"insert into {table} ({', '.join(COLUMNS)}) values ({marks})", rows)
