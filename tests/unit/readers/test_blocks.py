from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.model.batch import Chunk
from loadstone.readers import blocks as module
from loadstone.readers.blocks import Blocks, count_lines


class Lines:
    """An encoder whose chunks hold the complete lines; lines beyond `longest` are taken in pieces."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.largest = 0

    def feed(self, text: memoryview, final: bool) -> tuple[Chunk, int]:
        data = bytes(text)
        self.largest = max(self.largest, len(data))
        end = len(data) if final or len(data) > self.longest else data.rfind(b"\n") + 1
        return Chunk(data[:end], 0, records=data[:end].count(b"\n"), bytes_read=end), end


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_SIZE", 16)


@given(st.lists(st.binary(max_size=60)))
@settings(max_examples=200)
def test_every_byte_reaches_the_codec_once_and_in_order(lines):
    text = b"\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_SIZE", 16)
        encoder = Lines(longest=100)
        chunks = [bytes(chunk.tuples) for chunk in Blocks(io.BytesIO(text), 100).encode(encoder)]
    assert b"".join(chunks) == text


def test_the_buffer_grows_with_a_long_record_but_not_beyond_the_limit():
    encoder = Lines(longest=1000)
    text = b"x" * 100_000 + b"\nshort\n"
    assert b"".join(bytes(c.tuples) for c in Blocks(io.BytesIO(text), 1000).encode(encoder)) == text
    assert 1000 < encoder.largest <= 1016


def test_the_head_is_replayed_and_what_is_skipped_is_not():
    blocks = Blocks(io.BytesIO(b"header\n1\n2\n3\n4\n5\n6\n7\n"), 1000)
    assert bytes(blocks.head) == b"header\n1\n2\n3\n4\n5"[:16]
    assert not blocks.is_at_end
    blocks.skip(7)
    assert blocks.extend()
    assert bytes(blocks.head) == b"1\n2\n3\n4\n5\n6\n7\n"
    assert blocks.is_at_end
    assert not blocks.extend()
    chunks = blocks.encode(Lines(1000))
    assert b"".join(bytes(chunk.tuples) for chunk in chunks) == b"1\n2\n3\n4\n5\n6\n7\n"


def test_lf_crlf_and_cr_each_end_a_line():
    assert count_lines(b"a\nb\r\nc\rd\r\r\n\n") == 6
    assert count_lines(memoryview(b"")) == 0
