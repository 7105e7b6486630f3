"""Parquet from the file to the table: every type, rules, rejects, drift, folders and buckets."""

# ruff: noqa: DTZ001 - timestamps without a zone are among what is loaded

from __future__ import annotations

import datetime as dt
import gzip
import io
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from pyarrow import parquet

from fixtures.landing import Landing

UUIDS = [UUID(int=2**100 + 7), UUID(int=0)]


def packed(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out, **options)
    return out.getvalue()


#: type of the array, its values, the PostgreSQL type, what PostgreSQL shows (None: the same values).
TYPES: dict[str, tuple[pa.DataType, list[Any], str, list[Any] | None]] = {
    "bool": (pa.bool_(), [True, False], "boolean", None),
    "int8": (pa.int8(), [-128, 127], "smallint", None),
    "uint8": (pa.uint8(), [0, 255], "smallint", None),
    "int16": (pa.int16(), [-(2**15), 2**15 - 1], "smallint", None),
    "uint16": (pa.uint16(), [0, 2**16 - 1], "integer", None),
    "int32": (pa.int32(), [-(2**31), 2**31 - 1], "integer", None),
    "uint32": (pa.uint32(), [0, 2**32 - 1], "bigint", None),
    "int64": (pa.int64(), [-(2**63), 2**63 - 1], "bigint", None),
    "uint64": (pa.uint64(), [0, 2**64 - 1], "numeric(20,0)", [Decimal(0), Decimal(2**64 - 1)]),
    "float16": (pa.float16(), [1.5, -0.25], "real", None),
    "float32": (pa.float32(), [0.5, 1e30], "real", None),
    "float64": (pa.float64(), [0.1, -1e300], "double precision", None),
    "decimal32": (pa.decimal32(5, 2), [Decimal("-999.99"), Decimal("0.00")], "numeric(5,2)", None),
    "decimal128": (pa.decimal128(38, 3), [Decimal(10) ** 34, Decimal("0.001")], "numeric(38,3)", None),
    "decimal256": (pa.decimal256(70, 2), [Decimal("1.10"), Decimal(10) ** 60], "numeric(70,2)", None),
    "string": (pa.string(), ["", "é ü \U0001f600 \n"], "text", None),
    "large_string": (pa.large_string(), ["a", "b" * 1000], "text", None),
    "string_view": (pa.string_view(), ["a", "b" * 1000], "text", None),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), ["x", "x"], "text", None),
    "json": (pa.json_(pa.string()), ['{"a": [1.50]}', "null"], "jsonb", [{"a": [1.5]}, None]),
    "uuid": (pa.uuid(), [u.bytes for u in UUIDS], "uuid", UUIDS),
    "date": (pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)], "date", None),
    "date64": (pa.date64(), [dt.date(2024, 2, 29), dt.date(1969, 12, 31)], "date", None),
    "time_ms": (pa.time32("ms"), [dt.time(1, 2, 3, 4000), dt.time()], "time without time zone", None),
    "time_us": (pa.time64("us"), [dt.time(23, 59, 59, 999_999), dt.time()], "time without time zone", None),
    "time_ns": (pa.time64("ns"), [3_000, 0], "time without time zone", [dt.time(0, 0, 0, 3), dt.time()]),
    "timestamp_ms": (
        pa.timestamp("ms"),
        [dt.datetime(2024, 1, 2, 3, 4, 5, 6000), dt.datetime(1, 1, 1)],
        "timestamp without time zone",
        None,
    ),
    "timestamp_us": (
        pa.timestamp("us"),
        [dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), dt.datetime(1, 1, 1)],
        "timestamp without time zone",
        None,
    ),
    "timestamp_ns": (
        pa.timestamp("ns"),
        [dt.datetime(1969, 12, 31, 23, 59, 59, 1), dt.datetime(2024, 1, 1)],
        "timestamp without time zone",
        None,
    ),
    "timestamp_utc": (
        pa.timestamp("us", "UTC"),
        [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(1900, 1, 1, tzinfo=dt.UTC)],
        "timestamp with time zone",
        None,
    ),
    "timestamp_paris": (
        pa.timestamp("ms", "Europe/Paris"),
        [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(1900, 1, 1, tzinfo=dt.UTC)],
        "timestamp with time zone",
        None,
    ),
    "duration": (
        pa.duration("us"),
        [dt.timedelta(hours=30, microseconds=5), -dt.timedelta(seconds=1)],
        "interval",
        None,
    ),
    "binary": (pa.binary(), [b"", b"\x00\xff"], "bytea", None),
    "large_binary": (pa.large_binary(), [b"\\x", b"\x00\xff"], "bytea", None),
    "fixed": (pa.binary(3), [b"abc", b"\x00\x01\x02"], "bytea", None),
    "null": (pa.null(), [None, None], "text", None),
    "list": (pa.list_(pa.int32()), [[1, None, 3], []], "integer[]", None),
    "strings": (pa.list_(pa.string()), [['a,"b"', "NULL", "{}", None, ""], ["é\\"]], "text[]", None),
    "floats": (pa.large_list(pa.float64()), [[0.1, float("inf")], [-1.0]], "double precision[]", None),
    "decimals": (pa.list_(pa.decimal128(5, 2)), [[Decimal("1.10")], []], "numeric(5,2)[]", None),
    "moments": (
        pa.list_(pa.timestamp("us", "UTC")),
        [[dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], []],
        "timestamp with time zone[]",
        None,
    ),
    "bytes": (pa.list_(pa.binary()), [[b"\x00\xff", b""], []], "bytea[]", None),
    "pair": (pa.list_(pa.int16(), 2), [[1, 2], [3, 4]], "smallint[]", None),
    "view": (pa.list_view(pa.int64()), [[1, 2], []], "bigint[]", None),
    "lists": (pa.list_(pa.list_(pa.int32())), [[[1], [], None], []], "jsonb", None),
    "struct": (
        pa.struct({"a": pa.int64(), "b é": pa.list_(pa.string()), "c": pa.float64()}),
        [{"a": 1, "b é": ['"', None], "c": float("nan")}, {"a": None, "b é": None, "c": 0.5}],
        "jsonb",
        [{"a": 1, "b é": ['"', None], "c": "NaN"}, {"a": None, "b é": None, "c": 0.5}],
    ),
    "map": (
        pa.map_(pa.string(), pa.int32()),
        [[("a", 1), ("b", None)], []],
        "jsonb",
        [{"a": 1, "b": None}, {}],
    ),
    "days": (
        pa.map_(pa.date32(), pa.bool_()),
        [[(dt.date(2024, 1, 1), True)], []],
        "jsonb",
        [{"2024-01-01": True}, {}],
    ),
}


