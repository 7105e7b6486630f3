"""A file, a table, and what the table must hold: the stage on which things go wrong.

The expectation is computed by Python's csv module from the same file, without loadstone.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

Row = tuple[int, str, int]

PIPELINE = """
name: faults
source: {folder}
limits: {{max_concurrent_loads: {cap}, attempts: 8, wait_for_slot: 120}}
datasets:
  items:
    files: ["*.csv"]
    table: public.items
    mode: {mode}
    {key}
    reject_limit: 100%
    columns:
      id: {{type: integer, required: true}}
      name: {{type: text}}
      amount: {{type: integer}}
"""


@dataclass
class Scene:
    """One dataset in one folder, loaded by processes of their own.

    Attributes:
        folder: where the files and pipeline.yaml are.
        url: the database.
        mode: of the dataset.
        rows: records per file.
        cap: of the fleet.
    """

    folder: Path
    url: str
    mode: str = "append"
    rows: int = 60_000
    cap: int = 8
    written: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        key = "key: [id]" if self.mode == "merge" else ""
        text = PIPELINE.format(folder=self.folder, mode=self.mode, key=key, cap=self.cap)
        (self.folder / "pipeline.yaml").write_text(text, encoding="utf-8")

    def write(self, name: str, seed: int) -> Path:
        """A new version of a file, other content for every seed; about one row in a hundred is bad."""
        generator = random.Random(seed)
        beside = self.folder / f".{name}"
        with beside.open("w", encoding="utf-8", newline="") as out:
            out.write("id,name,amount\n")
            for number in range(self.rows):
                amount = "n/a" if generator.random() < 0.01 else str(generator.randrange(10**6))
                out.write(f'{number},"row {number}, seed {seed}",{amount}\n')
        path = self.folder / name
        beside.replace(path)
        self.written[name] = seed
        return path

    def start(self, *files: str, wait: bool = True) -> subprocess.Popen[str]:
        """Begins to load, in a process of its own."""
        command = [sys.executable, "-m", "loadstone", "load", *(str(self.folder / file) for file in files)]
        command += ["--file", str(self.folder / "pipeline.yaml"), "--to", self.url, "--json"]
        if wait:
            command.append("--wait")
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )

    def load(self, *files: str, wait: bool = True) -> list[dict[str, Any]]:
        """Loads to the end; the outcomes."""
        return self.outcomes(self.start(*files, wait=wait))

    @staticmethod
    def outcomes(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
        """What a process answered."""
        out, err = process.communicate(timeout=180)
        assert out, f"no answer (exit code {process.returncode}):\n{err}"
        document = json.loads(out)
        assert "loads" in document, document
        loads: list[dict[str, Any]] = document["loads"]
        return loads

    def expected(self, path: Path) -> tuple[list[Row], list[int]]:
        """The rows that the file must give, and the physical lines of those that it must not."""
        good: list[Row] = []
        bad: list[int] = []
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for record in reader:
                if record["amount"].isdigit():
                    good.append((int(record["id"]), record["name"], int(record["amount"])))
                else:
                    bad.append(reader.line_num)
        return good, bad

    def table(self, connection: psycopg.Connection) -> list[Row]:
        """What the table holds, in order."""
        if connection.execute("SELECT to_regclass('public.items')").fetchone() == (None,):
            return []
        return connection.execute("SELECT id, name, amount FROM public.items ORDER BY id, name").fetchall()

    def verify(self, *names: str) -> None:
        """The table equals the files, each once; the ledger and the rejects agree."""
        good: list[Row] = []
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name in names:
                rows, bad = self.expected(self.folder / name)
                good += rows
                current = connection.execute(
                    "SELECT load_id, state, rows_read, rows_loaded, rows_rejected FROM loadstone.loads "
                    "WHERE key = %s AND is_current",
                    [name],
                ).fetchall()
                assert len(current) == 1, f"{name}: {len(current)} current loads"
                load_id, state, *counts = current[0]
                assert (state, *counts) == ("loaded", len(rows) + len(bad), len(rows), len(bad))
                lines = connection.execute(
                    "SELECT line_number FROM loadstone.rejects WHERE load_id = %s ORDER BY 1", [load_id]
                ).fetchall()
                assert [line for (line,) in lines] == bad
            assert self.table(connection) == sorted(good, key=lambda row: row[:2])
