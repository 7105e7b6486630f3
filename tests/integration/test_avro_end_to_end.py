"""Avro from the file to the table: every type, by its content or its name, in blocks, broken."""

# ruff: noqa: DTZ001 - timestamps without a zone are among what is loaded

from __future__ import annotations

import datetime as dt
import gzip
import io
import struct
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pytest

from fixtures.landing import Landing

UID = UUID(int=2**100 + 7)
DAY = dt.date(2024, 2, 29)


def logical(kind: str, called: str, /, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": called, **more}


def micros(*moment: int) -> int:
    return (dt.datetime(*moment) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


#: schema, values as they are stored, the PostgreSQL type, what PostgreSQL shows (None: the same values).
TYPES: dict[str, tuple[Any, list[Any], str, list[Any] | None]] = {
    "boolean": ("boolean", [True, False], "boolean", None),
    "int": ("int", [-(2**31), 2**31 - 1], "integer", None),
    "long": ("long", [-(2**63), 2**63 - 1], "bigint", None),
    "float": ("float", [0.5, 2.0**100], "real", [0.5, 1.2676506e30]),
    "double": ("double", [0.1, -1e300], "double precision", None),
    "bytes": ("bytes", [b"", b"\x00\xff"], "bytea", None),
    "string": ("string", ["", "é \U0001f600 \n"], "text", None),
    "enum": (
        {"type": "enum", "name": "suit", "symbols": ["HEARTS", "CLUBS"]},
        ["CLUBS", "HEARTS"],
        "text",
        None,
    ),
    "fixed": ({"type": "fixed", "name": "three", "size": 3}, [b"abc", b"\x00\x01\x02"], "bytea", None),
    "money": (
        logical("bytes", "decimal", precision=10, scale=2),
        [b"\x7b", (-99_999_999_99).to_bytes(5, "big", signed=True)],
        "numeric(10,2)",
        [Decimal("1.23"), Decimal("-99999999.99")],
    ),
    "wide": (
        logical("fixed", "decimal", name="wide", size=20, precision=45, scale=5),
        [(10**44).to_bytes(20, "big"), (-1).to_bytes(20, "big", signed=True)],
        "numeric(45,5)",
        [Decimal(10) ** 39, Decimal("-0.00001")],
    ),
    "uuid": (logical("string", "uuid"), [str(UID), str(UUID(int=0))], "uuid", [UID, UUID(int=0)]),
    "uuid_bytes": (
        logical("fixed", "uuid", name="uid", size=16),
        [UID.bytes, bytes(16)],
        "uuid",
        [UID, UUID(int=0)],
    ),
    "date": (logical("int", "date"), [19_782, -719_162], "date", [DAY, dt.date(1, 1, 1)]),
    "time_ms": (
        logical("int", "time-millis"),
        [1, 0],
        "time without time zone",
        [dt.time(0, 0, 0, 1000), dt.time()],
    ),
    "time_us": (
        logical("long", "time-micros"),
        [1, 0],
        "time without time zone",
        [dt.time(0, 0, 0, 1), dt.time()],
    ),
    "instant_ms": (
        logical("long", "timestamp-millis"),
        [1, -1],
        "timestamp with time zone",
        [
            dt.datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=dt.UTC),
            dt.datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC),
        ],
    ),
    "local_us": (
        logical("long", "local-timestamp-micros"),
        [micros(9999, 12, 31, 23, 59, 59, 999_999), micros(1, 1, 1)],
        "timestamp without time zone",
        [dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), dt.datetime(1, 1, 1)],
    ),
    "instant_ns": (
        logical("long", "timestamp-nanos"),
        [1_000, 0],
        "timestamp with time zone",
        [dt.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)],
    ),
    "span": (
        logical("fixed", "duration", name="span", size=12),
        [struct.pack("<III", 0, 2, 1_500), bytes(12)],
        "interval",
        [dt.timedelta(days=2, milliseconds=1_500), dt.timedelta()],
    ),
    "list": ({"type": "array", "items": ["null", "int"]}, [[1, None, 3], []], "integer[]", None),
    "map": ({"type": "map", "values": "long"}, [{"a": 1}, {}], "jsonb", None),
    "record": (
        {
            "type": "record",
            "name": "inner",
            "fields": [
                {"name": "price", "type": logical("bytes", "decimal", precision=5, scale=2)},
                {"name": "days", "type": {"type": "array", "items": logical("int", "date")}},
                {"name": "again", "type": ["null", "three"]},
            ],
        },
        [
            {"price": b"\x7b", "days": [19_782], "again": b"abc"},
            {"price": b"\x00", "days": [], "again": None},
        ],
        "jsonb",
        [
            {"price": 1.23, "days": ["2024-02-29"], "again": "\\x616263"},
            {"price": 0.0, "days": [], "again": None},
        ],
    ),
    "either": (
        ["null", "int", "double", "string", {"type": "array", "items": "int"}],
        [0.1, "a"],
        "jsonb",
        None,
    ),
}


def packed(fields: dict[str, Any], rows: list[dict[str, Any]], **options: Any) -> bytes:
    """A file whose values are written as they are given: its header gets the logical types afterwards."""
    out = io.BytesIO()
    described = [{"name": name, "type": kind} for name, kind in fields.items()]
    schema = {"type": "record", "name": "row", "fields": described}
    fastavro.writer(out, schema, rows, **options)
    return out.getvalue()


