"""What is fuzzed: each front end of the codec, with what must hold whatever the bytes are.

The first bytes of an input choose the columns, the dialect and where blocks are cut; the rest is the file.
To add a front end, write its `Target` and name it in `TARGETS`: the runner, the seeds and the comparison with
the compiled codec follow.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from fuzz.columns import ColumnarTarget
from fuzz.documents import documents, flat, led_to, text_of
from fuzz.outcomes import Encoder, Outcome, feed
from fuzz.workbook import WorkbookTarget
from loadstone.codec.delimited import DelimitedEncoder
from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.codec.jsonstream import JsonEncoder
from loadstone.model.contract import Cell, Column, LoadPlan, SplitPart
from loadstone.model.types import parse_type

__all__ = ["TARGETS", "AnyTarget", "Outcome", "Target"]

OPTION_BYTES = 4


class Target(NamedTuple):
    """One front end.

    Attributes:
        name: on the command line, and of its folder of seeds.
        plans: by the first option byte.
        encoder: made from a plan and the other option bytes.
        compare: holds an outcome against a reference, given plan, options and text.
        is_blockwise: whether, with these options, blocks may be shorter than what they are cut from.
    """

    name: str
    plans: tuple[LoadPlan, ...]
    encoder: Callable[[LoadPlan, bytes], Encoder]
    compare: Callable[[LoadPlan, bytes, bytes, Outcome], None]
    is_blockwise: Callable[[bytes], bool] = lambda _: True

    def run(self, data: bytes) -> Outcome:
        """Encodes an input whole and in blocks, and checks all that must hold.

        Raises:
            AssertionError: something does not.
        """
        options, text = data[:OPTION_BYTES].ljust(OPTION_BYTES, b"\0"), data[OPTION_BYTES:]
        plan = self.plans[options[0] % len(self.plans)]
        whole = feed(self.encoder(plan, options), text, [], plan)
        check_balance(whole, len(text))
        chance = random.Random(options[3])
        cuts = sorted(chance.randrange(len(text) + 1) for _ in range(options[3] % 8))
        in_blocks = feed(self.encoder(plan, options), text, cuts, plan)
        if self.is_blockwise(options):
            assert in_blocks.facts == whole.facts, "blocks make a difference"
        self.compare(plan, options, text, whole)
        return whole


def check_balance(out: Outcome, size: int) -> None:
    """Every record is one thing, and records follow each other through the file without overlapping."""
    assert out.records == len(out.rows) + len(out.late) + len(out.rejects) + out.discarded
    found = sorted(out.places)
    assert len(found) == out.records - out.discarded
    numbers = [place[0] for place in found]
    assert numbers == sorted(set(numbers))
    assert not numbers or (numbers[0] >= 1 and numbers[-1] <= out.records)
    last_line, last_end = 1, 0
    for _, line, offset, length in found:
        assert line >= last_line
        assert offset >= last_end
        assert length >= 0
        last_line, last_end = line, offset + length
    assert last_end <= size


# --- plans ---


def _plan(*types: str, key: tuple[str, ...] = (), deduplicate: bool = False, **column: Any) -> LoadPlan:
    columns = [Column(f"c{i}", parse_type(name), source=f"c{i}", **column) for i, name in enumerate(types)]
    return LoadPlan(
        tuple(Cell(c.name, (c,)) for c in columns),
        lineage=deduplicate,
        trace=True,
        key=key,
        deduplicate=deduplicate,
    )


def _split_plan() -> LoadPlan:
    parts = tuple(
        Column(f"p{i}", parse_type(name), source="c0", split=SplitPart(i, 2))
        for i, name in enumerate(("text", "integer"))
    )
    return LoadPlan(
        (Cell("c0", parts), Cell("c1", (Column("c1", parse_type("text")),))), lineage=False, trace=True
    )


PLANS = (
    _plan("text", "text", "text"),
    _plan("integer", "numeric", "double precision", "boolean"),
    _plan("date", "time", "timestamp(3)", "timestamptz", "interval"),
    _plan("integer[]", "text[]", "jsonb[]", "double precision[]"),
    _plan("bytea", "inet", "uuid", "json", "jsonb"),
    _plan("varchar(3)", "char(4)", "numeric(6,2)", "real", "smallint", "bigint", null_values=("NA",)),
    _plan("integer", "text", key=("c0",), deduplicate=True),
    _plan("numeric", "numeric[]", "timestamp", decimal=",", thousands=".", round=True),
    _split_plan(),
)

# --- delimited text ---

_DELIMITERS = (b",", b";", b"\t", b"|", "§".encode(), b"||", "│".encode(), b", ")
_LIMITS = (10_000, 24)


def _delimited(plan: LoadPlan, options: bytes) -> Encoder:
    return DelimitedEncoder(
        plan,
        delimiter=_DELIMITERS[options[1] % 8],
        quote=None if options[1] & 64 else b'"',
        escape=b"\\" if options[1] & 128 else None,
        max_record_bytes=_LIMITS[options[2] % 2],
    )


def _as_pythons_csv(plan: LoadPlan, options: bytes, text: bytes, out: Outcome) -> None:
    """Where every record was taken as texts, Python's csv module reads the same cells."""
    delimiter = _DELIMITERS[options[1] % 8].decode()
    if plan is not PLANS[0] or out.rejects or options[1] & 192 or len(delimiter) > 1:
        return
    lines = io.StringIO(text.decode(), newline="")
    expected = [row for row in csv.reader(lines, delimiter=delimiter, strict=True) if row]
    assert [[(cell or b"").decode() for cell in row] for row in out.rows] == expected, (
        "Python reads other cells"
    )


