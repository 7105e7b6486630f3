"""Record batches made ready for the codec, and their rows as JSON for people."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from loadstone.codec import batches as c
from loadstone.codec.batches import PADDING, ColumnarBatch, ColumnBuffers
from loadstone.codec.jsontext import json_error
from loadstone.codec.kinds import HAS_NUL, NON_ASCII, PLAIN, QUOTED
from loadstone.model.contract import Cell, LoadPlan
from loadstone.readers.arrow_texts import is_bytes, is_text, json_texts, stored, texts_of, unwrapped
from loadstone.readers.arrow_types import SourceColumn, route_of, scale_of

__all__ = ["BatchPacker"]

_JSON_TYPES = frozenset({"json", "jsonb"})
#: The numbers of dictionary entries, while they are packed.
_CODES = ColumnBuffers(c.BY_INTEGER, width=4)


class BatchPacker:
    """Packs the batches of one file under one plan.

    Args:
        columns: of the file; each of the plan's cells is one of them, by name.
        plan: what the tuples are made of.

    Attributes:
        names: the columns that are read; the others are not wanted.
    """

    def __init__(self, columns: Sequence[SourceColumn], plan: LoadPlan) -> None:
        by_name = {column.name: column for column in columns}
        self._sources = [_Source(by_name[cell.source], cell) for cell in plan.cells]
        self.names = [source.name for source in self._sources if source.route != c.BY_NOTHING]

    def pack(self, batch: pa.RecordBatch) -> ColumnarBatch:
        """The buffers of a batch's wanted columns as one block."""
        block = _Block()
        arrays = [None if s.route == c.BY_NOTHING else batch.column(s.name) for s in self._sources]
        pairs = zip(self._sources, arrays, strict=True)
        columns = tuple(
            ColumnBuffers(c.BY_NOTHING) if array is None else source.pack(array, block)
            for source, array in pairs
        )

        def describe(index: int, row: int) -> bytes:
            array = arrays[index]
            text = b"" if array is None else self._sources[index].texts(array.slice(row, 1))[0].as_py()
            return text or b""

        return ColumnarBatch(block.joined(), columns, batch.num_rows, describe)

    def records(self, batch: pa.RecordBatch, rows: Sequence[int]) -> list[bytes]:
        """Rows as JSON objects of the columns that are read."""
        read = [source for source in self._sources if source.route != c.BY_NOTHING]
        keys = [json.dumps(source.name, ensure_ascii=False) for source in read]
        values = [source.json(_taken(batch.column(source.name), rows)) for source in read]
        return [
            ("{" + ", ".join(map(": ".join, zip(keys, row, strict=True))) + "}").encode(
                "utf-8", "surrogateescape"
            )
            for row in zip(*values, strict=True)
        ]


class _Source:
    """One column of the file, and how it is handed over."""

    def __init__(self, column: SourceColumn, cell: Cell) -> None:
        targets = {t.type.name if not t.type.is_array else "array" for t in cell.columns}
        self.name = column.name
        self.route = route_of(column, cell)
        self._is_int96 = column.is_int96
        self._logical = column.logical
        if targets == {"uuid"}:
            self._logical = "UUID"
        self._is_json = bool(targets) and targets <= _JSON_TYPES
        self._is_hex = targets <= {"bytea"} or column.logical in {"UUID", "INTERVAL"}

    def pack(self, array: pa.Array, block: _Block) -> ColumnBuffers:
        """Puts an array's buffers into the block."""
        if self.route == c.BY_TEXT or (self._is_int96 and is_text(array.type)):
            return self._pack_texts(array, block)
        array = unwrapped(array)
        if pa.types.is_float16(array.type):
            array = array.cast(pa.float32())
        elif pa.types.is_date64(array.type):
            array = array.cast(pa.date32())
        if self.route == c.BY_BYTES:
            return _varied(_laid_out(array), block, ColumnBuffers(self.route))
        width = 0 if self.route == c.BY_BIT else array.type.byte_width
        return _fixed(array, block, ColumnBuffers(self.route, width=width, scale=scale_of(array.type)))

    def texts(self, array: pa.Array) -> pa.Array:
        """The cells of an array."""
        kind = unwrapped(array[:0]).type
        if self._is_json and not (is_text(kind) or (is_bytes(kind) and not self._is_hex)):
            values = json_texts(array, logical=self._logical, is_hex=self._is_hex)
            written = [
                None if value is None else value.encode("utf-8", "surrogateescape") for value in values
            ]
            return pa.array(written, pa.large_binary())
        return texts_of(array, logical=self._logical, is_hex=self._is_hex)

    def json(self, array: pa.Array) -> list[str]:
        """The JSON texts of an array's values; what a json column takes as JSON, stands as it is."""
        values = json_texts(array, logical=self._logical, is_hex=self._is_hex)
        if not self._is_json:
            return ["null" if value is None else value for value in values]
        cells = self.texts(array).to_pylist()
        return [
            "null" if cell is None else value or "" if json_error(cell) is not None else _one_line(cell)
            for cell, value in zip(cells, values, strict=True)
        ]

    def _pack_texts(self, array: pa.Array, block: _Block) -> ColumnBuffers:
        array = stored(array)
        if not pa.types.is_dictionary(array.type) or array.dictionary.null_count:
            return self._pack_cells(unwrapped(array), block)
        entries, codes = array.dictionary, array.indices
        packed = self._pack_cells(unwrapped(entries), block)
        coded = _fixed(codes.cast(pa.int32()) if codes.type != pa.int32() else codes, block, _CODES)
        return packed._replace(
            codes=coded.data, entries=len(entries), validity=coded.validity, first_valid=coded.first_valid
        )

    def _pack_cells(self, array: pa.Array, block: _Block) -> ColumnBuffers:
        is_written = is_text(array.type) or (is_bytes(array.type) and not self._is_hex)
        texts = _laid_out(array) if is_written else self.texts(array)
        form = QUOTED if is_written and not self._is_int96 else PLAIN
        packed = _varied(texts, block, ColumnBuffers(c.BY_TEXT))
        data = block.last
        if not data.isascii():
            form |= NON_ASCII
        if b"\x00" in data:
            form |= HAS_NUL
        return packed._replace(form=form)


