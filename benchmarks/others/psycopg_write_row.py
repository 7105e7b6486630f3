"""psycopg 3: the csv module, then COPY row by row."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import psycopg

path, url, table = sys.argv[1:]
with Path(path).open(encoding="utf-8", newline="") as file, psycopg.connect(url) as connection:
    reader = csv.reader(file)
    header = next(reader)
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({', '.join(header)}) from stdin") as copy:
        for row in reader:
            copy.write_row([cell or None for cell in row])
