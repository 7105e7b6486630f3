"""Text in other encodings than UTF-8, read at any place."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.reader_files import Stream
from loadstone.readers.encodings import Transcoder
from loadstone.readers.recoded import RecodedText

WIDE = ("utf-16-le", "utf-16-be")
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def recoded(data: bytes, encoding: str, mark: int = 0) -> tuple[RecodedText, Transcoder]:
    transcoder = Transcoder(Stream(data[mark:], 7), encoding)

    def read_ranges(ranges: object) -> list[bytes]:
        return [data[offset : offset + size] for offset, size in ranges]  # type: ignore[attr-defined]

    return RecodedText(read_ranges, encoding, mark, transcoder), transcoder


def all_of(transcoder: Transcoder) -> bytes:
    return b"".join(iter(lambda: transcoder.read(5), b""))


@given(TEXTS, st.sampled_from(WIDE), st.integers(0, 120), st.integers(0, 120))
def test_a_piece_of_utf_16_is_the_text_that_stands_there_whole_characters_of_it(
    text: str, encoding: str, offset: int, size: int
) -> None:
    data = text.encode(encoding)
    (piece,) = recoded(data, encoding)[0].read([(offset, size)])
    # What is left of a character whose first half is missing cannot be told, and is never taken for text.
    found = piece.decode("utf-8", "surrogateescape").removeprefix("\udcff")
    assert found in text
    assert len(found.encode(encoding)) >= min(size, len(data) - offset) - 4


@given(st.binary(max_size=80), st.sampled_from(["latin-1", "cp1252"]), st.integers(0, 90), st.integers(0, 90))
def test_a_piece_of_single_bytes_is_as_the_whole_text_has_it(
    data: bytes, encoding: str, offset: int, size: int
) -> None:
    (piece,) = recoded(data, encoding)[0].read([(offset, size)])
    whole = all_of(Transcoder(Stream(data), encoding)).decode("utf-8", "surrogateescape")
    assert piece.decode("utf-8", "surrogateescape") == whole[offset : offset + size]


@given(TEXTS, TEXTS, st.sampled_from(WIDE), st.booleans())
def test_a_text_ends_where_its_tail_was_cut_off(text: str, tail: str, encoding: str, has_mark: bool) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}[encoding] if has_mark else b""
    data = mark + (text + tail).encode(encoding)
    stored, transcoder = recoded(data, encoding, len(mark))
    assert stored.stored_size(tail.encode()) == len(tail.encode(encoding))
    assert stored.cut(tail.encode(), len(data))
    assert all_of(transcoder) == text.encode()


@given(st.binary(max_size=60), st.binary(max_size=30))
def test_bytes_that_are_no_text_count_as_what_they_are(data: bytes, tail: bytes) -> None:
    stored, transcoder = recoded(data + tail, "cp1252")
    (as_text,) = stored.read([(len(data), len(tail))])
    assert stored.cut(as_text, len(data + tail))
    assert all_of(transcoder) == all_of(Transcoder(Stream(data), "cp1252"))


@pytest.mark.parametrize(("data", "tail"), [("ab".encode("utf-16-le"), b"ab"), (b"a\0b", b"")])
def test_what_was_read_already_or_ends_within_a_character_is_not_cut(data: bytes, tail: bytes) -> None:
    stored, transcoder = recoded(data, "utf-16-le")
    assert transcoder.read(2) == b"a"
    assert not stored.cut(tail, len(data))
    assert all_of(transcoder)[:1] in {b"b", b"\xff"}


@given(TEXTS)
def test_where_characters_take_one_byte_or_several_the_stored_size_is_counted_in_bytes(text: str) -> None:
    data = text.encode("gb18030")
    stored, _ = recoded(data, "gb18030")
    assert stored.stored_size(text.encode()) == len(data)


def test_nothing_is_cut_where_a_tail_holds_bytes_that_are_no_character() -> None:
    data = "1,表\nTotal: 示\n".encode("cp932")
    stored, transcoder = recoded(data, "cp932")
    assert not stored.cut(b"Total: \xff\n", len(data))
    assert stored.cut("Total: 示\n".encode(), len(data))
    assert all_of(transcoder) == "1,表\n".encode()