class _Block:
    """Buffers, one behind the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def last(self) -> bytes:
        """The buffer that was added last."""
        return self._parts[-1]

    def add(self, data: bytes) -> int:
        """Adds a buffer; returns where it begins."""
        begin = self._size
        self._parts.append(data)
        self._size += len(data)
        return begin

    def joined(self) -> bytes:
        """All of them, with what the codec wants behind."""
        return b"".join((*self._parts, bytes(PADDING)))


def _taken(array: pa.Array, rows: Sequence[int]) -> pa.Array:
    try:
        return array.take(pa.array(rows, pa.int64()))
    except pa.ArrowNotImplementedError:  # views
        return pa.concat_arrays([array.slice(row, 1) for row in rows])


def _laid_out(array: pa.Array) -> pa.Array:
    """Strings or byte strings with offsets: most have them; views and those of fixed width get some."""
    types, kind = pa.types, array.type
    if (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    ):
        return array
    return array.cast(pa.large_string() if is_text(kind) else pa.binary())


def _fixed(array: pa.Array, block: _Block, column: ColumnBuffers) -> ColumnBuffers:
    """Values of a fixed width."""
    first, rows = array.offset, len(array)
    data = array.buffers()[1]
    if column.route == c.BY_BIT:
        position = block.add(_part(data, first // 8, (first + rows + 7) // 8))
        column = column._replace(first_bit=first % 8)
    else:
        position = block.add(_part(data, first * column.width, (first + rows) * column.width))
    return _with_validity(array, block, column._replace(data=position))


def _varied(array: pa.Array, block: _Block, column: ColumnBuffers) -> ColumnBuffers:
    """Values with offsets; their data are added last."""
    first, rows = array.offset, len(array)
    width = 4 if pa.types.is_string(array.type) or pa.types.is_binary(array.type) else 8
    _, offsets, data = array.buffers()
    written = _part(offsets, width * first, width * (first + rows + 1))
    base, end = int.from_bytes(written[:width], "little"), int.from_bytes(written[-width:], "little")
    column = _with_validity(array, block, column._replace(width=width, offsets=block.add(written), base=base))
    return column._replace(data=block.add(_part(data, base, end)))


def _with_validity(array: pa.Array, block: _Block, column: ColumnBuffers) -> ColumnBuffers:
    bitmap = array.buffers()[0]
    if bitmap is None or not array.null_count:
        return column
    first, rows = array.offset, len(array)
    position = block.add(_part(bitmap, first // 8, (first + rows + 7) // 8))
    return column._replace(validity=position, first_valid=first % 8)


def _part(buffer: pa.Buffer | None, start: int, end: int) -> bytes:
    """Part of a buffer, filled up with zeros where Arrow leaves out what is all NULL."""
    data = b"" if buffer is None else bytes(memoryview(buffer)[start:end])
    return data if len(data) == end - start else data + bytes(end - start - len(data))


def _one_line(cell: bytes) -> str:
    """JSON without line ends: outside strings they are white space, and within them there are none."""
    return cell.decode("utf-8", "surrogateescape").replace("\n", " ").replace("\r", " ")
