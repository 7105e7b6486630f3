from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.codec.jsonstream import JsonEncoder
from loadstone.errors import FormatError
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.types import parse_type


def plan_of(*names: str, **options) -> LoadPlan:
    cells = tuple(Cell(name, (Column(name, parse_type("json"), source=name),)) for name in names)
    return LoadPlan(cells, **{"lineage": False, "trace": True} | options)


@dataclass
class Read:
    """What a file became: the accepted records as they are written, and the rejects."""

    records: list[bytes] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejects: list = field(default_factory=list)
    tuples: bytes = b""

    @property
    def rejected(self) -> list[tuple[int, str, bytes]]:
        return [(reject.line_number, reject.code, reject.raw) for reject in self.rejects]


def read(text: bytes, *names: str, step: int = 1 << 20, plan: LoadPlan | None = None, **options) -> Read:
    """Reads a text in blocks as `readers.blocks` would, `step` bytes at a time."""
    encoder = JsonEncoder(plan or plan_of(*(names or ("a",))), **options)
    out, start, end = Read(), 0, 0
    while True:
        end = min(end + step, len(text))
        chunk, consumed = encoder.feed(text[start:end], end == len(text))
        assert chunk.index is not None
        out.records += [chunk.index.raw(i) for i in range(chunk.rows)]
        out.lines += chunk.index.line_numbers
        out.rejects += chunk.rejects
        out.tuples += bytes(chunk.tuples)
        start += consumed
        if end == len(text):
            assert start == end
            return out


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (b'[{"a":1},{"a":2}]', [b'{"a":1}', b'{"a":2}']),
        (b" [ ] \n", []),
        (b'[\n{"a":1}\n,\n{"a":2}\n]', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":1}{"a":2} {\n"a":3}\n', [b'{"a":1}', b'{"a":2}', b'{\n"a":3}']),
        (b'{"a":[{"b":"]}"}]}', [b'{"a":[{"b":"]}"}]}']),
    ],
)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_records_are_found_one_by_one(text, records, step):
    assert read(text, step=step).records == records


@pytest.mark.parametrize(
    ("path", "records"),
    [
        (("data", "items"), [b'{"a":1}', b'{"a":2}']),
        (("data", "items", None), [b'{"a":1}', b'{"a":2}']),
        (("data", "one"), [b'{"a":3}']),
        (("data", "é"), [b'{"a":4}']),
        (("pages", None, "rows"), [b'{"a":5}', b'{"a":6}', b'{"a":7}']),
        (("pages", None, "rows", None), [b'{"a":5}', b'{"a":6}', b'{"a":7}']),
        (("items",), []),
    ],
)
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_path_leads_to_the_records_and_the_rest_is_passed_over(path, records, step):
    text = (
        b'{"x": [1, {"items": [{}]}, "]", null], "data": {"items": [{"a":1}, {"a":2}], "one": {"a":3},'
        b' "\\u00e9": [{"a":4}]}, "pages": [{"rows": [{"a":5}]}, 7, {"rows": [{"a":6}, {"a":7}]}]}'
    )
    assert read(text, path=path, step=step).records == records


def test_a_path_leads_into_each_of_several_documents():
    assert read(b'{"d":[{"a":1}]}\n{"d":[]}{"d":[{"a":2}]}', path=("d",)).records == [b'{"a":1}', b'{"a":2}']