# --- JSON Lines ---


def _json_lines(plan: LoadPlan, options: bytes) -> Encoder:
    return JsonLinesEncoder(plan, max_record_bytes=_LIMITS[options[2] % 2])


def _as_pythons_json(plan: LoadPlan, options: bytes, text: bytes, out: Outcome) -> None:
    """Python's json module reads an object where the codec took one, and none where it saw no JSON."""
    del options, text
    for raw in out.raws.values():
        assert isinstance(_loads(raw), dict), "Python sees no object"
    for reject in out.rejects:
        if reject.code == "invalid_json" and reject.column is None:
            assert _loads(reject.raw) is _BROKEN, "Python sees valid JSON"
    if plan is not PLANS[0]:
        return
    for raw, row in zip(out.raws.values(), out.rows, strict=True):
        for name, cell in zip(("c0", "c1", "c2"), row, strict=True):
            value = _loads(raw).get(name)
            if isinstance(value, str):
                assert cell == value.encode(), "Python reads another text"


_BROKEN = object()


def _loads(raw: bytes) -> Any:
    def refuse(text: str) -> None:
        raise ValueError(text)

    try:
        return json.loads(raw.decode(), parse_constant=refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return _BROKEN


# --- JSON of any layout ---

_PATHS: tuple[tuple[str | None, ...], ...] = (
    (),
    ("c0",),
    ("c0", "c1"),
    (None,),
    (None, "c0"),
    ("c0", None, "c1"),
    ("",),
    ("c0", None),
)
_VALUES = LoadPlan((Cell("value", (Column("value", parse_type("text")),)),), lineage=False, trace=True)
_FLAT = LoadPlan(
    tuple(
        Cell(name, (Column(name, parse_type("text"), source=name),)) for name in ("c0", "c0.c1", "c1.c0.c1")
    ),
    lineage=False,
    trace=True,
)
_SEPARATOR = "."


def _json(plan: LoadPlan, options: bytes) -> Encoder:
    return JsonEncoder(
        plan,
        path=_PATHS[options[1] % 8],
        max_record_bytes=_LIMITS[options[2] % 2],
        separator=_SEPARATOR if plan is _FLAT else None,
        takes_values=plan is _VALUES,
    )


def _has_room(options: bytes) -> bool:
    # A record too long is one that no block holds: within shorter blocks, more is judged by what they show.
    return _LIMITS[options[2] % 2] > 400


def _as_pythons_documents(plan: LoadPlan, options: bytes, text: bytes, out: Outcome) -> None:
    """Python's json module finds the same records at the end of the path, and the same texts in them."""
    expected = _expected_records(_PATHS[options[1] % 8], text)
    if expected is None:
        broken = {"invalid_json", "invalid_utf8", "missing_comma"}
        is_told = out.failure or any(r.code in broken and r.column is None for r in out.rejects)
        assert is_told or not _has_room(options), "Python sees no valid JSON"
        return
    if out.failure:
        assert not _has_room(options), "Python sees valid JSON"
        return
    assert out.records == len(expected), "Python finds other records"
    for number, raw in out.raws.items():
        assert documents(raw) == [expected[number - 1]], "Python reads another record"
    for reject in out.rejects:
        if reject.code != "record_too_long":
            assert documents(reject.raw) == [expected[reject.row_number - 1]], "Python reads another reject"
    if plan in (PLANS[0], _FLAT, _VALUES):
        names = [cell.source for cell in plan.cells]
        for number, row in zip(out.raws, out.rows, strict=True):
            members = _members(plan, expected[number - 1])
            assert row == [text_of(members.get(name), cell) for name, cell in zip(names, row, strict=True)]


def _expected_records(path: tuple[str | None, ...], text: bytes) -> list[Any] | None:
    read = documents(text)
    if read is None:
        return None
    return [record for i, document in enumerate(read) for record in led_to(document, path, is_top=i > 0)]


def _members(plan: LoadPlan, record: Any) -> dict[str, Any]:
    if plan is _VALUES:
        return {"value": record}
    return dict(flat(record, _SEPARATOR) if plan is _FLAT else record)


class AnyTarget(Protocol):
    """What the runner asks of a front end: its name, and to run an input."""

    @property
    def name(self) -> str: ...

    def run(self, data: bytes) -> Outcome: ...


_ALL: tuple[AnyTarget, ...] = (
    Target("delimited", PLANS, _delimited, _as_pythons_csv),
    Target("json", (*PLANS, _VALUES, _FLAT), _json, _as_pythons_documents, _has_room),
    Target("jsonlines", PLANS, _json_lines, _as_pythons_json),
    WorkbookTarget(),
    ColumnarTarget(),
)
TARGETS = {target.name: target for target in _ALL}
