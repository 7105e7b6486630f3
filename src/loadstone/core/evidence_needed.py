"""Whether more of a file is to be looked at than its beginning."""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.core.names import column_name
from loadstone.model.contract import Column
from loadstone.model.load import Layout
from loadstone.model.types import UNDECIDED

__all__ = ["wide_layout"]


def wide_layout(layout: Layout, columns: Sequence[Column]) -> Layout:
    """The layout with evidence from further on in the file, unless every column's type is written down.

    It asks for the contract and the file alone, not for the table: what is decided of a file's end must be
    the same the first time and ever after.
    """
    if layout.further is None:
        return layout
    declared = {column_name(c.source or c.name) for c in columns if c.is_from_file and c.type != UNDECIDED}
    if all(column_name(name) in declared for name in layout.names):
        return layout
    return layout.further()
