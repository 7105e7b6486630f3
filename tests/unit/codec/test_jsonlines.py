from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.model.batch import Chunk
from loadstone.model.contract import Cell, Column, Fixed, LoadPlan, SplitPart
from loadstone.model.types import parse_type

SUITE = Path(__file__).parents[2] / "data" / "json-test-suite" / "test_parsing"


def plan_of(columns: dict[str, str], **options) -> LoadPlan:
    """A plan of text -> type; `Cell` and `Column` options by the column's name in `details`."""
    details = options.pop("details", {})
    cells = tuple(
        Cell(name, (Column(name, parse_type(type_name), source=name, **details.get(name, {})),))
        for name, type_name in columns.items()
    )
    return LoadPlan(cells + options.pop("more", ()), **{"lineage": False} | options)


def fields_of(tuples: bytes) -> list[list[bytes | None]]:
    """The fields of binary COPY tuples."""
    data, at, rows = bytes(tuples), 0, []
    while at < len(data):
        (count,) = struct.unpack_from(">h", data, at)
        at += 2
        row: list[bytes | None] = []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", data, at)
            at += 4
            row.append(None if size < 0 else data[at : at + size])
            at += max(size, 0)
        rows.append(row)
    return rows


def encode(plan: LoadPlan, text: bytes, **options) -> Chunk:
    chunk, consumed = JsonLinesEncoder(plan, **options).feed(text, True)
    assert consumed == len(text)
    assert chunk.bytes_read == len(text)
    return chunk


def texts(plan: LoadPlan, text: bytes) -> list[list[str | None]]:
    """The rows of a plan of text columns, none rejected."""
    chunk = encode(plan, text)
    assert not chunk.rejects
    return [[None if f is None else f.decode() for f in row] for row in fields_of(chunk.tuples)]


def only_reject(plan: LoadPlan, line: bytes):
    chunk = encode(plan, line)
    assert (chunk.rows, chunk.records, len(chunk.rejects)) == (0, 1, 1)
    return chunk.rejects[0]


A_B = plan_of({"a": "text", "b": "text"})


def test_members_become_cells_by_name_in_any_order():
    assert texts(A_B, b'{"a": "1", "b": "2"}\n{"b":"4","a":"3"}\r\n {\t"b" : "6" , "a" : "5" } ') == [
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
    ]


def test_missing_and_null_are_null_and_an_empty_string_is_not():
    lines = b'{"a": null}\n{}\n{"b": ""}\n'
    assert texts(A_B, lines) == [[None, None], [None, None], [None, ""]]
    assert texts(plan_of({"a": "text"}, details={"a": {"default": "none"}}), b'{"b":1}\n{"a":null}') == [
        ["none"],
        ["none"],
    ]


def test_an_empty_string_is_null_for_all_but_text():
    chunk = encode(plan_of({"i": "integer", "t": "timestamptz", "b": "boolean"}), b'{"i":"","t":"","b":""}')
    assert fields_of(chunk.tuples) == [[None, None, None]]


def test_numbers_and_booleans_keep_their_text_in_text_columns():
    lines = b'{"a": 1.50, "b": true}\n{"a": -0, "b": false}\n{"a": 12345678901234567890.10e+2, "b": 1E5}\n'
    assert texts(A_B, lines) == [["1.50", "true"], ["-0", "false"], ["12345678901234567890.10e+2", "1E5"]]


def test_nested_values_go_to_text_as_they_are_written():
    assert texts(A_B, b'{"a": {"x": [1, 2.0]}, "b": [ "\\u00e9" ]}') == [['{"x": [1, 2.0]}', '[ "\\u00e9" ]']]


def test_values_are_read_by_the_type_of_their_column():
    chunk = encode(
        plan_of({"i": "integer", "s": "integer", "b": "boolean", "d": "date"}),
        b'{"i": 12, "s": "12", "b": true, "d": "2000-01-02"}\n',
    )
    assert fields_of(chunk.tuples) == [
        [struct.pack(">i", 12), struct.pack(">i", 12), b"\x01", struct.pack(">i", 1)],
    ]


