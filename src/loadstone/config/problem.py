"""What is wrong in a configuration file, and where; and all of it as one error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from loadstone.errors import ConfigurationError
from loadstone.model.mistake import listed

__all__ = ["InvalidPipeline", "Place", "Problem"]


class Place(NamedTuple):
    """A position in a file, counted from 1; the earlier one is the smaller."""

    line: int
    column: int


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        place: where it stands in the file; None where it has no place, as in a pipeline written in code.
        what: the path and what is the matter with it.
        hint: the way out.
    """

    place: Place | None
    what: str
    hint: str | None = None

    def where(self, file: str) -> str:
        """`file:line:column`."""
        return file if self.place is None else f"{file}:{self.place.line}:{self.place.column}"


class InvalidPipeline(ConfigurationError):
    """A pipeline with everything that is wrong in it.

    Attributes:
        file: as the user named it.
        problems: in the order of the file.
    """

    code = "configuration_error"

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place or Place(0, 0)))
        first, *others = self.problems
        if not others:
            super().__init__(first.what, where=first.where(file), hint=first.hint)
        else:
            told = [(f"{problem.where(file)}: {problem.what}", problem.hint) for problem in self.problems]
            super().__init__(listed(told), where=file)
