"""Glob patterns over keys: `*` and `?` stay within a folder, `**` crosses folders, `[...]` is a set."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["has_magic", "literal_prefix", "matches"]

_MAGIC = re.compile(r"[*?\[]")


def has_magic(pattern: str) -> bool:
    """Whether the text is a pattern rather than a plain key."""
    return _MAGIC.search(pattern) is not None


def literal_prefix(pattern: str) -> str:
    """What every matching key begins with: what a listing can be narrowed to."""
    match = _MAGIC.search(pattern)
    return pattern[: match.start()] if match else pattern


def matches(key: str, pattern: str) -> bool:
    """Whether a whole key matches a pattern."""
    return _compiled(pattern).fullmatch(key) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    out, i = [], 0
    while i < len(pattern):
        if pattern.startswith("**/", i):
            out.append("(?:[^/]+/)*")
            i += 3
        elif pattern.startswith("**", i):
            out.append(".*")
            i += 2
        elif pattern[i] == "*":
            out.append("[^/]*")
            i += 1
        elif pattern[i] == "?":
            out.append("[^/]")
            i += 1
        elif pattern[i] == "[" and (end := pattern.find("]", i + 2)) > 0:
            inside = pattern[i + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            inside = "^" + inside[1:] if inside[0] == "!" else inside
            out.append(f"(?!/)[{inside}]")
            i = end + 1
        else:
            out.append(re.escape(pattern[i]))
            i += 1
    return re.compile("".join(out), re.DOTALL)
