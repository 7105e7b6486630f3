"""Ctrl-C goes before whatever goes wrong while it is being heeded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["interrupts_first"]


@contextmanager
def interrupts_first() -> Iterator[None]:
    """An error met while cleaning up after an interrupt does not take its place.

    It would be told as the load's failure, or be tried again, and the interrupt would be lost.

    Raises:
        KeyboardInterrupt: what was raised inside came on top of one.
    """
    outer = sys.exception()  # what the caller handles already has nothing to do with what is inside
    try:
        yield
    except Exception as error:
        earlier = error.__context__
        while earlier is not None and earlier is not outer:
            if isinstance(earlier, KeyboardInterrupt):
                raise earlier from error
            earlier = earlier.__context__
        raise
