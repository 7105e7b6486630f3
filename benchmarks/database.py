"""The database of a run: embedded, durable, with PostgreSQL's own settings; asked and told through psql."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.generate_telemetry import COLUMNS
from loadstone.embedded import EmbeddedServer, find_binaries

__all__ = ["BenchmarkDatabase", "benchmark_database", "create_table"]


def create_table(name: str, columns: Mapping[str, str] = COLUMNS) -> str:
    """The DDL of a plain table, without index or constraint."""
    return f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})"


class BenchmarkDatabase:
    """A database that is ours alone.

    Attributes:
        url: `postgresql://...`.
        psql: the program.
        version: of the server.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.psql = str(find_binaries().psql or shutil.which("psql") or "psql")
        self.version = self.ask("show server_version")

    def psql_command(self, *statements: str) -> list[str]:
        """Psql with these statements, one after the other."""
        options = ["-X", "-q", "-v", "ON_ERROR_STOP=1"]
        return [self.psql, *options, *(part for text in statements for part in ("-c", text)), self.url]

    def ask(self, sql: str) -> str:
        """The answer, unaligned: cells between `|`, rows on lines."""
        done = subprocess.run(
            [self.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"psql: {done.stderr}")
        return done.stdout.strip()

    def prepare(self, table: str, *statements: str) -> None:
        """Drops the table, runs the statements, and writes out what earlier runs left to be written."""
        self.ask(f"drop table if exists {table} cascade")
        for statement in statements:
            self.ask(statement)
        self.ask("checkpoint")


@contextmanager
def benchmark_database(url: str | None = None) -> Iterator[BenchmarkDatabase]:
    """The database at `url`, or an embedded server, durable and with default settings, gone afterwards."""
    if url is not None:
        yield BenchmarkDatabase(url)
        return
    with tempfile.TemporaryDirectory(prefix="loadstone-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the server may run as another user
        with EmbeddedServer.start(Path(folder) / "postgres", private=True, tcp=True) as server:
            yield BenchmarkDatabase(server.url)
