"""How long ago something was, in a word or two."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["since"]


def since(moment: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    passed = max(timedelta(0), now - moment)
    for unit, length in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if (number := int(passed.total_seconds() // length)) >= 1:
            return f"{number:,} {unit}{'s' if unit == 'day' and number > 1 else ''} ago"
    return "just now"
