"""A receiver of webhooks, and a folder whose loads it is told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.receiver import Receiver
from fixtures.told import Told


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def told(tmp_path: Path, database_url: str, receiver: Receiver) -> Told:
    return Told(tmp_path, database_url, receiver)
