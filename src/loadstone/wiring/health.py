"""What a worker answers to probes: whether it lives, whether it can work, and its metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus

from loadstone.errors import LoadstoneError
from loadstone.platform.health_server import Answer
from loadstone.platform.metrics import PROMETHEUS_CONTENT_TYPE
from loadstone.ports import Clock

__all__ = ["Readiness", "health_routes"]

#: An answer is good for so many seconds: probes of strangers must not become connections to the database.
_GOOD_SECONDS = 5.0


class Readiness:
    """Whether what a worker needs can be reached, looked at every few seconds at most.

    Args:
        checks: name -> what raises where it cannot be reached.
        clock: the time.
    """

    def __init__(self, checks: Mapping[str, Callable[[], None]], clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._faults: dict[str, str] = {}

    def faults(self) -> dict[str, str]:
        """Name -> what is wrong; empty where all is well."""
        with self._lock:
            now = self._clock.monotonic()
            if self._looked is None or now - self._looked >= _GOOD_SECONDS:
                self._faults = {name: fault for name in self._checks if (fault := self._fault(name))}
                self._looked = now
            return dict(self._faults)

    def _fault(self, name: str) -> str | None:
        """The error's code alone: where the database is, is not everybody's business."""
        try:
            self._checks[name]()
        except LoadstoneError as error:
            return error.code
        return None


def health_routes(
    readiness: Readiness, is_draining: Callable[[], bool], render: Callable[[], str] | None
) -> dict[str, Callable[[], Answer]]:
    """Path -> what answers.

    Args:
        readiness: what `/readyz` tells.
        is_draining: whether nothing more is taken, so that nothing more should be sent here.
        render: the metrics, as Prometheus reads them.
    """

    def ready() -> Answer:
        faults = {"worker": "draining"} if is_draining() else readiness.faults()
        status = HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK
        return Answer(status, "".join(f"{name}: {what}\n" for name, what in faults.items()) or "ready\n")

    routes = {"/healthz": lambda: Answer(HTTPStatus.OK, "alive\n"), "/readyz": ready}
    if render is not None:
        routes["/metrics"] = lambda: Answer(HTTPStatus.OK, render(), PROMETHEUS_CONTENT_TYPE)
    return routes
