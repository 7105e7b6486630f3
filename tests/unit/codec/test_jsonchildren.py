"""Elements of lists as rows of their own, beside those of their records."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.codec_cells import column, plan_of, tuples_of
from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.codec.jsonmembers import read_elements
from loadstone.codec.jsonstream import JsonEncoder
from loadstone.model.batch import Chunk
from loadstone.model.contract import ChildPlan, LoadPlan

ID = column("integer", "id")
XS = ChildPlan("xs", "xs", plan_of(column("integer", "n"), column("text", "t")))
YS = ChildPlan("ys", "ys", plan_of(column("text")), takes_values=True)


def parent(*children: ChildPlan, **more: Any) -> LoadPlan:
    return plan_of(ID, children=children, **more)


def encode(plan: LoadPlan, *records: str) -> Chunk:
    chunk, _ = JsonLinesEncoder(plan).feed("\n".join(records).encode(), True)
    return chunk


def rows(chunk: Chunk) -> list[tuple[Any, ...]]:
    """Row of the record, place in the list, and what follows."""
    return [
        (*struct.unpack(">qi", (row or b"") + (place or b"")), *fields)
        for row, place, *fields in tuples_of(bytes(chunk.tuples))
    ]


def test_each_element_has_the_number_of_its_record_and_its_place() -> None:
    chunk = encode(parent(XS, YS), '{"id": 1, "xs": [{"n": 5}, {"t": "é"}], "ys": ["a", null]}', '{"id": 2}')
    of_xs, of_ys = chunk.children
    assert rows(of_xs) == [(1, 0, b"\0\0\0\5", None), (1, 1, None, "é".encode())]
    assert rows(of_ys) == [(1, 0, b"a"), (1, 1, None)]
    assert (chunk.rows, of_xs.records, of_ys.records) == (2, 2, 2)


@pytest.mark.parametrize("value", ["[]", "[ ]", "null"])
def test_nothing_in_a_list_is_no_row(value: str) -> None:
    chunk = encode(parent(XS), f'{{"xs": {value}, "id": 1}}')
    assert (chunk.rows, chunk.children[0].records) == (1, 0)


def test_what_is_no_list_is_its_only_element() -> None:
    chunk = encode(parent(XS, YS), '{"id": 1, "xs": {"n": 1}, "ys": "a\\u00e9"}')
    assert rows(chunk.children[0]) == [(1, 0, b"\0\0\0\1", None)]
    assert rows(chunk.children[1]) == [(1, 0, "aé".encode())]


def test_an_element_that_does_not_fit_rejects_its_record_and_all_that_it_holds() -> None:
    bad = '{"id": 2, "ys": ["gone"], "xs": [{"n": 1}, {"n": "x", "t": {}}]}'
    chunk = encode(parent(XS, YS), '{"id": 1, "xs": [{"n": 1}]}', bad, '{"id": 3, "ys": ["b"]}')
    assert (chunk.records, chunk.rows) == (3, 2)
    assert [row[:2] for row in rows(chunk.children[0])] == [(1, 0)]
    assert rows(chunk.children[1]) == [(3, 0, b"b")]
    assert [child.records for child in chunk.children] == [1, 1]
    (reject,) = chunk.rejects
    assert (reject.row_number, reject.column, reject.code) == (2, "xs[1].n", "not_an_integer")
    assert reject.raw.strip() == bad.encode()


def test_what_fails_in_the_record_itself_is_told_first() -> None:
    chunk = encode(parent(XS, YS), '{"id": "x", "xs": [3], "ys": [{"a": 1}]}')
    (reject,) = chunk.rejects
    assert (reject.column, reject.code) == ("id", "not_an_integer")
    assert [other[:2] for other in reject.others] == [("xs[0]", "not_an_object")]
    assert [child.rows for child in chunk.children] == [0, 0]


def test_a_record_that_is_left_out_takes_its_elements_along() -> None:
    plan = parent(XS, unknown_keys="discard_row")
    chunk = encode(plan, '{"id": 1, "more": 1, "xs": [{"n": 1}, {"n": "x"}]}', '{"id": 2, "xs": [{"n": 2}]}')
    assert (chunk.discarded, len(chunk.rejects)) == (1, 0)
    assert [row[:2] for row in rows(chunk.children[0])] == [(2, 0)]


def test_keys_of_elements_that_nobody_knows_are_told_apart_from_those_of_records() -> None:
    child = ChildPlan("xs", "xs", plan_of(column("integer", "n"), unknown_keys="evolve"))
    chunk = encode(parent(child, unknown_keys="evolve"), '{"id": 1, "a": 2, "xs": [{"n": 1, "b": "c"}]}')
    assert (chunk.unknown_keys, chunk.children[0].unknown_keys) == ({"a": "2"}, {"b": '"c"'})


def test_elements_are_traced_to_their_records() -> None:
    child = ChildPlan("xs", "xs", plan_of(column("integer", "n"), trace=True))
    bad = '{"id": 1, "xs": [{"n": 1}, {"n": "x"}]}'
    chunk = encode(parent(child), bad, '{"id": 2, "xs": [{"n": 1}, {"n": 2}]}')
    index = chunk.children[0].index
    assert index is not None
    assert (list(index.line_numbers), list(index.byte_offsets)) == ([2, 2], [0, 1])
    assert index.tuple_ends[-1] == len(chunk.children[0].tuples)


ELEMENTS = st.lists(
    st.fixed_dictionaries({"n": st.integers(-9, 9), "t": st.text('aé\\"\n,]', max_size=4)}), max_size=5
)


@given(
    st.lists(st.tuples(ELEMENTS, st.lists(st.text('aé"[', max_size=3), max_size=4)), min_size=1, max_size=8),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_records_and_elements_make_the_document_again(
    documents: list[tuple[list[dict[str, Any]], list[str]]], is_ascii: bool, indent: int | None
) -> None:
    records = [{"xs": xs, "id": n, "ys": ys} for n, (xs, ys) in enumerate(documents)]
    text = json.dumps(records, ensure_ascii=is_ascii, indent=indent).encode()
    chunk, _ = JsonEncoder(parent(XS, YS)).feed(text, True)
    made: list[dict[str, Any]] = [{"xs": [], "id": n, "ys": []} for n in range(chunk.rows)]
    for row, place, number, words in rows(chunk.children[0]):
        assert place == len(made[row - 1]["xs"])
        made[row - 1]["xs"].append({"n": struct.unpack(">i", number)[0], "t": words.decode()})
    for row, place, value in rows(chunk.children[1]):
        assert place == len(made[row - 1]["ys"])
        made[row - 1]["ys"].append(value.decode())
    assert made == records


@given(st.lists(st.recursive(st.integers() | st.text(max_size=3), st.lists, max_leaves=4), max_size=5))
def test_the_elements_of_a_list_are_found_as_they_are_written(values: list[Any]) -> None:
    text = json.dumps(values, separators=(" , ", ":"))
    assert [json.loads(element) for element in read_elements(text.encode())] == values
