"""One thing that `doctor` looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from msgspec import Struct

from loadstone.errors import LoadstoneError

__all__ = ["Check", "attempted", "failed", "ok", "skipped"]


class Check(Struct, frozen=True):
    """What was found.

    Attributes:
        name: of what was looked at.
        state: `skipped` where there was nothing to look at.
        what: what was found, or why nothing was.
        hint: what to do about it; with `ok`, what would be better.
    """

    name: str
    state: Literal["ok", "failed", "skipped"]
    what: str
    hint: str | None = None


def ok(name: str, what: str, hint: str | None = None) -> Check:
    """It is as it should be."""
    return Check(name, "ok", what, hint)


def failed(name: str, what: str, hint: str | None = None) -> Check:
    """It is not."""
    return Check(name, "failed", what, hint)


def skipped(name: str, what: str, hint: str | None = None) -> Check:
    """There was nothing to look at, or no way to."""
    return Check(name, "skipped", what, hint)


def attempted(name: str, look: Callable[[], Iterable[Check]], *others: str) -> Iterator[Check]:
    """What `look` yields. Where it raises, `name` has failed, and the `others` are not looked at."""
    try:
        yield from look()
    except LoadstoneError as error:
        yield failed(name, str(error), error.hint)
        for other in others:
            yield skipped(other, f"see {name}")
