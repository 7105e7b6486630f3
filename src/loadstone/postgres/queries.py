"""The SQL of the `.sql` files beside this module, by name."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

__all__ = ["query"]

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def query(name: str, file: str = "ledger") -> bytes:
    """A named statement, its comments left out: `-- name: standing` of `sql/ledger.sql`.

    Raises:
        KeyError: the file has no such statement.
    """
    return _statements(file)[name]


@cache
def _statements(file: str) -> dict[str, bytes]:
    text = (resources.files("loadstone.postgres") / "sql" / f"{file}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return {
        name: "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip().encode()
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
