"""ORC from the file to the table: every type, by its content or its name, in stripes, broken."""

# ruff: noqa: DTZ001 - timestamps without a zone are among what is loaded

from __future__ import annotations

import datetime as dt
import gzip
import io
import struct
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import orc

from fixtures.landing import Landing
from loadstone.readers import orc as reader

#: type of the array, its values, the PostgreSQL type, what PostgreSQL shows (None: the same values).
TYPES: dict[str, tuple[pa.DataType, list[Any], str, list[Any] | None]] = {
    "boolean": (pa.bool_(), [True, False], "boolean", None),
    "tiny": (pa.int8(), [-128, 127], "smallint", None),
    "small": (pa.int16(), [-(2**15), 2**15 - 1], "smallint", None),
    "int": (pa.int32(), [-(2**31), 2**31 - 1], "integer", None),
    "big": (pa.int64(), [-(2**63), 2**63 - 1], "bigint", None),
    "single": (pa.float32(), [0.5, 1e30], "real", None),
    "double": (pa.float64(), [0.1, -1e300], "double precision", None),
    "short_decimal": (
        pa.decimal128(18, 4),
        [Decimal("-99999999999999.9999"), Decimal(0)],
        "numeric(18,4)",
        None,
    ),
    "decimal": (pa.decimal128(38, 3), [Decimal(10) ** 34, Decimal("0.001")], "numeric(38,3)", None),
    "string": (pa.string(), ["", "é \U0001f600 \n"], "text", None),
    "binary": (pa.binary(), [b"", b"\x00\xff"], "bytea", None),
    "date": (pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)], "date", None),
    "moment": (
        pa.timestamp("us"),
        [dt.datetime(1700, 1, 2, 3, 4, 5, 999_999), dt.datetime(1969, 12, 31, 23, 59, 59, 1)],
        "timestamp without time zone",
        None,
    ),
    "instant": (
        pa.timestamp("ms", "Europe/Paris"),
        [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(1900, 1, 1, tzinfo=dt.UTC)],
        "timestamp with time zone",
        None,
    ),
    "list": (pa.list_(pa.int32()), [[1, None, 3], []], "integer[]", None),
    "struct": (
        pa.struct({"a": pa.int64(), "b": pa.string()}),
        [{"a": 1, "b": '"'}, {"a": None, "b": None}],
        "jsonb",
        None,
    ),
    "map": (pa.map_(pa.string(), pa.int32()), [[("a", 1)], []], "jsonb", [{"a": 1}, {}]),
}


def packed(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    orc.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def test_every_type_has_its_postgresql_type_and_its_values(folder_landing: Landing) -> None:
    columns = {name: pa.array([None, *values], kind) for name, (kind, values, *_) in TYPES.items()}
    outcome = folder_landing.put_and_load(packed(columns, compression="zstd"), "types.orc")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3), outcome.error
    kinds = folder_landing.types()
    for name, (_, values, kind, shown) in TYPES.items():
        assert kinds[name] == kind, name
        found = [value for (value,) in folder_landing.query(f'SELECT "{name}" FROM orders ORDER BY _row')]
        assert found == [None, *(values if shown is None else shown)], name


@pytest.mark.parametrize(("key", "is_packed"), [("a.orc", False), ("extract", False), ("a.orc.gz", True)])
def test_orc_is_told_by_its_content_or_its_name(landing: Landing, key: str, is_packed: bool) -> None:
    content = packed({"n": range(3), "t": ["a", "b", "a"]})
    outcome = landing.put_and_load(gzip.compress(content) if is_packed else content, key)
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3), outcome.error
    assert landing.query("SELECT n, t FROM orders ORDER BY n") == [(0, "a"), (1, "b"), (2, "a")]


def test_text_that_begins_like_an_orc_file_is_text(folder_landing: Landing) -> None:
    outcome = folder_landing.put_and_load("ORC\tname\n1\tUruk-hai\n", "orcs.txt")
    assert outcome.state == "loaded", outcome.error
    assert folder_landing.query("SELECT orc, name FROM orders") == [(1, "Uruk-hai")]


def test_rows_of_many_stripes_keep_their_numbers_and_rules(folder_landing: Landing) -> None:
    numbers = list(range(60_000))
    texts = [f"row {number}" for number in numbers]
    content = packed({"n": numbers, "t": texts}, stripe_size=64 * 1024, compression="uncompressed")
    folder_landing.options = {
        "columns": {"n": {"type": "integer", "range": [0, 59_998]}, "t": {"type": "text"}}
    }
    outcome = folder_landing.put_and_load(content, "many.orc")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 59_999, 1)
    assert folder_landing.reject_places() == [(60_000, "n", "above_maximum")]
    assert folder_landing.query("SELECT count(*) FROM orders WHERE t <> 'row ' || n OR _row <> n + 1") == [
        (0,)
    ]


def test_timestamps_beyond_nanoseconds_fail_the_load_rather_than_turn_into_others(landing: Landing) -> None:
    content = packed({"t": pa.array([dt.datetime(9999, 1, 1)], pa.timestamp("us"))})
    outcome = landing.put_and_load(content, "late.orc")
    assert outcome.state == "failed"
    assert "out of range for nanosecond" in (outcome.error or "")


def test_a_pyarrow_that_reads_timestamps_wrongly_is_refused(
    folder_landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_REFUSES_OVERFLOW", 1_000)
    plain = folder_landing.put_and_load(packed({"n": [1]}), "plain.orc")
    assert plain.state == "loaded"
    outcome = folder_landing.put_and_load(packed({"t": pa.array([0], pa.timestamp("us"))}), "moment.orc")
    assert (outcome.state, outcome.hint) == ("failed", "pip install 'pyarrow>=1000'")


def test_a_broken_orc_file_fails_with_a_reason(folder_landing: Landing) -> None:
    whole = packed({"n": range(1_000), "t": [str(n) for n in range(1_000)]})
    damaged = bytearray(whole)
    damaged[-40:-20] = struct.pack("20B", *range(20))
    for content in (b"", whole[:2], whole[: len(whole) // 2], bytes(damaged), b"ORC\x00\x01" * 50):
        outcome = folder_landing.put_and_load(content, "broken.orc")
        assert outcome.state == "failed"
        assert outcome.error_code == "format_error", outcome.error
        assert outcome.hint


def test_a_union_is_the_json_of_what_it_holds(folder_landing: Landing) -> None:
    kinds, places = pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32())
    either = pa.UnionArray.from_dense(kinds, places, [pa.array([1, 2]), pa.array(["a"])])
    outcome = folder_landing.put_and_load(packed({"either": either}), "union.orc")
    assert outcome.state == "loaded", outcome.error
    assert folder_landing.query("SELECT either FROM orders ORDER BY _row") == [(1,), ("a",), (2,)]
