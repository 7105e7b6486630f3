"""`format: {records: $.data.items}`: where the records stand in a JSON document, a part of JSONPath."""

from __future__ import annotations

import re

__all__ = ["parse_records_path"]

_STEP = r"""(?x)\.(?P<name>[^.\[\]\s"'*]+) | \[(?P<every>\*)\] | \.\*(?P<dotted>)
        | \["(?P<double>[^"]*)"\] | \['(?P<single>[^']*)'\]"""


def parse_records_path(text: str) -> tuple[str | None, ...]:
    """The steps of a path: a key, or None for each element of an array.

    `$` is the document; `$.data.items`, `$['a b'].items`, `$.pages[*].items` go on from there. Where a path
    leads to an array, its elements are the records, with or without `[*]` at the end.

    Raises:
        ValueError: it is no such path.
    """
    written = text.strip()
    steps: list[str | None] = []
    position = 1
    step = re.compile(_STEP)
    while position < len(written):
        match = step.match(written, position)
        if match is None or match["dotted"] is not None:
            break
        position = match.end()
        found = (match["name"], match["double"], match["single"])
        steps.append(next((name for name in found if name is not None), None))
    if not written.startswith("$") or position < len(written):
        raise ValueError(
            f"{text!r} is not a path to records: it is `$`, then names and [*], as in $.data.items"
        )
    return tuple(steps)