@pytest.mark.parametrize(
    "text",
    [
        b'{"d":[{"a":1}] "e":1}',
        b'{"e":tru,"d":[]}',
        b'{"d":[{"a":1}]]',
        b"{1:2}",
        b'{"e":[1,],"d":[]}',
        b'null{"d":[]}',
    ],
)
def test_what_is_broken_around_the_records_fails_the_file(text):
    with pytest.raises(FormatError, match="not valid JSON on line 1"):
        read(text, path=("d",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'[{"a":1},\n', "ends on line 2"),
        (b'[{"a":1},\n{"a":', "ends on line 2"),
        (b'[{"a":1}\n\n', "ends on line 3"),
        (b"[", "ends on line 1"),
        (b'[{"a":1}]\n[]', r"follows the array on line 2 \(byte 10\)"),
        (b'[{"a":1}],', r"follows the array on line 1 \(byte 9\)"),
    ],
)
@pytest.mark.parametrize("step", [1, 1000])
def test_a_file_that_is_cut_off_or_goes_on_after_its_array_fails(text, message, step):
    with pytest.raises(FormatError, match=message) as caught:
        read(text, step=step)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "records", "rejected"),
    [
        # by brackets
        (b'[{"a":01},{"a":2}]', [b'{"a":2}'], [(1, "invalid_json", b'{"a":01}')]),
        (b'[{"a":{"b":nul}},{"a":2}]', [b'{"a":2}'], [(1, "invalid_json", b'{"a":{"b":nul}}')]),
        (
            b'[\n{"a":[\n{"b":1x},\n{"b":2}\n]},\n{"a":2}\n]',
            [b'{"a":2}'],
            [(2, "invalid_json", b'{"a":[\n{"b":1x},\n{"b":2}\n]}')],
        ),
        # by lines
        (
            b'[\n{"a":1},\n{"a":"x},\n{"a":3},\n{"a":[4},\n{"a":5}\n]',
            [b'{"a":1}', b'{"a":3}', b'{"a":5}'],
            [(3, "invalid_json", b'{"a":"x}'), (5, "invalid_json", b'{"a":[4}')],
        ),
        (b'[\n{"a":1},\n{"a":"x}\n]\n', [b'{"a":1}'], [(3, "invalid_json", b'{"a":"x}')]),
        (
            b'[\n  {\n    "a": "x,\n  },\n  {\n    "a": 2\n  }\n]',
            [b'{\n    "a": 2\n  }'],
            [(2, "invalid_json", b'{\n    "a": "x,\n  }')],
        ),
        # what is missing
        (
            b'[{"a":1},,{"a":3},]',
            [b'{"a":1}', b'{"a":3}'],
            [(1, "invalid_json", b","), (1, "invalid_json", b"]")],
        ),
        (b'[{"a":1}\n{"a":2},{"a":3}]', [b'{"a":1}', b'{"a":3}'], [(2, "missing_comma", b'{"a":2}')]),
        # an unknown end: the rest
        (b'[{"a":1},{"a":"x},{"a":3}]', [b'{"a":1}'], [(1, "invalid_json", b'{"a":"x},{"a":3}]')]),
        # no array
        (b'{"a":1}}{"a":2}', [b'{"a":1}', b'{"a":2}'], [(1, "invalid_json", b"}")]),
        (b'{"a":1}\n{"a":\n', [b'{"a":1}'], [(2, "invalid_json", b'{"a":')]),
        (
            b'{"a":1}\n[2]\n3 {"a":4}',
            [b'{"a":1}', b'{"a":4}'],
            [(2, "not_an_object", b"[2]"), (3, "not_an_object", b"3")],
        ),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_broken_element_is_one_reject_and_reading_goes_on(text, records, rejected, step):
    found = read(text, step=step)
    assert found.records == records
    assert found.rejected == rejected
    for reject in found.rejects:
        assert text[reject.byte_offset : reject.byte_offset + reject.byte_length] == reject.raw


def test_lines_that_look_like_elements_within_a_broken_one_are_not_taken_for_elements():
    text = b'[\n{"a":[\n{"a":1},\n{"a":2}\n},\n{"a":3}\n]'
    found = read(text)
    assert found.records == []
    assert [(line, code) for line, code, _ in found.rejected] == [(2, "invalid_json")]


def test_a_rest_that_a_reject_cannot_hold_fails_the_file():
    text = b'[{"a":1},{"a":"x},' + b'{"a":2},' * 10_000 + b'{"a":3}]'
    with pytest.raises(FormatError, match=r"begins on line 1 \(byte 9\) is broken"):
        read(text)


@pytest.mark.parametrize("step", [100, 1 << 20])
def test_an_element_beyond_the_limit_is_rejected_and_the_next_one_is_read(step):
    long = b'{"a": [' + b"[1, 2, {}],\n" * 1000 + b"0]}"
    text = b'[{"a":1},\n' + long + b',\n{"a":2}]'
    found = read(text, step=step, max_record_bytes=1024)
    assert found.records == [b'{"a":1}', b'{"a":2}']
    assert found.lines == [1, 1003]
    (reject,) = found.rejects
    assert (reject.code, reject.row_number, reject.line_number) == ("record_too_long", 2, 2)
    assert (reject.byte_offset, reject.byte_length) == (10, len(long))
    assert long.startswith(reject.raw)


def test_values_are_rows_of_one_column():
    found = read(b'[1.50, "x", null, {"value": 2}, [3]]', "value", takes_values=True)
    assert found.records == [b"1.50", b'"x"', b"null", b'{"value": 2}', b"[3]"]
    for text in (b"1.50", b'"x"', b'{"value": 2}', b"[3]"):
        assert len(text).to_bytes(4, "big") + text in found.tuples
    assert read(b" -0 ", "value", takes_values=True).records == [b"-0"]
    assert read(b"12 2@ 3", "value", takes_values=True).rejected == [(1, "invalid_json", b"2@ 3")]


def test_members_of_nested_objects_are_found_under_all_their_keys():
    plan = plan_of("a_b", "a_c_d", "e", "a_b c")
    text = b'{"a":{"b":1,"c":{"d":[1]},"b c":null},"e":{}}{"e":{"x":1},"a":7,"a_b":"x"}'
    found = read(text, plan=plan, separator="_")
    assert len(found.records) == 2
    assert b"\x00\x00\x00\x01" + b"1" + b"\x00\x00\x00\x03" + b"[1]" in found.tuples
    assert found.tuples.count(b"\xff\xff\xff\xff") == 2 + 3


def test_two_keys_of_one_flattened_name_reject_the_record():
    found = read(b'[{"a":{"b":1},"a_b":2},{"a":{"b":1,"b":2}}]', "a_b", separator="_")
    assert found.rejected == [(1, "key_twice", b'{"a":{"b":1},"a_b":2}')]
    assert found.records == [b'{"a":{"b":1,"b":2}}']


def test_flattened_keys_that_the_plan_does_not_know_are_reported_with_their_names():
    encoder = JsonEncoder(plan_of("a", unknown_keys="evolve"), separator=".")
    chunk, _ = encoder.feed(b'[{"a":1,"b":{"c":{"d":5}}}]', True)
    assert chunk.unknown_keys == {"b.c.d": "5"}


@pytest.mark.parametrize(("key", "code"), [(rb"x\u0000", "nul_character"), (rb"\ud800", "invalid_utf8")])
def test_a_key_that_can_name_no_column_rejects_the_record_instead_of_losing_its_value(key, code):
    text = b'[{"a":1},{"a":2,"%s":3},{"a":4,"%s":5}]' % (key, key)
    found = read(text, plan=plan_of("a", unknown_keys="evolve"))
    assert found.records == [b'{"a":1}']
    assert [(line, reason) for line, reason, _ in found.rejected] == [(1, code)] * 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
    max_leaves=6,
)
objects = st.lists(st.dictionaries(st.sampled_from(["a", "b", "ü"]), values, max_size=3), max_size=6)


