"""psycopg 3: the csv module, then `executemany`, which sends its statements in a pipeline."""

from __future__ import annotations

import csv
import sys
from itertools import islice
from pathlib import Path

import psycopg

path, url, table = sys.argv[1:]
with Path(path).open(encoding="utf-8", newline="") as file, psycopg.connect(url) as connection:
    reader = csv.reader(file)
    header = next(reader)
    insert = f"insert into {table} ({', '.join(header)}) values ({', '.join(['%s'] * len(header))})"
    with connection.cursor() as cursor:
        while rows := list(islice(reader, 10_000)):
            cursor.executemany(insert, [[cell or None for cell in row] for row in rows])
