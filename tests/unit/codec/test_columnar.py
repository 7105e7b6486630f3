"""Typed columns to tuples: what the codec makes of buffers, compiled or not."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from decimal import Context, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import loadstone.codec
from fixtures.codec_cells import column, plan_of, tuples_of
from loadstone.codec import batches as c
from loadstone.codec.batches import PADDING, ColumnarBatch, ColumnBuffers
from loadstone.codec.columnar import ColumnarEncoder
from loadstone.codec.delimited import DelimitedEncoder
from loadstone.model.batch import Chunk
from loadstone.model.contract import Otherwise

DAYS_TO_2000 = 10_957
MICROSECONDS_TO_2000 = 946_684_800_000_000


def feed(kind: str, buffers: ColumnBuffers, block: bytes, rows: int, **options: object) -> Chunk:
    encoder = ColumnarEncoder(plan_of(column(kind, "a", **options)))
    batch = ColumnarBatch(block + bytes(PADDING), (buffers,), rows, lambda _index, row: f"row {row}".encode())
    chunk, end = encoder.feed(batch, 0, 0)
    assert end == rows
    return chunk


def payloads(chunk: Chunk) -> list[bytes | None]:
    return [row[0] for row in tuples_of(bytes(chunk.tuples))]


WIDTHS = {1: "b", 2: "h", 4: "i", 8: "q"}


@given(
    st.sampled_from([1, 2, 4, 8]),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
    st.booleans(),
)
def test_integers_of_every_width_are_written_or_out_of_range(
    width: int, numbers: list[int], signed: bool
) -> None:
    signed = signed or width == 8
    bits = 8 * width
    values = [
        number % 2**bits - (2**bits if signed and number % 2**bits >= 2 ** (bits - 1) else 0)
        for number in numbers
    ]
    block = b"".join(value.to_bytes(width, "little", signed=signed) for value in values)
    route = c.BY_INTEGER if signed else c.BY_UNSIGNED
    for kind, size in (("smallint", 2), ("integer", 4), ("bigint", 8)):
        chunk = feed(kind, ColumnBuffers(route, width=width), block, len(values))
        limit = 2 ** (8 * size - 1)
        fitting = [value for value in values if -limit <= value < limit]
        assert payloads(chunk) == [value.to_bytes(size, "big", signed=True) for value in fitting]
        assert {reject.code for reject in chunk.rejects} <= {"out_of_range"}
        assert len(chunk.rejects) == len(values) - len(fitting)


@given(st.lists(st.floats(width=32), min_size=1), st.lists(st.floats(), min_size=1))
def test_floating_point_numbers_keep_their_bits(singles: list[float], doubles: list[float]) -> None:
    block = struct.pack(f"<{len(singles)}f", *singles)
    found = payloads(feed("real", ColumnBuffers(c.BY_SINGLE, width=4), block, len(singles)))
    assert found == [block[i : i + 4][::-1] for i in range(0, len(block), 4)]
    wider = payloads(feed("double precision", ColumnBuffers(c.BY_SINGLE, width=4), block, len(singles)))
    for payload, single in zip(wider, singles, strict=True):
        (value,) = struct.unpack("!d", payload or b"")
        assert value == single or (value != value and single != single)  # noqa: PLR0124 - NaN
    block = struct.pack(f"<{len(doubles)}d", *doubles)
    found = payloads(feed("double precision", ColumnBuffers(c.BY_DOUBLE, width=8), block, len(doubles)))
    assert found == [block[i : i + 8][::-1] for i in range(0, len(block), 8)]


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=8),
    st.sampled_from([-1_000_000, -1_000, 1, 1_000]),
    st.booleans(),
)
def test_moments_are_exact_rounded_or_refused(values: list[int], scale: int, rounds: bool) -> None:
    block = struct.pack(f"<{len(values)}q", *values)
    buffers = ColumnBuffers(c.BY_MOMENT, width=8, scale=scale)
    chunk = feed("timestamp", buffers, block, len(values), round=rounds)
    refused = {reject.row_number: reject.code for reject in chunk.rejects}
    written = iter(payloads(chunk))
    for row, value in enumerate(values, 1):
        micros, rest = (value * -scale, 0) if scale < 0 else divmod(value, scale)
        if rest and rounds and 2 * rest >= scale:
            micros += 1
        micros -= MICROSECONDS_TO_2000
        if rest and not rounds:
            assert refused[row] == "too_many_digits"
        elif not -211_813_488_000_000_000 <= micros < 9_223_371_331_200_000_000:
            assert refused[row] == "out_of_range"
        else:
            assert next(written) == micros.to_bytes(8, "big", signed=True)


@given(st.integers(-(2**31), 2**31 - 1))
def test_days_are_dates_within_those_of_postgresql(day: int) -> None:
    chunk = feed("date", ColumnBuffers(c.BY_DAY, width=4), struct.pack("<i", day), 1)
    if -2_451_545 <= day - DAYS_TO_2000 <= 2_145_031_948:
        assert payloads(chunk) == [struct.pack("!i", day - DAYS_TO_2000)]
    else:
        assert [reject.code for reject in chunk.rejects] == ["out_of_range"]


@given(
    st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1),
    st.integers(0, 7),
)
def test_texts_and_nulls_come_through_their_offsets_and_bitmap(texts: list[str | None], shift: int) -> None:
    cells = [(text or "").encode() for text in texts]
    data = b"".join(cells)
    offsets = [0]
    for cell in cells:
        offsets.append(offsets[-1] + len(cell))
    bits = sum(1 << (shift + i) for i, text in enumerate(texts) if text is not None)
    bitmap = bits.to_bytes((shift + len(texts) + 7) // 8, "little")
    base = 1000
    packed = struct.pack(f"<{len(offsets)}i", *(base + offset for offset in offsets))
    buffers = ColumnBuffers(
        c.BY_TEXT,
        data=len(packed) + len(bitmap),
        width=4,
        base=base,
        validity=len(packed),
        first_valid=shift,
        form=1 | 2 | 4,
    )
    chunk = feed("text", buffers, packed + bitmap + data, len(texts))
    assert [r.code for r in chunk.rejects] == ["nul_character" for text in texts if text and "\0" in text]
    assert payloads(chunk) == [
        None if text is None else text.encode() for text in texts if text is None or "\0" not in text
    ]


RULES: list[tuple[str, dict[str, object]]] = [
    ("text", {}),
    ("text", {"required": True, "max_length": 3}),
    ("text", {"pattern": "[a-z]*", "otherwise": Otherwise("set", "z")}),
    ("integer", {"null_values": ("é",), "default": "7"}),
    ("integer", {"minimum": "2", "otherwise": Otherwise("null")}),
    ("numeric", {"values": ("1", "2.5")}),
]


def shared(texts: list[str], codes: list[int]) -> tuple[ColumnBuffers, bytes]:
    """Buffers of rows that have the texts with these numbers."""
    cells = [text.encode() for text in texts]
    bounds = [sum(map(len, cells[:i])) for i in range(len(cells) + 1)]
    block = struct.pack(f"<{len(bounds)}i{len(codes)}i", *bounds, *codes)
    buffers = ColumnBuffers(
        c.BY_TEXT,
        data=len(block),
        width=4,
        form=1 | 2,
        codes=4 * len(bounds),
        entries=len(texts),
    )
    return buffers, block + b"".join(cells)


@given(
    st.lists(st.sampled_from(["", " ", "1", "02", "2.5", "-3", "abc", "abcd", "é"]), min_size=1, max_size=6),
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
    st.sampled_from(RULES),
    st.booleans(),
)
def test_texts_of_a_dictionary_become_what_texts_of_their_own_do(
    texts: list[str], numbers: list[int], rule: tuple[str, dict[str, object]], is_key: bool
) -> None:
    codes = [number % len(texts) for number in numbers]
    kind, options = rule
    keys = {"key": ("a",), "deduplicate": True} if is_key else {}
    plan = plan_of(column(kind, "a", **options), lineage=is_key, **keys)
    own = [texts[code] for code in codes]
    found = []
    for buffers, block in (shared(texts, codes), shared(own, list(range(len(own))))):
        batch = ColumnarBatch(block + bytes(PADDING), (buffers,), len(codes), lambda *_: b"")
        chunk, _ = ColumnarEncoder(plan).feed(batch, 0, 0)
        rejects = [(r.row_number, r.code, r.reason) for r in chunk.rejects]
        found.append((chunk.tuples, chunk.late, rejects, chunk.repaired, chunk.null_keys, chunk.rows))
    assert found[0] == found[1]


@pytest.mark.parametrize("code", [-1, 2, 2**31 - 1])
def test_numbers_that_no_dictionary_entry_has_are_an_error(code: int) -> None:
    buffers, block = shared(["a", "b"], [code])
    with pytest.raises(IndexError):
        feed("text", buffers, block, 1)


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 18),
    st.sampled_from([4, 8, 16, 32]),
)
def test_decimals_are_the_numbers_that_their_digits_say(value: int, scale: int, width: int) -> None:
    value = value if width > 4 else value % 2**31 - 2**30
    block = value.to_bytes(width, "little", signed=True)
    chunk = feed("numeric", ColumnBuffers(c.BY_DECIMAL, width=width, scale=scale), block, 1)
    encoder = DelimitedEncoder(plan_of(column("numeric", "a")))
    text, _ = encoder.feed(f"{Decimal(value).scaleb(-scale, Context(40)):f}\n".encode(), True)
    assert chunk.tuples == text.tuples


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**100])
def test_decimals_beyond_64_bits_are_refused_rather_than_cut(value: int) -> None:
    block = value.to_bytes(16, "little", signed=True)
    chunk = feed("numeric", ColumnBuffers(c.BY_DECIMAL, width=16, scale=2), block, 1)
    assert [(reject.code, reject.reason[:7]) for reject in chunk.rejects] == [("out_of_range", "'row 0'")]


def test_offsets_that_lead_out_of_the_block_are_an_error_and_no_crash() -> None:
    for offsets in ((0, 2**31 - 1), (5, 0), (-(2**31), 0), (0, 12)):
        for route in (c.BY_TEXT, c.BY_BYTES):
            kind = "text" if route == c.BY_TEXT else "bytea"
            with pytest.raises(IndexError):
                feed(kind, ColumnBuffers(route, data=8, width=4), struct.pack("<2i", *offsets) + b"abc", 1)


@pytest.mark.parametrize(
    "buffers",
    [
        ColumnBuffers(c.BY_INTEGER, width=8),
        ColumnBuffers(c.BY_BIT, data=4),
        ColumnBuffers(c.BY_UUID, width=16),
        ColumnBuffers(c.BY_INTEGER, width=1, validity=4),
        ColumnBuffers(c.BY_TEXT, width=4, offsets=1),
        ColumnBuffers(c.BY_INTEGER, data=-9, width=1),
        ColumnBuffers(c.BY_TEXT, width=1, codes=1, entries=1),
        ColumnBuffers(c.BY_TEXT, width=1, codes=0, entries=9),
        ColumnBuffers(c.BY_INTEGER, width=1, codes=0, entries=1),
    ],
)
def test_buffers_that_are_not_in_the_block_are_an_error(buffers: ColumnBuffers) -> None:
    with pytest.raises(IndexError):
        feed("bigint", buffers, b"abcd", 1)


def test_a_chunk_ends_where_it_is_full_and_goes_on_with_the_next_row() -> None:
    encoder = ColumnarEncoder(plan_of(column("integer", "a")), chunk_bytes=25)
    batch = ColumnarBatch(
        struct.pack("<5i", *range(5)) + bytes(PADDING),
        (ColumnBuffers(c.BY_INTEGER, width=4),),
        5,
        lambda *_: b"",
    )
    sizes, start = [], 0
    while start < 5:
        chunk, start = encoder.feed(batch, start, 0)
        sizes.append(chunk.rows)
    assert sizes == [3, 2]


def test_the_source_does_the_same_uncompiled() -> None:
    """Runs this very file with the codec as Python."""
    if not loadstone.codec.COMPILED:
        return
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env=os.environ
        | {"LOADSTONE_CODEC": "python", "PYTHONPATH": str(Path(loadstone.codec.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