def test_every_type_has_its_postgresql_type_and_its_values(folder_landing: Landing) -> None:
    fields = {
        name: schema if isinstance(schema, list) else ["null", schema] for name, (schema, *_) in TYPES.items()
    }
    rows = [
        {name: None if i < 0 else values[i] for name, (_, values, *_) in TYPES.items()} for i in (-1, 0, 1)
    ]
    outcome = folder_landing.put_and_load(packed(fields, rows, codec="deflate"), "types.avro")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3), outcome.error
    kinds = folder_landing.types()
    for name, (_, values, kind, shown) in TYPES.items():
        assert kinds[name] == kind, name
        found = [value for (value,) in folder_landing.query(f'SELECT "{name}" FROM orders ORDER BY _row')]
        assert found == [None, *(values if shown is None else shown)], name


def test_values_beyond_what_python_holds_are_exact_or_rejected(folder_landing: Landing) -> None:
    fields = {"far": logical("long", "timestamp-micros"), "fine": logical("long", "timestamp-nanos")}
    far = micros(9999, 12, 31) + 86_400 * 10**6 * 366
    rows = [{"far": far, "fine": 0}, {"far": -(2**63), "fine": 0}, {"far": 0, "fine": 1}]
    folder_landing.options["reject_limit"] = "100%"
    outcome = folder_landing.put_and_load(packed(fields, rows), "far.avro")
    assert outcome.state == "loaded", outcome.error
    assert folder_landing.query("SELECT extract(epoch FROM far) FROM orders") == [(Decimal(far) / 10**6,)]
    places = [(2, "far", "out_of_range"), (3, "fine", "too_many_digits")]
    assert folder_landing.reject_places() == places


@pytest.mark.parametrize(("key", "is_packed"), [("a.avro", False), ("extract", False), ("a.avro.gz", True)])
def test_avro_is_told_by_its_content_or_its_name(landing: Landing, key: str, is_packed: bool) -> None:
    content = packed({"n": "int", "t": "string"}, [{"n": n, "t": f"t{n}"} for n in range(3)])
    outcome = landing.put_and_load(gzip.compress(content) if is_packed else content, key)
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3), outcome.error
    assert landing.query("SELECT n, t FROM orders ORDER BY n") == [(0, "t0"), (1, "t1"), (2, "t2")]


def test_rows_of_many_blocks_keep_their_numbers_and_rules(folder_landing: Landing) -> None:
    rows = [{"n": n, "t": f"row {n}"} for n in range(20_000)]
    columns = {"n": {"type": "integer", "range": [0, 19_998]}, "t": {"type": "text"}}
    folder_landing.options = {"columns": columns}
    for interval in (1_000, 10**9):
        content = packed({"n": "int", "t": "string"}, rows, sync_interval=interval)
        outcome = folder_landing.put_and_load(content, "many.avro")
        assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 19_999, 1)
        wrong = "SELECT count(*) FROM orders WHERE t <> 'row ' || n OR _row <> n + 1"
        assert folder_landing.query(wrong) == [(0,)]
    assert folder_landing.reject_places()[-1] == (20_000, "n", "above_maximum")


def test_a_file_without_rows_makes_a_table_of_its_types(landing: Landing) -> None:
    outcome = landing.put_and_load(packed({"n": "int", "t": "string"}, []), "none.avro")
    assert (outcome.state, outcome.counts.read) == ("loaded", 0)


def test_text_that_is_no_utf8_is_a_reject(folder_landing: Landing) -> None:
    content = packed({"t": "string"}, [{"t": "whole"}, {"t": "br?ken"}]).replace(b"br?ken", b"br\xffken")
    folder_landing.options["reject_limit"] = "100%"
    outcome = folder_landing.put_and_load(content, "text.avro")
    assert outcome.state == "loaded", outcome.error
    assert folder_landing.reject_places() == [(2, "t", "invalid_utf8")]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_anywhere_fails_with_the_place(folder_landing: Landing, share: float) -> None:
    rows = [{"n": n, "t": f"row {n}"} for n in range(2_000)]
    content = packed({"n": "int", "t": "string"}, rows, sync_interval=1_000)
    outcome = folder_landing.put_and_load(content[: int(len(content) * share)], "cut.avro")
    assert (outcome.state, outcome.error_code) == ("failed", "format_error"), outcome.error
    assert "in the block at byte" in (outcome.error or "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"Obj\x01", "cannot be read"),
        (b"Obj\x01" + b"\xff" * 100, "cannot be read"),
        (b"n,t\n1,a\n", "cannot be read"),
    ],
)
def test_what_is_no_avro_file_fails_with_a_reason(
    folder_landing: Landing, content: bytes, reason: str
) -> None:
    outcome = folder_landing.put_and_load(content, "broken.avro")
    assert (outcome.state, outcome.error_code) == ("failed", "format_error")
    assert reason in (outcome.error or "")
    assert outcome.hint


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (["long", logical("long", "timestamp-micros")], "cannot be told apart"),
        (
            {"type": "record", "name": "node", "fields": [{"name": "next", "type": ["null", "node"]}]},
            "holds itself",
        ),
    ],
)
def test_schemas_whose_values_have_no_place_are_refused(
    folder_landing: Landing, kind: Any, reason: str
) -> None:
    outcome = folder_landing.put_and_load(packed({"a": kind}, []), "odd.avro")
    assert outcome.state == "failed"
    assert reason in (outcome.error or "")
