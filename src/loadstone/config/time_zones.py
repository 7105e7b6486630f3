"""Whether a name is that of a time zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

__all__ = ["is_timezone"]


def is_timezone(name: str) -> bool:
    """Whether the IANA database has it."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # for unknown names, for paths, for folders
        return False
    return True