@pytest.fixture
def loaded(folder_landing: Landing) -> Landing:
    """Every type, with a NULL in front of each column."""
    columns = {name: pa.array([None, *values], kind) for name, (kind, values, *_) in TYPES.items()}
    content = packed(columns, row_group_size=2)
    outcome = folder_landing.put_and_load(content, "types.parquet")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3), (
        outcome.error or folder_landing.rejects()
    )
    return folder_landing


def test_every_type_has_its_postgresql_type_and_its_values(loaded: Landing) -> None:
    kinds = loaded.types()
    for name, (_, values, kind, shown) in TYPES.items():
        column = name.lower()
        assert kinds[column] == kind, name
        found = [value for (value,) in loaded.query(f'SELECT "{column}" FROM orders ORDER BY _row')]
        wanted = values if shown is None else shown
        assert found == [None, *wanted], name


def test_a_file_without_rows_makes_a_table_of_its_types(landing: Landing) -> None:
    outcome = landing.put_and_load(
        packed({"id": pa.array([], pa.int32()), "v": pa.array([], pa.date32())}), "a.parquet"
    )
    assert (outcome.state, outcome.counts.read) == ("loaded", 0)
    assert [column["type"] for column in outcome.columns] == ["integer", "date"]


def test_parquet_is_told_by_its_first_bytes_and_loads_from_folders_and_buckets(landing: Landing) -> None:
    content = packed({"id": list(range(50_000)), "v": [f"v{i}" for i in range(50_000)]})
    outcome = landing.put_and_load(content, "day.data")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 50_000)
    assert outcome.bytes == len(content)
    assert (outcome.dialect or {})["format"] == "parquet"
    assert landing.query("SELECT count(*), sum(id), max(v) FROM orders") == [(50_000, 1_249_975_000, "v9999")]
    assert landing.load("day.data").state == "skipped"


def test_a_compressed_parquet_file_is_spooled_and_read(landing: Landing) -> None:
    content = gzip.compress(packed({"id": [1, 2]}))
    outcome = landing.put_and_load(content, "day.parquet.gz")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 2)
    assert (outcome.dialect or {})["compression"] == "gzip"


