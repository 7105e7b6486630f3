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
from loadstone.examples.example import GeneratedFile, Progress, Request, write_ledger
from loadstone.examples.output import Output

__all__ = ["COLUMNS", "PACKED", "ROWS", "records", "write"]

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


def write(output: Output, request: Request, progress: Progress) -> list[GeneratedFile]:
    """Writes `retail/online_retail.csv`, `.jsonl` or `.json`: the first `rows` rows, or all 541,909.

    Raises:
        UsageError: more rows than there are.
    """
    total, layout = request.rows, request.format
    if not 1 <= total <= ROWS:
        raise UsageError(f"online-retail has 1 to {ROWS:,} rows, not {total:,}")
    name = f"retail/online_retail.{layout}"
    size = written = 0
    source = islice(records(), total)
    with output.open(name) as file:
        size += file.write(_csv([COLUMNS]) if layout == "csv" else b"[\n" if layout == "json" else b"")
        while batch := list(islice(source, _BATCH)):
            data = _csv(batch) if layout == "csv" else _json(batch)
            if layout == "json":  # the same lines with commas between
                data = (b",\n" if written else b"") + data.rstrip(b"\n").replace(b"\n", b",\n")
            size += file.write(data)
            written += len(batch)
            progress(written, total)
        size += file.write(b"\n]\n" if layout == "json" else b"")
    write_ledger(output, f"online_retail.{layout}", {"file": name, "rows": total, "planted": {}})
    return [GeneratedFile(output.uri(name), total, size)]


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
