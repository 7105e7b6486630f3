"""For how long things are kept that may hold personal data, or that nobody looks at any more."""

from __future__ import annotations

import re
from datetime import timedelta

from loadstone.model.settings import Settings

__all__ = ["Retention", "parse_age"]

_AGE = re.compile(r"(\d{1,6})\s*([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def parse_age(text: str) -> timedelta:
    """Reads `12h`, `90d` or `4w`.

    Raises:
        ValueError: it is none of these.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no age: write 12h, 90d or 4w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


class Retention(Settings, frozen=True, kw_only=True):
    """What goes after which age; the history of loads stays. Ages as people write them: `90d`."""

    raw_texts: str | None = None
    rejects: str | None = None
    notifications: str | None = None

    @classmethod
    def short_form(cls, value: object) -> object:
        """`90d`: as `loadstone forget --older-than 90d` has it."""
        return {"raw_texts": value, "notifications": value} if isinstance(value, str) else value

    def check(self) -> None:
        """Looks at the ages."""
        if not self.ages:
            raise ValueError("it names nothing: it takes raw_texts, rejects, notifications")
        raw_texts, rejects = self.ages.get("raw_texts"), self.ages.get("rejects")
        if raw_texts is not None and rejects is not None and rejects < raw_texts:
            raise ValueError("rejects go with their raw texts: give raw_texts the smaller age")

    @property
    def ages(self) -> dict[str, timedelta]:
        """What is not kept for ever -> for how long it is."""
        return {name: parse_age(age) for name in self.__struct_fields__ if (age := getattr(self, name))}
