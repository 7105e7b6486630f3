"""The front end for worksheets, held against expat, and Python's own numbers and dates.

An input is, behind the option bytes, three texts with a NUL between them: what is in the sheet's data, what
is in the shared strings, and a number format. What expat takes as XML must be read as it says, cell by cell;
what it refuses may be refused, or read as the codec likes, but must break nothing.
"""

from __future__ import annotations

import random
import re
import xml.parsers.expat
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from fuzz.outcomes import Outcome, feed
from loadstone.codec.sharedstrings import SharedStrings, SharedStringsParser
from loadstone.codec.sheet import SheetEncoder
from loadstone.codec.sheetnumbers import DATE_PART, ELAPSED, TELLING, TIME_PART
from loadstone.codec.sheetrows import SheetRows
from loadstone.errors import FormatError
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.types import parse_type
from loadstone.readers.number_formats import format_kind

__all__ = ["WorkbookTarget"]

_COLUMNS = 4
_OPTION_BYTES = 4
_BOTH = DATE_PART + TIME_PART
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_DAY = 2_958_465

Cells = dict[int, str]


def _plan(*types: str) -> LoadPlan:
    columns = [Column(f"c{i}", parse_type(name), source=f"c{i}") for i, name in enumerate(types)]
    return LoadPlan(tuple(Cell(c.name, (c,)) for c in columns), lineage=False, trace=True)


_PLANS = (
    _plan("text", "text", "text", "text"),
    _plan("integer", "numeric", "timestamp", "boolean"),
    _plan("date", "date", "time", "interval"),
    _plan("double precision", "bigint", "jsonb", "varchar(3)"),
)


class WorkbookTarget:
    """See `targets.Target`."""

    name = "workbook"

    def run(self, data: bytes) -> Outcome:
        """Reads a sheet whole and in blocks, and checks all that must hold.

        Raises:
            AssertionError: something does not.
        """
        options = data[:_OPTION_BYTES].ljust(_OPTION_BYTES, b"\0")
        parts = (data[_OPTION_BYTES:] + b"\0\0").split(b"\0")
        wide = options[1] & 1
        sheet = _encoded(
            b'<x:worksheet xmlns:x="x"><x:sheetData>%s</x:sheetData></x:worksheet>', parts[0], wide
        )
        strings = _encoded(b'<x:sst xmlns:x="x">%s</x:sst>', parts[1], wide)
        code = parts[2].decode("latin-1")
        kinds = array("i", [0, DATE_PART, TIME_PART, _BOTH, TELLING, ELAPSED, format_kind(code)])
        plan = _PLANS[options[0] % len(_PLANS)]
        seed = options[3]
        is_1904 = bool(options[1] & 2)

        def read(seed: int) -> Outcome | str:
            try:
                shared = _shared(strings, seed)
                rows = SheetRows(shared, kinds, is_1904=is_1904)
                encoder = SheetEncoder(plan, rows, range(_COLUMNS), first_row=1)
                outcome = feed(encoder, sheet, _cuts(sheet, seed), plan)
            except FormatError as error:
                return str(error)
            return outcome.failure or outcome

        whole, cut = read(0), read(seed)
        if isinstance(whole, str) or isinstance(cut, str):
            assert isinstance(whole, str), f"blocks make a difference: {cut}"
            assert isinstance(cut, str), f"blocks make a difference: {whole}"
        else:
            assert cut.facts == whole.facts, "blocks make a difference"
        found = _Document.of(sheet, strings)
        if found is not None:
            _compare(found, kinds, is_1904, whole, plan)
        return Outcome() if isinstance(whole, str) else whole


def _encoded(frame: bytes, body: bytes, is_prefixed: int) -> bytes:
    """A part of the workbook around a body, with names that have a prefix or not."""
    part = frame % body
    return (
        part
        if is_prefixed
        else part.replace(b"x:sheetData", b"sheetData")
        .replace(b"x:", b"", 1)
        .replace(b"</x:", b"</")
        .replace(b"xmlns:x=", b"xmlns=")
    )


