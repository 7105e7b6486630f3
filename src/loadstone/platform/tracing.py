"""A span for each load, for OpenTelemetry: `pip install 'loadstone[otel]'`.

Nothing is imported unless the process asks for traces: by OpenTelemetry's own variables, or because whoever
uses loadstone as a library has OpenTelemetry loaded already.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from loadstone.errors import MissingExtra
from loadstone.platform.background import BackgroundThread

__all__ = ["configure_traces", "flush_traces", "span"]

logger = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_API = "opentelemetry.trace"


class _Span:
    """No span.

    Attributes:
        is_recorded: whether what is set goes anywhere.
    """

    is_recorded = False

    def set(self, attributes: Mapping[str, Any], *, error: str | None = None) -> None:
        """Nothing."""


class _OpenSpan(_Span):
    is_recorded = True

    def __init__(self, inner: Any, status: Any) -> None:
        self._inner = inner
        self._status = status

    def set(self, attributes: Mapping[str, Any], *, error: str | None = None) -> None:
        """Adds attributes; with an error, the span counts as failed."""
        self._inner.set_attributes({name: value for name, value in attributes.items() if value is not None})
        if error is not None:
            self._inner.set_status(self._status.ERROR, error)


_NO_SPAN = _Span()


def configure_traces(environment: Mapping[str, str] | None = None) -> bool:
    """Sends spans where OpenTelemetry's variables say; whether they say so.

    Called by what runs for long (worker, Lambda) and by the command line; not by the library. The variables
    may be meant for others: where OpenTelemetry is not installed, that is logged, and nothing fails.
    """
    environment = os.environ if environment is None else environment
    if (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environment.get("OTEL_TRACES_EXPORTER") == "none"
    ):
        return False
    if not any(environment.get(name) for name in _ENDPOINTS):
        return False
    try:
        from opentelemetry import trace  # noqa: PLC0415 - an extra, and slow to import
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        missing = MissingExtra("sending traces", "otel")
        logger.warning("%s: %s", missing.what, missing.hint)
        return False
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return True  # somebody has done it
    name = environment.get("OTEL_SERVICE_NAME", "loadstone")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


def flush_traces(seconds: float) -> bool:
    """Sends what was traced and not sent yet; whether that was done within so many seconds.

    For processes that are frozen between two calls. What a collector does not take in time goes on in a
    thread: nothing waits for it. Nothing is done where the process has no traces.
    """
    api = sys.modules.get(_API)
    flush = None if api is None else getattr(api.get_tracer_provider(), "force_flush", None)
    if flush is None:
        return True

    def send() -> None:
        try:
            flush()
        except Exception as error:  # noqa: BLE001 - whatever an exporter raises, no load failed for it
            logger.warning("traces could not be sent: %s", error)

    # OpenTelemetry's own time-out for this is not heeded by its batches.
    thread = BackgroundThread(send, "loadstone-traces")
    thread.start()
    if not thread.wait(seconds):
        logger.warning("traces were not taken within %.1f s", seconds)
        return False
    return True


@contextmanager
def span(name: str, attributes: Mapping[str, Any]) -> Iterator[_Span]:
    """A span around what is inside; nothing where the process has no OpenTelemetry."""
    api = sys.modules.get(_API)
    if api is None:
        yield _NO_SPAN
        return
    known = {key: value for key, value in attributes.items() if value is not None}
    # What an error says may be the content of cells: the span gets its kind alone, from who knows it.
    with api.get_tracer("loadstone").start_as_current_span(
        name, attributes=known, record_exception=False, set_status_on_exception=False
    ) as inner:
        yield _OpenSpan(inner, api.StatusCode)