def test_rules_hold_for_values_that_are_written_as_they_are(folder_landing: Landing) -> None:
    folder_landing.options = {
        "reject_limit": "100%",
        "columns": {
            "id": {"type": "integer", "required": True},
            "km": {"type": "integer", "range": [0, 100], "otherwise": {"set": 0}},
            "level": {"type": "double precision", "range": [0, 1]},
            "day": {"type": "date", "range": ["2024-01-01", None], "otherwise": "null"},
            "code": {"type": "text", "max_length": 2},
            "kind": {"type": "integer", "values": [1, 2]},
            "gone": {"type": "integer", "null_values": ["-1"]},
            "small": {"type": "smallint"},
        },
    }
    good = {
        "id": 1,
        "km": 5,
        "level": 0.5,
        "day": dt.date(2024, 5, 1),
        "code": "ab",
        "kind": 1,
        "gone": 3,
        "small": 9,
    }
    rows = [
        good,
        good | {"km": -5, "day": dt.date(1999, 1, 1), "gone": -1},
        good | {"id": None},
        good | {"level": 1.5, "code": "abc"},
        good | {"level": float("nan")},
        good | {"kind": 3},
        good | {"small": 40_000},
    ]
    columns = {name: [row[name] for row in rows] for name in good}
    outcome = folder_landing.put_and_load(packed(columns), "day.parquet")
    assert (outcome.counts.inserted, outcome.counts.rejected, outcome.counts.repaired) == (2, 5, 2)
    assert folder_landing.query("SELECT km, day, gone FROM orders ORDER BY _row") == [
        (5, dt.date(2024, 5, 1), 3),
        (0, None, None),
    ]
    assert folder_landing.reject_places() == [
        (3, "id", "required"),
        (4, "level", "above_maximum"),
        (5, "level", "above_maximum"),
        (6, "kind", "not_allowed"),
        (7, "small", "out_of_range"),
    ]
    rejects = folder_landing.rejects()
    assert rejects[1].others == (("code", "longer_than_allowed", "'abc' has 3 characters, 2 are allowed"),)
    assert rejects[4].reason == "'40000' is out of the range of smallint"
    assert rejects[4].raw.decode() == (
        '{"id": 1, "km": 5, "level": 0.5, "day": "2024-05-01", "code": "ab", "kind": 1,'
        ' "gone": 3, "small": 40000}'
    )


def test_values_of_another_type_than_the_contracts_are_cast_as_cells_are(folder_landing: Landing) -> None:
    folder_landing.options = {
        "reject_limit": "100%",
        "columns": {
            "number": {"type": "integer"},
            "amount": {"type": "numeric(6,2)", "decimal": ","},
            "id": {"type": "text"},
            "day": {"type": "date", "format": "%d.%m.%Y"},
            "local": {"type": "timestamptz", "timezone": "Europe/Berlin"},
            "doc": {"type": "jsonb"},
            "name": {"type": "varchar(3)"},
            "split": {"split": ["a", "b"], "sep": ";"},
        },
    }
    columns = {
        "number": ["12", " 7 ", "x"],
        "amount": ["1,50", "2,25", "3,00"],
        "id": [85123, 1, 2],
        "day": ["31.12.2024"] * 3,
        "local": pa.array([dt.datetime(2024, 7, 1, 12)] * 3, pa.timestamp("us")),
        "doc": pa.array([b'{"a": 1}', b"2", b"3"], pa.binary()),
        "name": pa.array(["abc", "é", "d"]).dictionary_encode(),
        "split": ["1;2", "3;4", "5;6"],
    }
    outcome = folder_landing.put_and_load(packed(columns), "day.parquet")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (2, 1), folder_landing.rejects()
    assert folder_landing.query(
        "SELECT number, amount, id, day, local, doc, name, a, b FROM orders ORDER BY _row"
    )[0] == (
        12,
        Decimal("1.50"),
        "85123",
        dt.date(2024, 12, 31),
        dt.datetime(2024, 7, 1, 10, tzinfo=dt.UTC),
        {"a": 1},
        "abc",
        "1",
        "2",
    )
    assert folder_landing.reject_places() == [(3, "number", "not_an_integer")]


def test_nanoseconds_are_rejected_unless_they_are_zero_or_rounded(folder_landing: Landing) -> None:
    folder_landing.options = {"reject_limit": "100%"}
    columns = {
        "t": pa.array([1_000, 1_001, -1_501], pa.timestamp("ns", "UTC")),
        "u": pa.array([1_000, 2_000, 3_000], pa.time64("ns")),
    }
    outcome = folder_landing.put_and_load(packed(columns), "day.parquet")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 2)
    assert folder_landing.reject_places() == [(2, "t", "too_many_digits"), (3, "t", "too_many_digits")]
    folder_landing.options["columns"] = {"t": {"type": "timestamptz", "round": True}}
    assert folder_landing.put_and_load(packed(columns), "day.parquet").counts.inserted == 3
    found = folder_landing.query("SELECT extract(epoch FROM t) * 1000000 FROM orders ORDER BY _row")
    assert [int(micros) for (micros,) in found] == [1, 1, -2]


