"""What the codec noted as numbers becomes rejects: each with its own reasons, its place and its text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fixtures.codec_cells import column
from loadstone.codec.codes import ABOVE_MAXIMUM, CODES, NOT_AN_INTEGER, REQUIRED, TOO_FEW_CELLS, TOO_LONG
from loadstone.codec.rejects import Sentences, build_rejects
from loadstone.model.batch import RAW_LIMIT, Reject

COLUMNS = [column("integer", "a"), column("character varying(3)", "b")]
LIMITS = {(-1, TOO_FEW_CELLS): 11, (1, TOO_LONG): 3, (0, ABOVE_MAXIMUM): "9"}

Note = tuple[int, int, bytes, int]

NOTES = st.tuples(
    st.integers(-1, 1),
    st.sampled_from(sorted(CODES)),
    st.sampled_from([b"", b"abc", b"{value}", b"\0v", b"\0d", b"\xff", "é\u202e".encode()])
    | st.binary(max_size=90),
    st.integers(0, 10_000),
)


def new_sentences() -> Sentences:
    return Sentences(COLUMNS, LIMITS)


def found(records: list[list[Note]]) -> tuple[list[int], list[int], bytes]:
    """Records of ten bytes, one per line, with these notes, as `Findings.take` gives them."""
    places: list[int] = []
    notes: list[int] = []
    values = bytearray()
    for position, noted in enumerate(records):
        for of_column, code, value, detail in noted:
            notes += [of_column, code, len(values), len(values) + len(value), detail]
            values += value
        places += [position + 1, position + 2, 100 + 10 * position, 10, len(notes) // 5]
    return places, notes, bytes(values)


def built(records: list[list[Note]]) -> list[Reject]:
    text = b"".join(b"%09d\n" % position for position in range(len(records)))
    return build_rejects(found(records), new_sentences(), memoryview(text), 100, {})


@given(st.lists(st.lists(NOTES, min_size=1, max_size=4), max_size=8))
def test_each_reject_has_the_reasons_noted_for_its_record_in_order(records: list[list[Note]]) -> None:
    rejects = built(records)
    assert len(rejects) == len(records)
    for position, (reject, noted) in enumerate(zip(rejects, records, strict=True)):
        first, *further = [new_sentences().of(*note) for note in noted]
        assert (reject.column, reject.code, reject.reason) == first
        assert reject.others == tuple((name or "", code, reason) for name, code, reason in further)
        assert reject[:4] == (position + 1, position + 2, 100 + 10 * position, 10)
        assert reject.raw == b"%09d\n" % position


def test_a_sentence_names_the_value_the_number_and_the_limit() -> None:
    (reject,) = built([[(1, TOO_LONG, b"abcd", 1234), (0, REQUIRED, b"", 0)]])
    assert (reject.column, reject.code) == ("b", "too_long")
    assert reject.reason == "'abcd' has 1,234 characters, character varying(3) holds 3"
    assert reject.others == (("a", "required", "there is no value, and the column requires one"),)


def test_a_value_that_looks_like_a_placeholder_is_shown_as_it_is() -> None:
    sentences = new_sentences()
    assert sentences.of(0, NOT_AN_INTEGER, b"{value}", 0)[2] == "'{value}' is not an integer"
    assert sentences.of(1, TOO_LONG, b"\0d\0v", 4)[2].startswith("'\\x00d\\x00v' has 4 characters")


def test_many_different_values_each_get_their_own_sentence_again_and_again() -> None:
    sentences = new_sentences()
    for _ in range(2):
        for number in range(3_000):
            reason = sentences.of(0, NOT_AN_INTEGER, b"x%d" % number, 0)
            assert reason == ("a", "not_an_integer", f"'x{number}' is not an integer")
            assert sentences.of(0, ABOVE_MAXIMUM, b"10", 0)[2] == "'10' is above the maximum of 9"


def test_raw_text_is_capped_and_taken_from_elsewhere_where_the_block_lacks_it() -> None:
    text = b"x" * (RAW_LIMIT + 10)
    places = [1, 2, 0, len(text), 1, 2, 3, 7, 3, 2]
    notes = [-1, TOO_FEW_CELLS, 0, 0, 1] * 2
    first, second = build_rejects((places, notes, b""), new_sentences(), memoryview(text), 0, {2: b"kept"})
    assert (first.byte_length, first.raw) == (RAW_LIMIT + 10, b"x" * RAW_LIMIT)
    assert (second.byte_length, second.raw) == (3, b"kept")
