"""Errors without what files hold: logs and notifications go to more people than the table does."""

from __future__ import annotations

import re

__all__ = ["without_cells"]

# These speak of names (columns, objects, tables, settings), and quote nothing else.
_NAMES_ONLY = frozenset(
    {
        "abandoned", "access_denied", "authentication_failed", "balance_error", "configuration_error",
        "connection_lost", "contract_error", "database_unavailable", "empty_replace", "load_not_found",
        "missing_extra", "no_lineage", "object_busy", "object_changed", "object_missing",
        "reject_limit_exceeded", "schema_version_error", "slot_unavailable", "source_unavailable", "stalled",
        "table_busy", "table_mismatch",
    }
)  # fmt: skip

# PostgreSQL writes values as "x", Key (id)=(x) and (1, x, ...); ours are written as 'x'.
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.|'(?=\w))*'|"(?:[^"\\]|\\.)*"|=\(.*\)|contains \(.*\)""", re.DOTALL)
_ELLIPSIS = "…"


def without_cells(text: str, code: str | None) -> str:
    """An error's text with what could be the content of a cell left out.

    Args:
        text: of the error.
        code: its stable name or SQLSTATE; what is known to quote names only stays as it is.
    """
    if code in _NAMES_ONLY:
        return text
    return _QUOTED.sub(_without, text)


def _without(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith("contains"):
        return f"contains ({_ELLIPSIS})"
    return f"=({_ELLIPSIS})" if found.startswith("=") else f"{found[0]}{_ELLIPSIS}{found[0]}"
