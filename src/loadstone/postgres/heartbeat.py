"""Heartbeats of long loads: a thread that says every few seconds that the load is alive.

Short loads never start a connection for it. A heartbeat that cannot be sent is no reason to fail a load.
"""

from __future__ import annotations

import logging
import threading
from contextvars import copy_context
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from loadstone.errors import LoadstoneError
from loadstone.postgres.connection import Connector
from loadstone.postgres.queries import query

__all__ = ["HEARTBEAT_SECONDS", "Heartbeat"]

logger = logging.getLogger(__name__)

#: Seconds between heartbeats; a running row without one for two minutes counts as abandoned.
HEARTBEAT_SECONDS = 15.0


class Heartbeat:
    """Beats from `start` to `stop`, each beat on a short connection of its own."""

    def __init__(self, connector: Connector, load_id: int, *, seconds: float = HEARTBEAT_SECONDS) -> None:
        self._connector = connector
        self._load_id = load_id
        self._seconds = seconds
        # Unlike an event, it holds no lock while an interrupt may come: `stop` never waits for one.
        self._stops: SimpleQueue[None] = SimpleQueue()
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._beat,), name=f"heartbeat-{load_id}", daemon=True
        )

    def start(self) -> None:
        """Begins; the first beat comes one interval later."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; does not wait for a beat that is on its way. Harmless when already stopped."""
        self._stops.put(None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _beat(self) -> None:
        while not self._is_stopped():
            try:
                with self._connector.transaction(lock_timeout=1) as connection:
                    connection.execute(query("heartbeat"), {"load_id": self._load_id})
            except LoadstoneError as error:
                logger.warning("load %d: a heartbeat could not be sent: %s", self._load_id, error)

    def _is_stopped(self) -> bool:
        """Waits for one interval, or until it is to stop."""
        try:
            self._stops.get(timeout=self._seconds)
        except Empty:
            return False
        return True