def test_old_timestamps_keep_their_digits_within_lists_structs_and_maps(folder_landing: Landing) -> None:
    moments = [dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), None, dt.datetime(1, 1, 1)]
    micro, nano = pa.timestamp("us"), pa.timestamp("ns")
    exact = pa.array([1_700_000_000_123_456_789, 5], pa.int64()).cast(nano)
    nested = {
        "list": pa.array([None, moments, []], pa.list_(micro)),
        "struct": pa.array(
            [{"m": moments[0], "n": 1}, None, {"m": None, "n": 2}],
            pa.struct({"m": micro, "n": pa.int32()}),
        ),
        "map": pa.array([[("k", moments[2])], None, []], pa.map_(pa.string(), micro)),
        "deep": pa.array([[[moments[0]], None, []], None, []], pa.list_(pa.list_(micro))),
        "exact": pa.ListArray.from_arrays([0, 2, 2, 2], exact),
        "beside": pa.array(["a", "b", "a"]),
    }
    content = packed(nested, use_deprecated_int96_timestamps=True, row_group_size=2)
    folder_landing.options["columns"] = {"exact": {"type": "jsonb"}}
    outcome = folder_landing.put_and_load(content, "old.parquet")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3), outcome.error
    (first, second, third) = folder_landing.query(
        "SELECT list, struct, map, deep, exact, beside FROM orders ORDER BY _row"
    )
    late, early = "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00.000000"
    wanted = ["2023-11-14 22:13:20.123456789", "1970-01-01 00:00:00.000000005"]
    assert first == (None, {"m": late, "n": 1}, {"k": early}, [[late], None, []], wanted, "a")
    assert second == (moments, None, None, None, [], "b")
    assert third == ([], {"m": None, "n": 2}, {}, [], [], "a")


def test_texts_that_rows_share_are_loaded_as_those_of_their_own(folder_landing: Landing) -> None:
    words = ["a", "é", None, "x" * 300, "", "12"] * 500
    few = pa.table({"word": words, "number": range(len(words))})
    both = pa.concat_tables(
        [few, pa.table({"word": [f"w{i}" for i in range(3_000)], "number": range(3_000)})]
    )
    for name, table, options in (
        ("few", few, {}),
        ("groups", few, {"row_group_size": 7}),
        ("plain", few, {"use_dictionary": False}),
        ("mixed", both, {"row_group_size": 3_000}),
        ("categories", few.set_column(0, "word", few["word"].dictionary_encode()), {}),
    ):
        out = io.BytesIO()
        parquet.write_table(table, out, **options)
        folder_landing.options["table"] = name
        outcome = folder_landing.put_and_load(out.getvalue(), f"{name}.parquet")
        assert outcome.state == "loaded", outcome.error
        found = folder_landing.query(f"SELECT word, number FROM {name} ORDER BY _row")
        assert found == list(zip(*table.to_pydict().values(), strict=True)), name


def test_broken_text_is_a_reject(folder_landing: Landing) -> None:
    folder_landing.options = {"reject_limit": "100%"}
    texts = pa.array([b"good", b"\xff\xfe", b"a\x00b"], pa.binary()).view(pa.string())
    nested = pa.ListArray.from_arrays(pa.array([0, 1, 1, 2]), texts.slice(0, 2))
    content = packed({"id": [1, 2, 3], "t": texts, "n": nested})
    outcome = folder_landing.put_and_load(content, "day.parquet")
    assert outcome.counts.inserted == 1
    assert [
        (r.row_number, r.column, r.code, [c for c, *_ in r.others]) for r in folder_landing.rejects()
    ] == [
        (2, "t", "invalid_utf8", []),
        (3, "t", "nul_character", ["n"]),
    ]


def test_a_column_widens_when_a_later_file_brings_larger_numbers(folder_landing: Landing) -> None:
    assert (
        folder_landing.put_and_load(packed({"id": pa.array([1], pa.int32())}), "a.parquet").state == "loaded"
    )
    outcome = folder_landing.put_and_load(packed({"id": [2**40], "v": ["new"]}), "b.parquet")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 1), outcome.error
    assert folder_landing.query("SELECT id, v FROM orders ORDER BY id") == [(1, None), (2**40, "new")]


