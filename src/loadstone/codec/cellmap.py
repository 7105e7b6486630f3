"""Which columns are made of which cell of a record, as arrays that compiled code reads."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from loadstone.codec.kinds import HAS_SEPARATOR, IS_SPLIT, IS_UNKNOWN
from loadstone.model.contract import LoadPlan

__all__ = ["CellMap", "map_cells"]


class CellMap(NamedTuple):
    """By the number of the cell, and the last two by the number of the column.

    Attributes:
        only_columns: the column that is the whole cell; -1 where it is none, several, or parts of the cell.
        first_columns: the first of its columns.
        column_counts: how many there are.
        marks: what the cell is (kinds.py).
        separators: what separates the parts of cells, one behind the other.
        separator_ends: where each cell's separator ends there, with a 0 in front.
        parts: which part of its cell a column is; -1 where it is all of it.
        part_counts: how many parts there must be.
    """

    only_columns: array[int]
    first_columns: array[int]
    column_counts: array[int]
    marks: array[int]
    separators: bytes
    separator_ends: array[int]
    parts: array[int]
    part_counts: array[int]


def map_cells(plan: LoadPlan) -> CellMap:
    """The map of a plan."""
    only, firsts, counts, marks = array("i"), array("i"), array("i"), array("i")
    separators, separator_ends = b"", array("i", [0])
    first = 0
    for cell in plan.cells:
        split = next((column.split for column in cell.columns if column.split), None)
        separator = (split.separator or "").encode() if split else b""
        mark = IS_UNKNOWN if cell.is_unknown else IS_SPLIT if split else 0
        only.append(first if len(cell.columns) == 1 and not mark else -1)
        firsts.append(first)
        counts.append(len(cell.columns))
        marks.append(mark | (HAS_SEPARATOR if separator else 0))
        separators += separator
        separator_ends.append(len(separators))
        first += len(cell.columns)
    splits = [column.split for column in plan.columns]
    return CellMap(
        only,
        firsts,
        counts,
        marks,
        separators,
        separator_ends,
        parts=array("i", [split.index if split else -1 for split in splits]),
        part_counts=array("i", [split.parts if split else 0 for split in splits]),
    )
