"""`${VARIABLE}` in the values of pipeline.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["UnsetVariable", "expand", "has_variable"]

_REFERENCE = (
    r"(?P<escaped>\$\$(?=\{))|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-[^}]*)?\}|(?P<broken>))"
)


class UnsetVariable(ValueError):
    """The text refers to a variable that the environment does not have.

    Attributes:
        name: the variable's.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment variable {name} is not set")
        self.name = name


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Replaces `${NAME}`, `${NAME:-default}` (also where it is set, but empty), and `$${` by a plain `${`.

    Raises:
        UnsetVariable: there is no such variable, and no default.
        ValueError: a `${` that is no reference.
    """

    def replacement(match: re.Match[str]) -> str:
        if match["escaped"] is not None:
            return "$"
        if match["broken"] is not None:
            raise ValueError("'${' does not begin a reference such as ${NAME} or ${NAME:-default}")
        name, default = match["name"], match["default"]
        if default is not None:
            return environment.get(name) or default.removeprefix(":-")
        if name not in environment:
            raise UnsetVariable(name)
        return environment[name]

    return re.sub(_REFERENCE, replacement, text)


def has_variable(text: str) -> bool:
    """Whether there is something to expand, or to unescape."""
    return "${" in text
