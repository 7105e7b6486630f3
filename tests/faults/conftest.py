"""How much of the fault tests runs: a short seeded part always, all of it by `make faults`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadstone.embedded import EmbeddedServer


@pytest.fixture(scope="session")
def rounds() -> int:
    """How many times each fault is made to happen: a few, or all of them with LOADSTONE_FAULTS=all."""
    return 70 if os.environ.get("LOADSTONE_FAULTS") == "all" else 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "source"
    made.mkdir()
    return made


@pytest.fixture
def server_over_tcp(server_folder: Path) -> Iterator[EmbeddedServer]:
    """A server that listens on a port, for a proxy to stand before it."""
    data = Path(tempfile.mkdtemp(prefix="tcp-", dir=server_folder)) / "data"
    data.parent.chmod(0o711)
    with EmbeddedServer.start(data, private=True, durable=False, tcp=True) as running:
        yield running
