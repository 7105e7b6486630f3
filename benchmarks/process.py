"""A command, timed from outside as a whole: what a user waits for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CommandFailed", "Measurement", "measure"]

_SPAWN = Path(__file__).with_name("spawn.py")


class CommandFailed(SystemExit):
    """A measured command did not end with 0; ends the program with what it said."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a command took.

    Attributes:
        seconds: wall time, from start to end of the process.
        cpu_seconds: of the process, user and system; the server's is not in it.
        peak_rss_bytes: of the process.
        stdout: what it wrote.
    """

    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    stdout: str


def measure(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Measurement:
    """Runs a command to its end.

    Raises:
        CommandFailed: it did not end with 0.
    """
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "stdout"
        told = subprocess.run(
            [sys.executable, "-S", "-E", str(_SPAWN), str(output), *command],
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        )
        result = json.loads(told.stdout)
        stdout = output.read_text(encoding="utf-8", errors="replace")
        if result["exit_code"] != 0:
            stderr = Path(f"{output}.stderr").read_text(encoding="utf-8", errors="replace")
            raise CommandFailed(f"{' '.join(command)} ended with {result['exit_code']}\n{stderr[-4000:]}")
    return Measurement(result["seconds"], result["cpu_seconds"], result["peak_rss_bytes"], stdout)