@pytest.mark.parametrize(
    ("type_name", "value", "code"),
    [
        ("integer", b"true", "not_an_integer"),
        ("integer", b"12.5", "not_an_integer"),
        ("integer", b'"1_2"', "not_an_integer"),
        ("integer", b"3000000000", "out_of_range"),
        ("integer", b"[1]", "nested_value"),
        ("boolean", b'"maybe"', "not_a_boolean"),
        ("date", b"20000101.5", "not_a_date"),
        ("date", b'{"y": 2000}', "nested_value"),
        ("uuid", b"[]", "nested_value"),
        ("text[]", b'{"a": 1}', "nested_value"),
        ("text", rb'"a\u0000b"', "nul_character"),
        ("text", rb'"\ud800"', "invalid_utf8"),
        ("jsonb", rb'"a\u0000b"', "invalid_json"),
        ("jsonb", rb'{"a": "\udc00"}', "invalid_json"),
    ],
)
def test_a_value_that_does_not_suit_its_column_is_rejected_with_the_column(type_name, value, code):
    reject = only_reject(plan_of({"a": type_name}), b'{"a": ' + value + b"}\n")
    assert (reject.column, reject.code, reject.line_number, reject.byte_offset) == ("a", code, 1, 0)


def test_a_number_has_a_decimal_point_whatever_the_column_expects_of_text():
    plan = plan_of({"a": "double precision"}, details={"a": {"decimal": ",", "thousands": "."}})
    chunk = encode(plan, b'{"a": 1.234}\n{"a": "1.234,5"}\n')
    assert [struct.unpack(">d", row[0])[0] for row in fields_of(chunk.tuples)] == [1.234, 1234.5]


def test_null_values_are_strings_that_mean_null():
    plan = plan_of({"a": "integer", "b": "text"}, details={n: {"null_values": ("n/a",)} for n in "ab"})
    assert fields_of(encode(plan, b'{"a": "n/a", "b": "n/a"}').tuples) == [[None, None]]


def test_json_columns_take_every_value_as_its_json_text():
    values = [b"1.50", b"true", b'"s\\u00e9"', b'{"a" : [1 ]}', b"[]", b'""']
    chunk = encode(
        plan_of({"j": "json", "b": "jsonb"}), b"".join(b'{"j":%s,"b":%s}\n' % (v, v) for v in values)
    )
    assert fields_of(chunk.tuples) == [[value, b"\x01" + value] for value in values]
    assert fields_of(encode(plan_of({"j": "json"}), b'{"j": null}').tuples) == [[None]]
    assert fields_of(encode(plan_of({"j": "json"}), rb'{"j": "\u0000"}').tuples) == [[rb'"\u0000"']]


def test_a_list_fills_split_columns():
    parts = tuple(
        Column(name, parse_type(kind), source="place", split=SplitPart(i, 3))
        for i, (name, kind) in enumerate([("city", "text"), ("code", "text"), ("height", "integer")])
    )
    plan = LoadPlan((Cell("place", parts),), lineage=False)
    chunk = encode(plan, '{"place": ["Köln", null, 53]}\n{"place": ["x"]}\n{"place": {"a": 1}}\n'.encode())
    assert fields_of(chunk.tuples) == [["Köln".encode(), None, struct.pack(">i", 53)]]
    assert [reject.code for reject in chunk.rejects] == ["wrong_part_count", "nested_value"]


def test_of_a_key_that_comes_twice_the_last_value_counts():
    assert texts(A_B, rb'{"a": "1", "\u0061": "2", "b": "x", "b": null}') == [["2", None]]


