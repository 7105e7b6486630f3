"""Names that stand in a comment above the rows: `#id,name`, `#Fields: date time cs-method`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loadstone.core.sniffing.decision import Record
from loadstone.core.sniffing.kinds import TYPED, KindCache

__all__ = ["commented_names", "is_comment", "without_comments"]

#: How the extended log format of web servers begins the line that names the columns.
_FIELDS = re.compile(r"#\s*Fields:\s*(.*)", re.DOTALL)
_MARK = re.compile(r"#\s*")


def is_comment(record: Record) -> bool:
    """Whether a record's line begins with `#`."""
    return bool(record.cells) and (record.cells[0] or "").startswith("#")


def without_comments(records: Sequence[Record]) -> Sequence[Record]:
    """The records without the comments above them; all where there is nothing else."""
    count = next((i for i, record in enumerate(records) if record.cells and not is_comment(record)), 0)
    return records[count:]


def commented_names(
    records: Sequence[Record], text: bytes, start: int, width: int, kinds: KindCache
) -> tuple[str, ...]:
    """The names that the comments right above the records from `start` on give; none where they give none.

    Args:
        records: of the sample, the comments among them.
        text: the sample.
        start: the position of the first record.
        width: cells of the records.
        kinds: of cells.
    """
    above = start
    while above and (not records[above - 1].cells or is_comment(records[above - 1])):
        above -= 1
    comments = [record for record in records[above:start] if record.cells]
    for record in comments:
        line = text[record.start : record.end].decode("utf-8", "replace")
        if (fields := _FIELDS.match(line)) and len(names := fields[1].split()) == width:
            return tuple(names)
    if not comments or len(comments[-1].cells) != width or width < 2:
        return ()
    first, *rest = ((cell or "").strip() for cell in comments[-1].cells)
    names = [_MARK.sub("", first, count=1), *rest]
    is_named = all(names) and len(set(names)) == width and not any(kinds[name] in TYPED for name in names)
    return tuple(names) if is_named else ()
