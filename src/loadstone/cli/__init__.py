"""The command line. Starting it imports click and nothing heavy; each command brings what it needs."""

from __future__ import annotations

import gc
from collections.abc import Sequence

__all__ = ["main"]

#: Objects made before the collector looks for cycles; Python's own choice is 700.
_COLLECT_AFTER = 50_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with its exit status.

    Args:
        arguments: what follows the program's name; None for those of the process.
    """
    # Imports and loads make many objects but no cycles: looking through all of them again and again would
    # cost a tenth of the client's time.
    gc.set_threshold(_COLLECT_AFTER)
    from loadstone.cli.application import main as run  # noqa: PLC0415 - click is imported with that set

    run(arguments)
