"""Records that are rejected for what stands in their lists: the reason moves from element to record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadstone.codec.codes import CHILD_ELEMENT, CODES
from loadstone.model.batch import Reject

__all__ = ["with_elements"]

_Note = tuple[str | None, str, str]
_PLACEHOLDER = CODES[CHILD_ELEMENT].name


def with_elements(
    rejects: Sequence[Reject], of_children: Sequence[tuple[str, Sequence[Reject]]]
) -> list[Reject]:
    """The rejected records, with `items[2].price` for a column where an element of `items` was at fault.

    Args:
        rejects: of the records.
        of_children: key -> what was noted of the elements under it; their line is the row of their record.
    """
    notes: dict[int, list[_Note]] = {}
    for key, elements in of_children:
        for element in elements:
            notes.setdefault(element.line_number, []).extend(_notes(key, element))
    return [_explained(reject, notes.get(reject.row_number, [])) for reject in rejects]


def _notes(key: str, element: Reject) -> Iterator[_Note]:
    place = f"{key}[{element.byte_offset}]"
    for column, code, reason in ((element.column, element.code, element.reason), *element.others):
        yield f"{place}.{column}" if column else place, code, reason


def _explained(reject: Reject, found: list[_Note]) -> Reject:
    if not found:
        return reject
    own: list[_Note] = [(reject.column, reject.code, reject.reason), *reject.others]
    (column, code, reason), *others = [note for note in own if note[1] != _PLACEHOLDER] + found
    return reject._replace(
        column=column,
        code=code,
        reason=reason,
        others=tuple((name or "", other, why) for name, other, why in others),
    )