def _cuts(text: bytes, seed: int) -> list[int]:
    chance = random.Random(seed)
    return sorted(chance.randrange(len(text) + 1) for _ in range(seed % 8))


def _shared(part: bytes, seed: int) -> SharedStrings:
    parser, heap, position = SharedStringsParser(), b"", 0
    for end in (*_cuts(part, seed), len(part)):
        if end <= position and end != len(part):
            continue
        given, consumed = parser.feed(part[position:end], end == len(part))
        heap += given
        position += consumed
    return parser.strings(heap)


# --- what expat says ---


@dataclass(slots=True)
class _Node:
    name: str
    attributes: dict[str, str]
    children: list[_Node | str] = field(default_factory=list)

    def elements(self) -> Iterator[_Node]:
        return (child for child in self.children if isinstance(child, _Node))

    def text(self) -> str:
        """Without what is in elements within."""
        return "".join(child for child in self.children if isinstance(child, str))

    def all(self, name: str) -> Iterator[_Node]:
        """Those of this name, at any depth, in the order of the document; none within another."""
        for child in self.elements():
            if child.name == name:
                yield child
            else:
                yield from child.all(name)


@dataclass(slots=True)
class _Document:
    sheet: _Node
    strings: _Node

    @staticmethod
    def of(sheet: bytes, strings: bytes) -> _Document | None:
        """Both parts; None where one of them is no XML, or more than workbooks use of it."""
        trees = [_tree(part) for part in (sheet, strings)]
        return _Document(*trees) if all(trees) else None


def _tree(part: bytes) -> _Node | None:
    root = _Node("", {})
    open_nodes = [root]

    def begin(name: str, attributes: dict[str, str]) -> None:
        node = _Node(name.rpartition(":")[2], attributes)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_name: str) -> None:
        open_nodes.pop()

    def text(data: str) -> None:
        open_nodes[-1].children.append(data)

    parser = xml.parsers.expat.ParserCreate("utf-8")
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(part, True)
    except xml.parsers.expat.ExpatError:
        return None
    return root


class _Refused(Exception):
    """What the codec must refuse, too."""


class _Unknown(Exception):
    """What no workbook has: whatever the codec makes of it is right."""


def _run_text(node: _Node) -> str:
    """The text of a string: of its own `t` and those of its runs."""
    parts = []
    for child in node.elements():
        if child.name == "t":
            parts.append(child.text())
        elif child.name == "r":
            parts.append(_run_text(child))
    return "".join(parts)


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        point = int(found[1], 16)
        return found[0] if 0xD800 <= point < 0xE000 else chr(point)

    return _ESCAPE.sub(character, text)


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"[\x00-\x20]*[0-9]{1,9}[\x00-\x20]*", text):
        raise _Refused(text)
    return int(text)


def _rows(found: _Document, kinds: array[int], is_1904: bool) -> Iterator[tuple[int, Cells]]:
    strings = [_unescaped(_run_text(node)) for root in found.strings.elements() for node in root.all("si")]
    (data,) = next(found.sheet.elements()).elements()
    number = 0
    for row in data.elements():
        if row.name != "row":
            continue
        number += 1
        if "r" in row.attributes:
            number = _whole_number(row.attributes["r"])
        yield number, dict(_cells(row, strings, kinds, is_1904))


def _cells(row: _Node, strings: list[str], kinds: array[int], is_1904: bool) -> Iterator[tuple[int, str]]:
    column = -1
    for cell in row.elements():
        if cell.name != "c":
            continue
        column += 1
        if "r" in cell.attributes:
            letters = re.match("[A-Z]{0,4}", cell.attributes["r"])
            assert letters is not None
            column = -1
            for letter in letters[0]:
                column = 26 * column + 26 + ord(letter) - 65
        if not 0 <= column < 16_384:
            raise _Refused("column")
        style = _whole_number(cell.attributes["s"]) if "s" in cell.attributes else -1
        kind = kinds[style] if 0 <= style < len(kinds) else 0
        for child in cell.elements():
            if child.name == "v" and (text := _unescaped(child.text())):
                value = _value(cell.attributes.get("t") or "n", kind, text, strings, is_1904)
            elif child.name == "is":
                value = _unescaped(_run_text(child))
            else:
                continue
            if value:
                yield column, value


