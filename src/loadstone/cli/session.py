"""A workspace for one command: the pipeline, the database, and what loadstone can do with them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadstone.cli.options import Settings
    from loadstone.wiring.cli import Selection, Workspace

__all__ = ["open_workspace", "selection_of"]


def open_workspace(settings: Settings, *, migrate: bool = True) -> Workspace:
    """Opens it; a context manager. `migrate` makes or upgrades loadstone's own tables where needed."""
    # What is imported stays to the end: the collector need never look at it.
    gc.disable()
    from loadstone.wiring.cli import Workspace  # noqa: PLC0415 - brings psycopg

    gc.freeze()
    gc.enable()
    return Workspace.open(settings.pipeline_file, settings.to, migrate=migrate)


def selection_of(**options: Any) -> Selection:
    """What the command line says about the objects it names."""
    from loadstone.wiring.cli import Selection  # noqa: PLC0415 - brings psycopg

    return Selection(**options)
