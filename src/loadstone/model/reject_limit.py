"""How many rejected rows are too many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self, cast

from msgspec import Meta

from loadstone.model.settings import Settings

__all__ = ["RejectLimit"]


class RejectLimit(Settings, frozen=True, kw_only=True):
    """How many rejected rows a load may have: a count, or a share once enough rows are read.

    Exceeded means more than that.
    """

    count: int | None = None
    share: Annotated[float, Meta(ge=0, le=1)] | None = None
    minimum_rows: int = 100

    @classmethod
    def parse(cls, value: object) -> Self:
        """Reads `10%`, `0.5 %`, a count, or None for no limit.

        Raises:
            ValueError: it is none of these.
        """
        limit = cls.short_form(value)
        return limit if isinstance(limit, cls) else cls.from_dict(cast("Mapping[str, object]", limit))

    @classmethod
    def short_form(cls, value: object) -> object:
        """What `parse` reads, as a count or a share."""
        if value is None:
            return {}
        if isinstance(value, bool):
            raise ValueError("a reject limit is a count (25) or a share (10%)")  # noqa: TRY004 - not a defect
        if isinstance(value, int):
            return {"count": value}
        if isinstance(value, str):
            text = value.strip()
            try:
                if not text.endswith("%"):
                    return {"count": int(text)}
                if 0 <= (share := float(text[:-1]) / 100) <= 1:
                    return {"share": share}
            except ValueError:
                pass
            raise ValueError(f"{value!r} is neither a count (25) nor a share (10%)")
        return value

    def exceeded(self, rejected: int, read: int) -> bool:
        """Whether a load with so many rejected of so many read rows is to fail."""
        if self.count is not None and rejected > self.count:
            return True
        return self.share is not None and read >= self.minimum_rows and rejected > self.share * read

    def __str__(self) -> str:
        if self.count is not None:
            return f"{self.count:,} rows"
        return "no limit" if self.share is None else f"{self.share * 100:g} %"
