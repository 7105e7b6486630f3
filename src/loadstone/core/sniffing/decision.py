"""What is decided about a file's text, how surely, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

__all__ = ["WHITE_SPACE", "Decision", "Dialect", "Record", "Split", "shown"]

#: Stands for the delimiter where runs of blanks and tabs separate cells.
WHITE_SPACE = "whitespace"

_SHOWN = {"\t": "a tab", " ": "a blank", WHITE_SPACE: "white space", "": "none"}


class Decision(NamedTuple):
    """One thing decided.

    Attributes:
        value: what was decided.
        confidence: from 0 (a guess) to 1 (certain).
        evidence: why, for people.
    """

    value: Any
    confidence: float
    evidence: str

    @property
    def noted(self) -> dict[str, Any]:
        """For the ledger."""
        return {"value": self.value, "confidence": round(self.confidence, 2), "evidence": self.evidence}


class Dialect(NamedTuple):
    """How cells are told apart: quote and escape are empty where there are none."""

    delimiter: str
    quote: str
    escape: str


class Record(Protocol):
    """A record of the sample: see `codec.sampling.SampledRecord`."""

    @property
    def cells(self) -> Sequence[str | None]: ...  # noqa: D102 - the attributes are explained there

    @property
    def start(self) -> int: ...  # noqa: D102

    @property
    def end(self) -> int: ...  # noqa: D102

    @property
    def is_broken(self) -> bool: ...  # noqa: D102


#: The first records of the sample as a dialect makes them: (dialect, how many).
Split = Callable[[Dialect, int], Sequence[Record]]


def shown(mark: str) -> str:
    """A delimiter, quote or escape for a message."""
    return _SHOWN.get(mark) or repr(mark)
