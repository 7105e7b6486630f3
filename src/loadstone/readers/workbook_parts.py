"""What a workbook says about itself: which sheets it has, where their parts are, which formats show dates.

Parts are found through the package's relationships, as the format demands; names such as `xl/workbook.xml`
are only customary. Both namespaces, the transitional and the strict one, are read: elements are told by their
local names.
"""

from __future__ import annotations

import posixpath
import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from loadstone.errors import FormatError
from loadstone.readers.number_formats import built_in_kind, format_kind

if TYPE_CHECKING:
    from loadstone.platform.package import Package

__all__ = ["Sheet", "Workbook", "read_workbook"]

#: The largest part that is read as a whole: what is said about sheets, not the sheets.
_MOST_BYTES = 64 * 1024 * 1024
_SHEETS_SHOWN = 10
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: as its tab shows it.
        part: where it is in the package.
        is_visible: whether its tab is shown.
    """

    name: str
    part: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    """What is needed to read sheets.

    Attributes:
        sheets: worksheets in the order of their tabs; charts and the like are none.
        is_1904: which day dates are counted from.
        styles: for each cell style the kind of its number format (codec.sheetnumbers).
        strings: the part with the shared strings, or None.
    """

    sheets: tuple[Sheet, ...]
    is_1904: bool
    styles: array[int]
    strings: str | None

    def choose(self, wanted: str | int | None, where: str) -> Sheet:
        """The sheet by name or by number from 1; without either, the first that is visible.

        Raises:
            FormatError: there is none.
        """
        if isinstance(wanted, int):
            if 1 <= wanted <= len(self.sheets):
                return self.sheets[wanted - 1]
        elif wanted is not None:
            for sheet in self.sheets:
                if sheet.name == wanted:
                    return sheet
            for sheet in self.sheets:
                if sheet.name.casefold().strip() == wanted.casefold().strip():
                    return sheet
        else:
            for sheet in (*(s for s in self.sheets if s.is_visible), *self.sheets):
                return sheet
        names = ", ".join(repr(sheet.name) for sheet in self.sheets[:_SHEETS_SHOWN])
        more = ", ..." if len(self.sheets) > _SHEETS_SHOWN else ""
        raise FormatError(
            f"the workbook has no sheet {wanted!r}" if wanted is not None else "the workbook has no sheet",
            where=where,
            hint=f"its sheets are {names}{more}" if names else "are there only charts in it?",
        )


class _Relation(NamedTuple):
    kind: str
    target: str


def read_workbook(package: Package, where: str) -> Workbook:
    """Reads what the workbook says about itself.

    Raises:
        FormatError: this is no workbook, or it is damaged.
    """
    main = _main_part(package, where)
    root = _parse(package, main, where)
    relations = _relations(package, main, where)
    by_kind = {relation.kind: relation.target for relation in reversed(relations.values())}
    styles = by_kind.get("styles")
    strings = by_kind.get("sharedStrings")
    properties = next((e for e in root if _local(e.tag) == "workbookPr"), None)
    return Workbook(
        tuple(_sheets(root, relations)),
        properties is not None and properties.get("date1904") in {"1", "true", "on"},
        _styles(_parse(package, styles, where)) if styles is not None and styles in package else array("i"),
        strings if strings is not None and strings in package else None,
    )


def _main_part(package: Package, where: str) -> str:
    """The part that the package is about."""
    for relation in _relations(package, "", where).values():
        if relation.kind == "officeDocument" and relation.target in package:
            return relation.target
    raise FormatError(
        "this is a zip archive of office parts, but none of them is a workbook",
        where=where,
        hint="was it saved as a document or a presentation? save it as .xlsx",
    )


def _sheets(root: ET.Element, relations: dict[str, _Relation]) -> list[Sheet]:
    found = []
    for element in root.iter():
        if _local(element.tag) != "sheet":
            continue
        relation_id = next((v for k, v in element.items() if _local(k) == "id" and k != "id"), "")
        relation = relations.get(relation_id)
        if relation is not None and relation.kind == "worksheet":
            is_visible = element.get("state", "visible") == "visible"
            found.append(Sheet(element.get("name", ""), relation.target, is_visible))
    return found


def _relations(package: Package, part: str, where: str) -> dict[str, _Relation]:
    """The relationships of a part (`""`: of the package) by their ids."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path not in package:
        return {}
    found = {}
    for element in _parse(package, path, where):
        if element.get("TargetMode") == "External":
            continue
        target = unquote(element.get("Target", ""))
        whole = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        kind = element.get("Type", "").rpartition("/")[2]
        found[element.get("Id", "")] = _Relation(kind, whole)
    return found


def _styles(root: ET.Element) -> array[int]:
    """The kind of each cell style's number format."""
    codes: dict[int, int] = {}
    kinds = array("i")
    for element in root:
        if _local(element.tag) == "numFmts":
            for child in element:
                number = child.get("numFmtId", "")
                if number.isdecimal():
                    codes[int(number)] = format_kind(child.get("formatCode", ""))
        elif _local(element.tag) == "cellXfs":
            for child in element:
                number = child.get("numFmtId", "0")
                identity = int(number) if number.isdecimal() else 0
                kinds.append(codes.get(identity, built_in_kind(identity)))
    return kinds


def _parse(package: Package, part: str, where: str) -> ET.Element:
    data = package.read(part, _MOST_BYTES)
    if _DOCTYPE.search(data):
        raise FormatError(
            f"{part} in the workbook declares a document type, which no workbook has",
            where=where,
            hint="where does the file come from? documents of this kind are used to attack their readers",
        )
    try:
        return ET.fromstring(data)  # noqa: S314 - without entities there is nothing to expand
    except ET.ParseError as error:
        raise FormatError(
            f"{part} in the workbook is no XML: {error}",
            where=where,
            hint="open the file in a spreadsheet program, which may repair it, and save it again",
        ) from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
