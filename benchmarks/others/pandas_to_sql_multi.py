"""pandas: `to_sql` with `method="multi"` and chunks, the usual advice where it is slow."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys

import pandas as pd
from sqlalchemy import create_engine

path, url, table = sys.argv[1:]
engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
for frame in pd.read_csv(path, parse_dates=["timestamp"], chunksize=50_000):
    frame.to_sql(table, engine, if_exists="append", index=False, method="multi", chunksize=1_000)
