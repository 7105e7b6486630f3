from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import FormatError
from loadstone.readers.encodings import Encoding, Transcoder, detect_encoding


class Bytes(io.BytesIO):
    """A stream that hands out `step` bytes at a time, whatever is asked for."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self.step = step

    def read(self, size: int = -1, /) -> bytes:
        return super().read(min(size, self.step) if size >= 0 else self.step)


def transcoded(data: bytes, encoding: str, step: int = 3) -> bytes:
    transcoder = Transcoder(Bytes(data, step), encoding)
    return b"".join(iter(lambda: transcoder.read(step), b""))


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be"])
def test_bug_utf_32_was_taken_for_utf_16(encoding: str) -> None:
    with pytest.raises(FormatError, match="the text is UTF-32"):
        detect_encoding("\ufeffa,b".encode(encoding), None)


@pytest.mark.parametrize("configured", [None, "utf-8", "latin-1", "utf-16-be"])
def test_a_byte_order_mark_tells_whatever_is_configured(configured):
    assert detect_encoding(b"\xef\xbb\xbfa,b", configured) == Encoding("utf-8", 3)
    assert detect_encoding("\ufeffa,b".encode("utf-16-le"), configured) == Encoding("utf-16-le", 2)
    assert detect_encoding("\ufeffa,b".encode("utf-16-be"), configured) == Encoding("utf-16-be", 2)


def test_without_a_mark_the_configuration_counts():
    for name in ("utf-8", "latin-1", "cp1252", "utf-16-le", "utf-16-be"):
        assert detect_encoding(b"a\x00b\x00", name) == Encoding(name, is_decided=False)


def test_utf_16_without_a_mark_is_told_by_its_zero_bytes():
    for configured in (None, "utf-16"):
        assert detect_encoding("name,größe\n".encode("utf-16-le"), configured).name == "utf-16-le"
        assert detect_encoding("name,größe\n".encode("utf-16-be"), configured).name == "utf-16-be"


def test_everything_else_is_utf_8():
    for head in (b"", b"a", b"a,b\n1,2\n", "größe".encode(), b"\x00\x00\x00\x00", b"a\x00b,c\n"):
        assert detect_encoding(head, None) == Encoding("utf-8")


@given(st.text(), st.sampled_from(["utf-16-le", "utf-16-be"]), st.integers(1, 7))
def test_utf_16_arrives_as_utf_8_wherever_the_blocks_are_cut(text, encoding, step):
    assert transcoded(text.encode(encoding), encoding, step) == text.encode()


@given(st.binary(), st.integers(1, 7))
def test_every_byte_of_latin_1_is_a_character(data, step):
    assert transcoded(data, "latin-1", step) == data.decode("latin-1").encode()


def test_what_cannot_be_decoded_becomes_a_byte_that_no_utf_8_holds():
    assert transcoded(b"a\x81b\x80", "cp1252") == b"a\xffb" + "€".encode()
    assert transcoded(b"a\x00\x00\xd8b\x00", "utf-16-le") == b"a\xffb"
    assert transcoded(b"a\x00b", "utf-16-le") == b"a\xff"


def test_bytes_already_taken_from_the_stream_come_first():
    transcoder = Transcoder(Bytes(b"\xe4", 10), "latin-1", head=b"\xfc")
    assert transcoder.read(10) + transcoder.read(10) == "üä".encode()
    assert transcoder.read(10) == b""
