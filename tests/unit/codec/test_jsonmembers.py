from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from loadstone.codec.jsonkeys import UNKNOWN, KeyTable
from loadstone.codec.jsonmembers import Member, read_members
from loadstone.codec.jsonstrings import decoded


def test_a_member_keeps_its_kind_and_its_text():
    line = (
        rb' {"s": "a\n\"b\"", "n": -1.50e3, "t": true, "f":false, "z": null, "o": {"a": [1, 2]}, "l": [ ]} '
    )
    found = read_members(line)
    assert found is not None
    assert {name: (member.kind, member.text) for name, member in found.items()} == {
        "s": ("string", 'a\n"b"'),
        "n": ("number", "-1.50e3"),
        "t": ("boolean", "true"),
        "f": ("boolean", "false"),
        "z": ("null", None),
        "o": ("nested", '{"a": [1, 2]}'),
        "l": ("nested", "[ ]"),
    }


def test_of_a_key_that_comes_twice_the_last_value_counts():
    assert read_members(rb'{"a": 1, "\u0061": 2}') == {"a": Member("number", "2")}


def test_what_is_no_object_has_no_members():
    for line in (b"", b"[]", b"1", b'{"a":1', b'{"a":1} x', b'{"a":1}{"b":2}', b"{a:1}", b'{"a":tru}'):
        assert read_members(line) is None
    assert read_members(b"{ }") == {}


def test_half_a_surrogate_pair_is_no_text():
    assert read_members(rb'{"\ud800": 1, "b": "\ud800"}') == {"b": Member("string", r'"\ud800"')}
    assert read_members(rb'{"b": "\ud800"}')["b"].text == r'"\ud800"'


@given(
    st.dictionaries(
        st.text(max_size=5).filter(lambda key: "\0" not in key),
        st.text() | st.integers() | st.lists(st.text()),
        max_size=8,
    ),
    st.booleans(),
)
def test_members_are_those_that_python_reads(value, ascii_only):
    found = read_members(json.dumps(value, ensure_ascii=ascii_only).encode())
    assert found is not None
    assert {name: json.loads(member.raw) for name, member in found.items()} == value
    assert {name: member.text for name, member in found.items() if member.kind == "string"} == {
        name: text for name, text in value.items() if isinstance(text, str)
    }


@given(st.text(), st.booleans())
def test_strings_are_decoded_as_python_decodes_them(text, ascii_only):
    assert decoded(json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()) == text


@given(st.text(alphabet=r"\u0d89f/bnrt", max_size=30))
def test_escapes_are_decoded_as_python_decodes_them(inside):
    try:
        expected = json.loads(f'"{inside}"')
        expected.encode()
    except UnicodeEncodeError:
        expected = None
    except ValueError:
        return
    assert decoded(inside.encode()) == expected


@given(st.sets(st.binary(max_size=4)), st.lists(st.binary(max_size=4)))
def test_a_key_table_finds_what_it_was_given_and_nothing_else(names, others):
    numbers = {name: number for number, name in enumerate(names)}
    table = KeyTable(numbers)
    assert all(table.get(name) == number for name, number in numbers.items())
    assert all(table.get(name) == numbers.get(name, UNKNOWN) for name in others)
    for name in others:
        table.add(name, -1)
    assert all(table.get(name) == -1 for name in others)