def test_merging_keeps_the_last_row_of_a_key(landing: Landing) -> None:
    landing.options = {"mode": "merge", "key": ["id", "at"]}
    at = pa.array([dt.date(2024, 1, 1)] * 4, pa.date32())
    content = packed({"id": [1, 2, 1, None], "at": at, "v": ["a", "b", "c", "d"]})
    outcome = landing.put_and_load(content, "day.parquet")
    assert (outcome.state, outcome.counts.deduplicated) == ("loaded", 1), outcome.error
    assert landing.query("SELECT id, v FROM orders ORDER BY v") == [(2, "b"), (1, "c"), (None, "d")]


def test_what_the_database_refuses_is_rejected_with_the_row_as_json(folder_landing: Landing) -> None:
    folder_landing.query("CREATE TABLE orders (id integer CHECK (id <> 3), v text)")
    content = packed({"id": list(range(1000)), "v": ["x"] * 1000})
    outcome = folder_landing.put_and_load(content, "day.parquet")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (999, 1), outcome.error
    (reject,) = folder_landing.rejects()
    assert (reject.row_number, reject.raw) == (4, b'{"id": 3, "v": "x"}')


def test_rejected_rows_are_mended_and_replayed(
    folder_landing: Landing, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder_landing.options = {"columns": {"n": {"type": "integer"}}, "reject_limit": "100%"}
    outcome = folder_landing.put_and_load(packed({"n": ["1", "two"], "v": [0.5, 1.5]}), "day.parquet")
    mended = tmp_path_factory.mktemp("mended") / "rows.jsonl"
    mended.write_text('{"_row": 2, "_line": 2, "_reason": "", "n": "2", "v": 1.5}\n')
    replayed = folder_landing.replay(outcome.load_id or 0, rejects=True, mended=mended)
    assert replayed.state == "loaded", replayed.error
    assert folder_landing.query("SELECT n, v FROM orders ORDER BY n") == [(1, 0.5), (2, 1.5)]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"PAR1", "cannot be read"),
        (b"PAR1" + b"\x00" * 100 + b"PAR1", "cannot be read"),
        (b"id,v\n1,2\n", "cannot be read"),
        (b"PARE" + b"\x00" * 100 + b"PARE", "encrypted"),
    ],
)
def test_what_is_no_parquet_file_fails_with_a_reason(
    folder_landing: Landing, content: bytes, word: str
) -> None:
    outcome = folder_landing.put_and_load(content, "day.parquet")
    assert (outcome.state, outcome.error_code) == ("failed", "format_error")
    assert word in (outcome.error or "")
    assert outcome.hint


def test_a_file_cut_anywhere_is_refused(folder_landing: Landing) -> None:
    content = packed({"id": list(range(5000)), "v": [f"v{i}" for i in range(5000)]})
    for size in (len(content) - 1, len(content) - 8, len(content) // 2):
        assert folder_landing.put_and_load(content[:size], "day.parquet").error_code == "format_error"


def test_columns_of_one_name_are_refused(folder_landing: Landing) -> None:
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), out)
    outcome = folder_landing.put_and_load(out.getvalue(), "day.parquet")
    assert outcome.error_code == "format_error"
    assert "'a'" in (outcome.error or "")


def test_only_the_wanted_columns_are_read(folder_landing: Landing) -> None:
    folder_landing.options = {"columns": {"b": {"type": "integer"}}, "contract": "discard_value"}
    outcome = folder_landing.put_and_load(
        packed({"a": ["x", "y"], "b": [1, 2], "a.b": [3, 4]}), "day.parquet"
    )
    assert outcome.counts.inserted == 2
    assert folder_landing.query("SELECT b FROM orders ORDER BY b") == [(1,), (2,)]


def test_rows_with_values_in_columns_beyond_the_contract_are_left_out_on_request(
    folder_landing: Landing,
) -> None:
    folder_landing.options = {"columns": {"b": {"type": "integer"}}, "contract": "discard_row"}
    outcome = folder_landing.put_and_load(packed({"a": ["x", None], "b": [1, 2]}), "day.parquet")
    assert (outcome.counts.inserted, outcome.counts.discarded) == (1, 1)


def test_all_columns_load_as_text_on_request(folder_landing: Landing) -> None:
    folder_landing.options = {"types": "text"}
    columns = {
        "a": [1.5, None],
        "b": [True, False],
        "c": [[1], []],
        "d": pa.array([1, 2], pa.timestamp("us", "UTC")),
    }
    assert folder_landing.put_and_load(packed(columns), "day.parquet").counts.inserted == 2
    assert folder_landing.query("SELECT a, b, c, d FROM orders ORDER BY _row")[0] == (
        "1.5",
        "true",
        "[1]",
        "1970-01-01 00:00:00.000001Z",
    )