def _value(cell_type: str, kind: int, text: str, strings: list[str], is_1904: bool) -> str:
    if cell_type == "s":
        number = _whole_number(text)
        if number >= len(strings):
            raise _Refused("no such string")
        return strings[number]
    if cell_type == "b":
        return {"0": "false", "1": "true"}.get(text, text)
    if cell_type == "n":
        return _number(kind, text, is_1904) if _NUMBER.fullmatch(text) else text
    if cell_type in {"str", "inlineStr", "e", "d"}:
        return text
    raise _Unknown(cell_type)


def _number(kind: int, text: str, is_1904: bool) -> str:
    value = float(text)
    if kind and (shown := _serial(kind, value, is_1904)) is not None:
        return shown
    if value in (float("inf"), float("-inf")):
        return text
    _, digits, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    assert isinstance(exponent, int)
    point = len(digits) + exponent
    if not value:
        return "0"
    sign = "-" if value < 0 else ""
    shown = "".join(map(str, digits))
    if -6 < point <= 21:
        return sign + format(Decimal(repr(abs(value))).normalize(), "f")
    return f"{sign}{shown[0]}{'.' * (len(shown) > 1)}{shown[1:]}e{point - 1:+d}"


def _serial(kind: int, value: float, is_1904: bool) -> str | None:
    """What a date or time is shown as; None where there is none."""
    if not 0 <= value < 3_000_000:
        return None
    days = int(value)
    moment = timedelta(milliseconds=int((value - days) * 86_400_000 + 0.5))
    if kind == ELAPSED:
        return _clock(timedelta(days) + moment)
    if days == 0 and (kind & TIME_PART or (kind == TELLING and (moment or not is_1904))):
        return _clock(moment)
    days, moment = days + moment.days, moment - timedelta(moment.days)
    if is_1904:
        begin, least = date(1904, 1, 1), 0
    else:
        begin, least = date(1899, 12, 30 if days > 60 else 31), 1
    if days < least or days > _LAST_DAY - 1462 * is_1904 or (days == 60 and not is_1904):
        return None
    day = (begin + timedelta(days)).isoformat()
    return f"{day} {_clock(moment)}" if moment or kind in (_BOTH, TIME_PART) else day


def _clock(moment: timedelta) -> str:
    seconds, millis = divmod(moment // timedelta(milliseconds=1), 1000)
    fraction = f".{millis:03d}" if millis else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _compare(
    found: _Document, kinds: array[int], is_1904: bool, outcome: Outcome | str, plan: LoadPlan
) -> None:
    """Holds what was read against what expat says."""
    refused: _Refused | None = None
    rows: list[tuple[int, Cells]] = []
    try:
        rows = [(number, cells) for number, cells in _rows(found, kinds, is_1904) if cells and number >= 1]
    except _Refused as error:
        refused = error
    except _Unknown:
        return
    if refused is not None:
        assert isinstance(outcome, str), f"the codec takes {refused}"
        return
    if isinstance(outcome, str):
        # References in attributes are not resolved: no program writes them.
        assert "attribute" in outcome, outcome
        return
    assert sorted(place[1] for place in outcome.places) == sorted(number for number, _ in rows)
    if plan is _PLANS[0]:
        expected = [cells for _, cells in rows if _fits(cells)]
        assert [
            {i: cell.decode() for i, cell in enumerate(row) if cell is not None} for row in outcome.rows
        ] == expected


def _fits(cells: Cells) -> bool:
    """Whether a row has no cell beside the table, and none that no text can hold."""
    return max(cells) < _COLUMNS and not any("\0" in text for text in cells.values())
