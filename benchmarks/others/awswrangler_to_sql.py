"""AWS SDK for pandas: `wr.postgresql.to_sql`."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys
from urllib.parse import unquote, urlsplit

import awswrangler as wr
import pandas as pd
import pg8000

path, url, table = sys.argv[1:]
parts = urlsplit(url)
connection = pg8000.connect(
    user=unquote(parts.username or ""),
    password=unquote(parts.password or ""),
    host=parts.hostname,
    port=parts.port or 5432,
    database=parts.path[1:],
)
frame = pd.read_csv(path, parse_dates=["timestamp"])
wr.postgresql.to_sql(frame, connection, table=table, schema="public", use_column_names=True, chunksize=1_000)
connection.close()