def test_escapes_are_decoded_in_values_and_in_keys():
    plan = plan_of({'k"é': "text"})
    line = r'{"k\"\u00e9": "\u00e4\ud83d\ude00\n\t\"\\\/ ü"}'.encode()
    assert texts(plan, line) == [['ä😀\n\t"\\/ ü']]


def test_fixed_columns_and_lineage_follow_the_cells():
    plan = plan_of(
        {"a": "text"}, fixed=(Fixed(Column("c", parse_type("text")), "k"),), lineage=True, load_id=7
    )
    rows = fields_of(encode(plan, b'{"a":"1"}\nnull\n{"a":"2"}\n', first_row=10).tuples)
    assert rows == [
        [b"1", b"k", struct.pack(">q", 7), struct.pack(">q", 10)],
        [b"2", b"k", struct.pack(">q", 7), struct.pack(">q", 12)],
    ]


def test_a_broken_line_costs_one_record_and_tells_where():
    lines = [
        b'{"a":"1"}\n',
        b"\r\n",
        b'{"a":"2"\n',
        b"  \n",
        b"[1]\n",
        b"nul\n",
        b'{"a":"\xff"}\r\n',
        b'{"a":"3"}',
    ]
    chunk = encode(A_B, b"".join(lines), first_line=5, first_row=3, first_offset=100)
    assert [row[0] for row in fields_of(chunk.tuples)] == [b"1", b"3"]
    assert (chunk.records, chunk.rows) == (6, 2)
    offsets = [100 + sum(map(len, lines[:i])) for i in range(len(lines))]
    assert [
        (r.row_number, r.line_number, r.byte_offset, r.byte_length, r.code, r.raw) for r in chunk.rejects
    ] == [
        (4, 7, offsets[2], len(lines[2]), "invalid_json", lines[2]),
        (5, 9, offsets[4], len(lines[4]), "not_an_object", lines[4]),
        (6, 10, offsets[5], len(lines[5]), "invalid_json", lines[5]),
        (7, 11, offsets[6], len(lines[6]), "invalid_utf8", lines[6]),
    ]
    assert "position 8" in chunk.rejects[0].reason
    assert chunk.rejects[0].column is None


