"""What opened files have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadstone.core.sniffing.decision import Decision
    from loadstone.model.load import Layout

    class _Intake(Protocol):
        @property
        def bytes_read(self) -> int: ...

        @property
        def sha256(self) -> str: ...


__all__ = ["SAMPLE_RECORDS", "OpenedFile", "why_only_beginning", "with_decision", "with_sample"]

#: Records looked at to tell names and types.
SAMPLE_RECORDS = 1000


class OpenedFile:
    """A file that tells of its stored bytes what its intake knows."""

    _intake: _Intake

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source so far."""
        return self._intake.bytes_read

    @property
    def sha256(self) -> str:
        """Of the bytes as stored."""
        return self._intake.sha256


def why_only_beginning(layout: Layout) -> str:
    """Why the end of a file of text is not to be had before all else was read."""
    compression = layout.dialect.get("compression")
    if compression is None:
        return "its source gives it from the beginning on only"
    return f"what is compressed with {compression} is read from the beginning on only"


def with_decision(layout: Layout, name: str, decision: Decision) -> Layout:
    """The layout with one more thing decided."""
    decided = {**layout.dialect["decided"], name: decision.noted}
    return layout._replace(dialect={**layout.dialect, "decided": decided})


def with_sample(
    layout: Layout,
    sample: tuple[tuple[str | None, ...], ...],
    parts: Mapping[str, int],
    *,
    is_complete: bool,
    only_beginning: str = "",
) -> Layout:
    """The layout with all that was looked at.

    Args:
        layout: of the first records.
        sample: all rows, those among them.
        parts: how many rows were seen where.
        is_complete: whether the file has no others.
        only_beginning: why nothing beyond the file's beginning was looked at, where that is so.
    """
    dialect = dict(layout.dialect)
    if not is_complete:
        dialect["sampled"] = dict(parts)
        if only_beginning:
            dialect["only_beginning"] = only_beginning
    return layout._replace(
        dialect=dialect,
        sample=sample,
        is_complete=is_complete,
        seen=", ".join(f"{rows:,} rows {place}" for place, rows in parts.items()) if len(parts) > 1 else "",
        further=None,
    )
