"""pandas and psycopg2: the whole file in a data frame, then `executemany`."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys

import pandas as pd
import psycopg2

path, url, table = sys.argv[1:]
frame = pd.read_csv(path)
places = ", ".join(["%s"] * len(frame.columns))
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    cursor.executemany(f"insert into {table} ({', '.join(frame.columns)}) values ({places})", rows)
