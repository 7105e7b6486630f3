"""Which keys are hidden: what a pattern does not find unless it says so."""

from __future__ import annotations

__all__ = ["is_hidden", "wants_hidden"]


def is_hidden(key: str) -> bool:
    """Whether a folder of the key, or its file, has a name that begins with a dot."""
    return key.startswith(".") or "/." in key


def wants_hidden(pattern: str) -> bool:
    """Whether a pattern asks for hidden files by beginning one of its own segments with a dot."""
    return is_hidden(pattern)