def python_takes(line: bytes) -> bool:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(line.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize("prefix", ["y", "n", "i"])
def test_whatever_is_in_a_value_is_judged_and_the_next_line_is_read(prefix):
    plan = plan_of({"v": "json", "w": "text"})
    for path in sorted(SUITE.glob(f"{prefix}_*.json")):
        line = b'{"v": ' + path.read_bytes().replace(b"\n", b" ").replace(b"\r", b" ") + b"}\n"
        chunk = encode(plan, line + b'{"w": "next"}')
        assert chunk.records == 2, path.name
        assert fields_of(chunk.tuples)[-1] == [None, b"next"], path.name
        assert len(chunk.rejects) == (0 if python_takes(line) else 1), path.name


def test_unknown_keys_are_ignored_reported_or_cost_the_row():
    lines = b'{"a": "1", "x": null}\n{"x": {"y": 1}, "a": "2"}\n{"a": "3", "z": "s"}\n'
    ignoring = encode(plan_of({"a": "text"}, unknown_keys="discard_value"), lines)
    assert (ignoring.rows, ignoring.discarded, ignoring.unknown_keys) == (3, 0, {})
    evolving = encode(plan_of({"a": "text"}, unknown_keys="evolve"), lines)
    assert (evolving.rows, evolving.unknown_keys) == (3, {"x": '{"y": 1}', "z": '"s"'})
    discarding = encode(plan_of({"a": "text"}, unknown_keys="discard_row"), lines)
    assert (discarding.rows, discarding.discarded, discarding.rejects) == (1, 2, [])
    frozen = encode(plan_of({"a": "text"}, unknown_keys="freeze"), lines)
    assert (frozen.rows, [(r.code, r.column) for r in frozen.rejects]) == (0, [("unknown_key", None)] * 3)
    assert "'x'" in frozen.rejects[0].reason


def test_each_unknown_key_is_reported_once_in_a_file():
    encoder = JsonLinesEncoder(plan_of({"a": "text"}, unknown_keys="evolve"))
    assert encoder.feed(b'{"x": 1}\n', False)[0].unknown_keys == {"x": "1"}
    assert encoder.feed(b'{"x": 2, "y": 1}\n', True)[0].unknown_keys == {"y": "1"}


def test_data_in_the_keys_does_not_fill_the_memory():
    encoder = JsonLinesEncoder(plan_of({"a": "text"}, unknown_keys="evolve"))
    chunk, _ = encoder.feed(b"".join(b'{"k%d": 1}\n' % i for i in range(1500)), True)
    assert (chunk.rows, len(chunk.unknown_keys)) == (1500, 1000)


def test_a_value_of_a_cell_that_is_unknown_discards_the_row():
    plan = plan_of({"a": "text"}, more=(Cell("x", is_unknown=True), Cell("y")))
    chunk = encode(plan, b'{"a": "1", "x": 1}\n{"a": "2", "x": null, "y": 1}\n{"a": "3"}\n')
    assert (chunk.rows, chunk.discarded, chunk.records) == (2, 1, 3)


def test_more_members_and_longer_keys_than_are_remembered_are_read_all_the_same():
    names = [f"key {i} " + "long" * (i % 40) for i in range(700)]
    plan = plan_of(dict.fromkeys(names, "text"))
    line = json.dumps({name: str(i) for i, name in enumerate(names)}).encode() + b"\n"
    assert texts(plan, line * 3) == [[str(i) for i in range(700)]] * 3


def test_a_line_beyond_the_limit_is_rejected_with_its_beginning_and_the_next_one_is_read():
    plan = plan_of({"a": "text"})
    long_line = b'{"a": "' + b"x" * 5000 + b'"}\n'
    text = b'{"a": "1"}\n' + long_line + b'{"a": "2"}\n'
    encoder = JsonLinesEncoder(plan, max_record_bytes=1024)
    rows, rejects, at = [], [], 0
    while at < len(text):
        block = text[at : at + 2000]
        chunk, consumed = encoder.feed(block, at + len(block) == len(text))
        assert consumed
        rows += [row[0] for row in fields_of(chunk.tuples)]
        rejects += chunk.rejects
        at += consumed
    assert rows == [b"1", b"2"]
    assert [(r.code, r.row_number, r.line_number, r.byte_offset) for r in rejects] == [
        ("record_too_long", 2, 2, 11)
    ]
    assert (rejects[0].byte_length, rejects[0].raw) == (len(long_line), long_line[: len(rejects[0].raw)])
    assert len(rejects[0].raw) > 1024
    assert "1,024" in rejects[0].reason


def test_an_incomplete_line_waits_for_the_rest():
    encoder = JsonLinesEncoder(A_B)
    chunk, consumed = encoder.feed(b'{"a": "1"}\n{"a"', False)
    assert (chunk.rows, consumed) == (1, 11)
    chunk, consumed = encoder.feed(b'{"a"', False)
    assert (chunk.records, consumed) == (0, 0)
    chunk, consumed = encoder.feed(b'{"a": "2"}', True)
    assert (chunk.rows, consumed) == (1, 10)


def test_the_trace_tells_where_each_row_stands():
    lines = [b'{"a": "1"}\n', b"bad\n", b"\n", b'{"a": "2"}\r\n']
    chunk = encode(plan_of({"a": "text"}, trace=True), b"".join(lines), first_offset=3)
    assert chunk.index is not None
    assert list(chunk.index.row_numbers) == [1, 3]
    assert list(chunk.index.line_numbers) == [1, 4]
    assert list(chunk.index.byte_offsets) == [3, 3 + 11 + 4 + 1]
    assert [chunk.index.raw(i) for i in range(2)] == [lines[0], lines[3]]


def test_rows_whose_key_was_seen_come_out_apart():
    plan = plan_of({"k": "integer", "v": "text"}, key=("k",), deduplicate=True)
    chunk = encode(plan, b'{"k": 1, "v": "a"}\n{"k": 2, "v": "b"}\n{"v": "c", "k": "1"}\n')
    assert (chunk.rows, chunk.late_rows) == (2, 1)
    assert fields_of(chunk.late) == [[struct.pack(">i", 1), b"c"]]


records = st.lists(
    st.one_of(
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.none() | st.text(max_size=8) | st.integers() | st.lists(st.integers(), max_size=2),
        ).map(lambda value: json.dumps(value, ensure_ascii=len(value) > 1).encode()),
        st.sampled_from([b"", b"  ", b"[]", b"{", b'{"a":"\xe2\x82"}', b'{"a": 1}}']),
    ),
    max_size=8,
)


