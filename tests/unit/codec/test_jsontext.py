from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.codec.jsontext import MAX_DEPTH, json_error, jsonb_error

SUITE = Path(__file__).parents[2] / "data" / "json-test-suite" / "test_parsing"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def python_takes(text: bytes) -> bool:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(text.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


def suite(prefix: str) -> list[Path]:
    return sorted(SUITE.glob(f"{prefix}_*.json"))


def test_the_suite_is_whole():
    assert [len(suite(prefix)) for prefix in "yni"] == [95, 188, 35]


@pytest.mark.parametrize("path", suite("y"), ids=lambda path: path.stem)
def test_what_json_allows_is_accepted(path):
    assert json_error(path.read_bytes()) is None


@pytest.mark.parametrize("path", suite("n"), ids=lambda path: path.stem)
def test_what_json_forbids_is_refused_at_a_place_inside_the_text(path):
    text = path.read_bytes()
    position = json_error(text)
    assert position is not None
    assert 0 <= position <= len(text)


@pytest.mark.parametrize("path", suite("i"), ids=lambda path: path.stem)
def test_what_json_leaves_open_is_answered_and_jsonb_takes_no_more_than_json(path):
    text = path.read_bytes()
    if jsonb_error(text) is None:
        assert json_error(text) is None
    if json_error(text) is None:
        text.decode("utf-8")


@given(json_values, st.sampled_from([None, 1]), st.booleans())
def test_what_python_writes_is_accepted(value, indent, ascii_only):
    assert json_error(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()) is None


@given(json_values, st.data())
@settings(max_examples=300)
def test_a_damaged_text_is_judged_as_python_judges_it(value, data):
    text = bytearray(json.dumps(value, ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b"0", b"-", b".", b"e", b'"', b"\\", b"{", b"]", b",", b":", b" ", b"\x00", b"\xff"]
            )
        )
    assert (json_error(bytes(text)) is None) == python_takes(bytes(text))


@given(st.binary(max_size=12))
def test_utf_8_is_judged_as_python_judges_it(inside):
    text = b'"' + inside.replace(b'"', b"").replace(b"\\", b"") + b'"'
    assert (json_error(text) is None) == python_takes(text)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        (b"", 0),
        (b"   ", 3),
        (b"nul", 0),
        (b"[1,]", 3),
        (b"[1 2]", 3),
        (b'{"a":1,}', 7),
        (b'{"a" 1}', 5),
        (b"01", 1),
        (b"1.", 2),
        (b"1e", 2),
        (b"-", 1),
        (b'"a\tb"', 2),
        (b'"\\x"', 1),
        (b'"\\u12g4"', 1),
        (b'"open', 5),
        (b"1 1", 2),
        (b"\xef\xbb\xbf1", 0),
    ],
)
def test_the_place_of_the_fault_is_told(text, position):
    assert json_error(text) == position


def test_nesting_ends_at_the_limit():
    assert json_error(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is None
    assert json_error(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)) == MAX_DEPTH
    assert json_error(b'{"a":' * 100_000) == 5 * MAX_DEPTH


@pytest.mark.parametrize(
    "text",
    [
        rb'"\u0000"',
        rb'{"a\u0000": 1}',
        rb'"\ud800"',
        rb'"\udc00"',
        rb'"\ud800\u0041"',
        rb'"\ud83dxxxxxx"',
        b"1e131072",
        b"-1e9999999999",
        b"1e-16384",
        b"0e-16384",
        b"0." + b"1" * 16_384,
    ],
)
def test_jsonb_refuses_what_it_cannot_hold_and_json_takes_it(text):
    assert json_error(text) is None
    assert jsonb_error(text) is not None


@pytest.mark.parametrize(
    "text",
    [rb'"\ud83d\ude00"', b"1e131071", b"0.00001e131076", b"1e-16383", b"0e9999", b"12.5E+3", b"9" * 131_072],
)
def test_jsonb_takes_numbers_as_far_as_numeric_goes(text):
    assert jsonb_error(text) is None
