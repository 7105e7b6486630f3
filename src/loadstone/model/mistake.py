"""What is wrong with settings: where in them, what, and the way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from loadstone.errors import ConfigurationError

__all__ = ["InvalidSettings", "Mistake", "Path", "listed", "path_text"]

#: A way into a document: keys, and positions within lists.
Path = tuple[str | int, ...]


class Mistake(NamedTuple):
    """One thing that is wrong.

    Attributes:
        path: where it is; empty for the whole.
        what: what is the matter with it.
        hint: the way out.
        is_of_key: it is the key that is to be looked at, rather than its value.
    """

    path: Path
    what: str
    hint: str | None = None
    is_of_key: bool = False

    def __str__(self) -> str:
        return f"{path_text(self.path)}: {self.what}" if self.path else self.what


class InvalidSettings(ConfigurationError, ValueError):
    """Settings made in code with everything that is wrong in them.

    Attributes:
        mistakes: all of them.
    """

    code = "configuration_error"

    def __init__(self, name: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        first, *others = self.mistakes
        if not others:
            super().__init__(str(first), where=name, hint=first.hint)
        else:
            super().__init__(listed([(str(one), one.hint) for one in self.mistakes]), where=name)


def listed(mistakes: Sequence[tuple[str, str | None]]) -> str:
    """Several mistakes with their hints, a line each."""
    lines = [f"{len(mistakes)} mistakes"]
    for what, hint in mistakes:
        lines.append(f"  {what}")
        if hint:
            lines.append(f"    hint: {hint}")
    return "\n".join(lines)


def path_text(path: Path) -> str:
    """`datasets.car_data.columns.fuel.range[0]`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        else:
            written = step if re.fullmatch(r"[\w-]+", step) else f'"{step}"'
            out += f".{written}" if out else written
    return out
