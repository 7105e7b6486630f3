"""A workspace for one command: the pipeline, the database, and what loadstone can do with them."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadstone.cli.options import Settings
    from loadstone.wiring.cli import Selection, Workspace

__all__ = ["open_workspace", "selection_of"]


def open_workspace(settings: Settings, *, migrate: bool = True) -> Workspace:
    """Opens it; a context manager. `migrate` makes or upgrades loadstone's own tables where needed."""
    # What is imported stays to the end: the collector need never look at it.
    gc.disable()
    _observe()
    from loadstone.wiring.cli import Workspace  # noqa: PLC0415 - brings psycopg

    gc.freeze()
    gc.enable()
    return Workspace.open(settings.pipeline_file, settings.to, migrate=migrate)


def _observe() -> None:
    """Logs and traces, where the environment asks for them."""
    if any(name.startswith(("LOADSTONE_LOG", "OTEL_EXPORTER_OTLP")) for name in os.environ):
        from loadstone.platform.logs import configure_logs  # noqa: PLC0415 - only where it is asked for
        from loadstone.platform.tracing import configure_traces  # noqa: PLC0415 - the same

        configure_logs(os.environ)
        configure_traces(os.environ)


def selection_of(**options: Any) -> Selection:
    """What the command line says about the objects it names."""
    from loadstone.wiring.cli import Selection  # noqa: PLC0415 - brings psycopg

    return Selection(**options)
