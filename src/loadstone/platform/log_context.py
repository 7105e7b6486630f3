"""What every line of a log within a load carries: its key, its dataset and, once there is one, its number.

The context is that of the thread; `BackgroundThread` takes it along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["log_context", "note_in_log", "within_log"]

_context: ContextVar[Mapping[str, Any]] = ContextVar("loadstone_log", default={})  # noqa: B039 - never changed


@contextmanager
def within_log(**facts: Any) -> Iterator[None]:
    """Adds facts to every line that is logged inside."""
    # A mapping of its own, which threads that begin inside share: what is noted later reaches them, too.
    token = _context.set({**_context.get(), **facts})
    try:
        yield
    finally:
        _context.reset(token)


def note_in_log(**facts: Any) -> None:
    """Adds facts to what the innermost `within_log` began; nothing outside of one."""
    found = _context.get()
    if isinstance(found, dict) and found:
        found.update(facts)


def log_context() -> Mapping[str, Any]:
    """The facts of here and now."""
    return _context.get()
