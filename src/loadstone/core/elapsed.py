"""How long ago something was, for people."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["ago"]

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_DAY = timedelta(days=1)
_MANY_DAYS = 14


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`, then the date."""
    passed = now - moment
    if passed < _MINUTE:
        return "just now"
    if passed < _HOUR:
        return f"{passed // _MINUTE} min ago"
    if passed < _DAY:
        return f"{passed // _HOUR} h ago"
    if passed.days < _MANY_DAYS:
        return f"{passed.days} day{'s' if passed.days > 1 else ''} ago"
    return moment.date().isoformat()
