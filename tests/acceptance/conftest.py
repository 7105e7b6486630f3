"""`loadstone` as users run it: another process, its exit status, its two streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.commandline import CommandLine
from loadstone.wiring.local_database import find_local


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the commands run."""
    return tmp_path


@pytest.fixture
def loadstone(folder: Path, database_url: str) -> CommandLine:
    """The command line, on a fresh database."""
    return CommandLine(folder, {"LOADSTONE_DATABASE_URL": database_url})


@pytest.fixture
def alone(folder: Path) -> Iterator[CommandLine]:
    """The command line where no database is named: it starts one of its own."""
    yield CommandLine(folder, {})
    if (server := find_local(folder / ".loadstone/postgres")) is not None:
        server.stop()
