"""An emulated cloud, where MiniStack is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from fixtures.commandline import CommandLine
from fixtures.ministack import MiniStack, ministack


@pytest.fixture(scope="session")
def running_ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    program = MiniStack.find()
    assert program is not None
    with ministack(program, tmp_path_factory.mktemp("ministack")) as running:
        yield running


@pytest.fixture
def cloud(request: pytest.FixtureRequest, leave_out: Callable[[str], NoReturn]) -> MiniStack:
    """MiniStack, one for the session."""
    if MiniStack.find() is None:
        leave_out(
            "the pipeline on an emulator: no ministack on PATH (pip install ministack, LOADSTONE_MINISTACK)"
        )
    running: MiniStack = request.getfixturevalue("running_ministack")
    return running


@pytest.fixture
def loadstone(cloud: MiniStack, tmp_path: Path) -> CommandLine:
    """The command line, which takes the emulator for AWS."""
    return CommandLine(tmp_path, cloud.environment)
