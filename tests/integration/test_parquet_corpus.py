"""The files of parquet-testing: loaded with the values that pyarrow reads, or refused with a reason."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from psycopg.types.json import set_json_loads
from pyarrow import parquet

from fixtures.databases import create_database, drop_database
from loadstone.embedded import EmbeddedServer
from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.orders import Selection
from loadstone.wiring.workspace import Workspace

CORPUS = Path(__file__).parents[1] / "data" / "parquet-testing"
FILES = {
    str(path.relative_to(CORPUS)): f"t{number}"
    for number, path in enumerate(sorted(CORPUS.rglob("*")))
    if path.suffix in {".parquet", ".encrypted"}
}
#: What cannot be loaded, and a word of the reason.
REFUSED = {
    "bad_data/ARROW-GH-41317.parquet": "size",
    "bad_data/ARROW-GH-41321.parquet": "levels",
    "bad_data/ARROW-GH-45185.parquet": "repetition level",
    "bad_data/ARROW-GH-47662.parquet": "end of stream",
    "bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet": "corrupt",
    "bad_data/ARROW-RS-GH-6229-LEVELS.parquet": "levels",
    "bad_data/PARQUET-1481.parquet": "UNKNOWN",
    "data/datapage_v1-corrupt-checksum.parquet": "CRC",
    "data/rle-dict-uncompressed-corrupt-checksum.parquet": "CRC",
    "data/incorrect_map_schema.parquet": "required",
    "data/large_string_map.brotli.parquet": "not implemented",
    **{name: "crypt" for name in FILES if name.endswith(".encrypted")},
}
#: A timestamp eleven million years ahead is beyond PostgreSQL's.
REJECTED = {"data/int96_from_spark.parquet": [6]}


@pytest.fixture(scope="module")
def loads(shared_server: EmbeddedServer) -> Iterator[tuple[psycopg.Connection, dict[str, LoadOutcome]]]:
    """All files loaded, each into a table of its own, and a connection to look at them."""
    url = create_database(shared_server.url)
    outcomes = {}
    with Workspace(Pipeline(), url) as workspace:
        for name, table in FILES.items():
            (outcomes[name],) = workspace.load([str(CORPUS / name)], selection=Selection(table=table))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET TimeZone TO 'UTC'")
        set_json_loads(lambda text: json.loads(text, parse_float=Decimal), connection)
        yield connection, outcomes
    drop_database(shared_server.url, url)


def test_the_corpus_is_there():
    assert len(FILES) > 80


@pytest.mark.parametrize("name", sorted(set(FILES) - set(REFUSED)))
def test_values_are_those_that_pyarrow_reads(loads, name):
    connection, outcomes = loads
    outcome = outcomes[name]
    assert outcome.state == "loaded", outcome.error
    schema, expected = read_by_pyarrow(CORPUS / name)
    left_out = REJECTED.get(name, [])
    assert outcome.counts.read == len(expected)
    assert outcome.counts.rejected == len(left_out)
    names = [column["name"] for column in outcome.columns]
    selected = ", ".join('"{}"'.format(str(column).replace('"', '""')) for column in names)
    found = connection.execute(f"SELECT {selected} FROM {FILES[name]} ORDER BY _row").fetchall()
    wanted = [row for number, row in enumerate(expected, 1) if number not in left_out]
    assert [source["source"] for source in outcome.columns] == [field.name for field in schema]
    for number, (row, values) in enumerate(zip(found, wanted, strict=True), 1):
        for field, value, other in zip(schema, row, values, strict=True):
            where = f"row {number}, {field.name} ({field.type}): {value!r} is not {other!r}"
            assert is_same(value, other, field.type), where


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_read_is_refused_with_its_reason(loads, name):
    connection, outcomes = loads
    outcome = outcomes[name]
    assert outcome.state == "failed"
    assert outcome.error_code == "format_error"
    assert REFUSED[name].lower() in (outcome.error or "").lower()
    assert outcome.hint
    assert connection.execute("SELECT to_regclass(%s)", (FILES[name],)).fetchone() == (None,)


def read_by_pyarrow(path: Path) -> tuple[pa.Schema, list[tuple[Any, ...]]]:
    """The rows as Python has them; timestamps of the old kind in microseconds, which suffice here."""
    file = parquet.ParquetFile(path, coerce_int96_timestamp_unit="us")
    batches = list(file.iter_batches())
    schema = file.schema_arrow
    columns = [[v for b in batches for v in python_values(b.column(i))] for i in range(len(schema))]
    return schema, list(zip(*columns, strict=True))


def python_values(array: pa.Array) -> list[Any]:
    return [_python(scalar) for scalar in array]


def _python(scalar: Any) -> Any:
    """As Python has it; moments with a zone as texts, since some are beyond Python's years."""
    if pa.types.is_struct(scalar.type) and scalar.is_valid:
        return {name: _python(value) for name, value in scalar.items()}
    if pa.types.is_timestamp(scalar.type) and scalar.is_valid and scalar.type.tz:
        return pc.cast(scalar, pa.string()).as_py()
    try:
        return scalar.as_py(maps_as_pydicts="strict")
    except (OverflowError, ValueError):
        return None  # beyond Python's years


def is_same(value: Any, other: Any, kind: pa.DataType) -> bool:
    """Whether what PostgreSQL gives is what pyarrow gave."""
    if value is None or other is None:
        return value is None and other is None
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        return math.isnan(value) == math.isnan(other) and (
            math.isnan(value) or struct.pack("f", value) == struct.pack("f", other)
        )
    if pa.types.is_float64(kind):
        return struct.pack("d", value) == struct.pack("d", other) or (math.isnan(value) and math.isnan(other))
    if pa.types.is_nested(kind):
        return comparable(value) == comparable(other)
    if pa.types.is_uint64(kind):
        return value == Decimal(other)
    return type(value) is type(other) and value == other


def comparable(value: Any) -> Any:
    """A nested value as JSON has it."""
    if isinstance(value, dict):
        return {str(key): comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return Decimal(repr(value)) if isinstance(value, float) else value
