"""The Online Retail data set as the package carries it: one CSV, compressed."""

from __future__ import annotations

import csv
import io
import json
import lzma
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from loadstone.errors import UsageError
from loadstone.examples.example import DataFormat, GeneratedFile, Progress, write_ledger
from loadstone.examples.output import open_output

__all__ = ["COLUMNS", "PACKED", "ROWS", "generate", "records"]

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
ROWS = 541_909
PACKED = Path(__file__).with_name("online_retail.csv.xz")

_NUMBERS = frozenset({"Quantity", "UnitPrice", "CustomerID"})
_BATCH = 8_192


def records() -> Iterator[list[str]]:
    """The rows in their original order: the cells' text in the order of `COLUMNS`, missing ones empty."""
    with lzma.open(PACKED, "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def generate(
    out: Path | str,
    *,
    rows: int | None = None,
    files: int = 1,
    format: DataFormat = "csv",  # noqa: A002  # the command line's own word
    dirty: float = 0.0,
    seed: int = 1,  # noqa: ARG001  # real data: nothing is drawn
    progress: Progress | None = None,
) -> list[GeneratedFile]:
    """Writes `retail/online_retail.csv`, `.jsonl` or `.json`: the first `rows` rows, or all 541,909.

    Raises:
        UsageError: more rows than there are, several files, planted faults, or a format that it has not.
    """
    total = ROWS if rows is None else rows
    _refuse(total, files, format, dirty)
    output = open_output(out)
    name = f"retail/online_retail.{format}"
    size = written = 0
    source = islice(records(), total)
    with output.open(name) as file:
        size += file.write(_csv([COLUMNS]) if format == "csv" else b"[\n" if format == "json" else b"")
        while batch := list(islice(source, _BATCH)):
            data = _csv(batch) if format == "csv" else _json(batch)
            if format == "json":  # the same lines with commas between
                data = (b",\n" if written else b"") + data.rstrip(b"\n").replace(b"\n", b",\n")
            size += file.write(data)
            written += len(batch)
            if progress is not None:
                progress(written, total)
        size += file.write(b"\n]\n" if format == "json" else b"")
    write_ledger(output, f"online_retail.{format}", {"file": name, "rows": total, "planted": {}})
    return [GeneratedFile(output.uri(name), total, size)]


def _refuse(rows: int, files: int, data_format: str, dirty: float) -> None:
    if not 1 <= rows <= ROWS:
        raise UsageError(f"online-retail has 1 to {ROWS:,} rows, not {rows:,}")
    if files != 1:
        raise UsageError(
            "online-retail is one delivery, which replaces the one before: it is one file",
            hint="leave --files out; car-telemetry comes in as many files as you like",
        )
    if dirty:
        raise UsageError(
            "online-retail is real data: it has faults of its own, and none are planted",
            hint="leave --dirty out; car-telemetry takes it",
        )
    if data_format not in {"csv", "jsonl", "json"}:
        raise UsageError(f"online-retail is written as csv, jsonl or json, not {data_format}")


def _csv(batch: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(batch)
    return text.getvalue().encode()


def _json(batch: Sequence[Sequence[str]]) -> bytes:
    """Numbers as they stand in the data, digit by digit; a missing cell is null."""
    return "".join(
        "{" + ", ".join(_member(name, cell) for name, cell in zip(COLUMNS, row, strict=True)) + "}\n"
        for row in batch
    ).encode()


def _member(name: str, cell: str) -> str:
    value = "null" if not cell else cell if name in _NUMBERS else json.dumps(cell, ensure_ascii=False)
    return f'"{name}": {value}'
