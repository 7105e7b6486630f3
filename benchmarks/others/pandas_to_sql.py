"""pandas: `read_csv`, then `to_sql`, as its documentation shows."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys

import pandas as pd
from sqlalchemy import create_engine

path, url, table = sys.argv[1:]
engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
frame = pd.read_csv(path, parse_dates=["timestamp"])
frame.to_sql(table, engine, if_exists="append", index=False)