@given(records, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.integers(1, 9))
@settings(max_examples=150)
def test_blocks_cut_anywhere_give_what_one_block_gives(lines, ending, ends, step):
    text = ending.join(lines) + (ending if ends else b"")
    plan = plan_of({"a": "text", "b": "integer"}, trace=True, unknown_keys="evolve")
    whole = encode(plan, text)
    encoder = JsonLinesEncoder(plan)
    tuples, rejects, places, carry, records_read = b"", [], [], b"", 0
    for at in range(0, len(text) + step, step):
        carry += text[at : at + step]
        chunk, consumed = encoder.feed(carry, at + step >= len(text))
        carry = carry[consumed:]
        tuples += bytes(chunk.tuples)
        rejects += chunk.rejects
        records_read += chunk.records
        places += list(chunk.index.byte_offsets)
    assert carry == b""
    assert (tuples, rejects, records_read) == (bytes(whole.tuples), list(whole.rejects), whole.records)
    assert places == list(whole.index.byte_offsets)


@given(records)
@settings(max_examples=150)
def test_rows_and_rejects_are_those_that_python_sees(lines):
    def seen(line: bytes) -> list[str | None] | None:
        try:
            value = json.loads(line.decode())
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        found = [value.get("a"), value.get("b")]
        if any(isinstance(v, str) and "\x00" in v for v in found):
            return None
        return [v if v is None or isinstance(v, str) else json.dumps(v) for v in found]

    expected = [seen(line) for line in lines if line.strip()]
    chunk = encode(A_B, b"\n".join(lines))
    rows = [[None if f is None else f.decode() for f in row] for row in fields_of(chunk.tuples)]
    assert rows == [row for row in expected if row is not None]
    assert [r.row_number for r in chunk.rejects] == [i for i, row in enumerate(expected, 1) if row is None]


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "zé"]), st.text(max_size=4) | st.integers() | st.lists(st.none())
    ),
    st.data(),
)
@settings(max_examples=300)
def test_a_damaged_line_is_judged_as_python_judges_it_and_the_next_one_is_read(value, data):
    line = bytearray(json.dumps(value, ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(line)))
        line[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b"0", b"-", b'"', b"\\", b"{", b"}", b"]", b",", b":", b" ", b"t", b"\x00", b"\xff"]
            )
        )
    plan = plan_of({"a": "json", "b": "json"})
    chunk = encode(plan, b'{"a": 1, "b": 2}\n' + bytes(line) + b'\n{"a": 3, "b": 4}\n')
    is_object = python_takes(bytes(line)) and isinstance(json.loads(line.decode()), dict)
    rows = fields_of(chunk.tuples)
    assert (rows[0], rows[-1]) == ([b"1", b"2"], [b"3", b"4"])
    assert len(rows) == 2 + is_object
    assert len(chunk.rejects) == (0 if is_object or not line.strip() else 1)
    if is_object:
        found = json.loads(line.decode())
        assert [None if f is None else json.loads(f) for f in rows[1]] == [found.get("a"), found.get("b")]