@given(objects, st.sampled_from([None, 0, 2]), st.booleans(), st.integers(1, 40))
@settings(max_examples=150)
def test_whatever_python_writes_is_read_as_it_is(made, indent, is_array, step):
    parts = [json.dumps(value, ensure_ascii=step % 2 == 0, indent=indent) for value in made]
    text = json.dumps(made, ensure_ascii=step % 2 == 0, indent=indent) if is_array else "\n".join(parts)
    found = read(text.encode(), "a", "b", step=step)
    assert not found.rejects
    assert [json.loads(record) for record in found.records] == made
    ends = [text.encode()[:offset].count(b"\n") + 1 for offset in offsets(text.encode(), found.records)]
    assert found.lines == ends


def offsets(text: bytes, records: list[bytes]) -> list[int]:
    at, places = 0, []
    for record in records:
        places.append(text.index(record, at))
        at = places[-1] + len(record)
    return places


@given(objects.filter(len), st.sampled_from([None, 2]), st.booleans(), st.data())
@settings(max_examples=300)
def test_damage_costs_what_it_hits_whatever_the_blocks_are(made, indent, by_lines, data):
    separator = b",\n" if by_lines else b", "
    text = bytearray(b"[\n" + separator.join(json.dumps(v, indent=indent).encode() for v in made) + b"\n]\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b"0", b"-", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\xff"]
            )
        )
    whole = outcome(bytes(text), 1 << 20)
    assert outcome(bytes(text), data.draw(st.integers(1, 20))) == whole
    if isinstance(whole, Read):
        is_json = python_takes(bytes(text))
        assert not is_json or not [r for r in whole.rejects if r.code in {"invalid_json", "missing_comma"}]
        assert is_json or whole.rejects or not text.strip()
        # Nothing is lost silently: every byte is white space, a comma, a bracket, a record or a reject.
        left = bytearray(text)
        for reject in whole.rejects:
            left[reject.byte_offset : reject.byte_offset + reject.byte_length] = b" " * reject.byte_length
        for place, record in zip(whole.places, whole.records, strict=True):
            left[place : place + len(record)] = b" " * len(record)
        assert not bytes(left).strip(b" \t\r\n,[]{}")


@dataclass
class Placed(Read):
    places: list[int] = field(default_factory=list)


def outcome(text: bytes, step: int) -> Placed | str:
    encoder = JsonEncoder(plan_of("a", "b"))
    out, start, end = Placed(), 0, 0
    try:
        while end < len(text):
            end = min(end + step, len(text))
            chunk, consumed = encoder.feed(text[start:end], end == len(text))
            out.records += [chunk.index.raw(i) for i in range(chunk.rows)]
            out.places += chunk.index.byte_offsets
            out.lines += chunk.index.line_numbers
            out.rejects += chunk.rejects
            start += consumed
    except FormatError as error:
        return str(error)
    return out


def python_takes(text: bytes) -> bool:
    try:
        json.loads(text.decode(), parse_constant=lambda word: json.loads("x" + word))
    except ValueError:
        return False
    return True
