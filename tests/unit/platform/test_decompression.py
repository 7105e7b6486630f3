"""Compressed bytes become the bytes that were compressed, or a clear error."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loadstone.errors import CompressionError, DecompressionBomb, SourceUnavailable
from loadstone.platform import decompression
from loadstone.platform.decoders import detect
from loadstone.platform.decompression import DecompressedStream, decompress

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"%d,%d,row\n" % (i, i * i % 9973) for i in range(120_000))


class Stored:
    """Stored bytes, handed out in pieces of at most `piece`."""

    def __init__(self, body: bytes, piece: int = 1 << 30) -> None:
        self._file = io.BytesIO(body)
        self._piece = piece
        self.is_closed = False

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._piece))

    def close(self) -> None:
        self.is_closed = True


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


def content(stream: DecompressedStream) -> bytes:
    return b"".join(iter(lambda: bytes(stream.read(1 << 20)), b""))


def inflated(body: bytes, *, max_ratio: int = 200, piece: int = 1 << 30) -> bytes:
    stream = decompress(Stored(body, piece), max_ratio=max_ratio)
    try:
        return content(stream)
    finally:
        stream.close()


# Cached: they take longer than what they are made for.
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": cache(lambda body: gzip.compress(body, 1)),
    "zstd": cache(zstd.compress),
    "bzip2": cache(lambda body: bz2.compress(body, 1)),
    "xz": cache(lambda body: lzma.compress(body, preset=0)),
    "zip": cache(lambda body: zipped({"data.csv": body})),
}
MANY_MEMBERS = [name for name in COMPRESSORS if name != "zip"]


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def inflater(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """gzip is inflated by isal where that is installed, else by zlib: both are asked everything."""
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    return


@pytest.mark.parametrize("piece", [1 << 30, 70_001])
@pytest.mark.parametrize("read_ahead", [3, 0])
@pytest.mark.parametrize("name", COMPRESSORS)
def test_each_compression_is_told_by_its_content(name: str, piece: int, read_ahead: int) -> None:
    body = COMPRESSORS[name](TEXT)
    stored = Stored(body, piece)
    stream = decompress(stored, max_ratio=200, read_ahead=read_ahead)
    assert stream.compression == name
    assert content(stream) == TEXT
    assert bytes(stream.read(1)) == b""
    assert stream.bytes_read == len(body)
    stream.close()
    assert stored.is_closed


@pytest.mark.parametrize(
    "body", [b"", b"a", b"id,name\n1,x\n", b"BZh9 is no bzip2\n", b"PK", b"\xff\xfei\x00d\x00", TEXT]
)
def test_what_is_not_compressed_stays_as_it_is(body: bytes) -> None:
    stream = decompress(Stored(body), max_ratio=1)
    assert stream.compression is None
    assert content(stream) == body
    assert stream.bytes_read == len(body)


@pytest.mark.parametrize("name", MANY_MEMBERS)
@pytest.mark.parametrize("piece", [1 << 30, 1])
def test_members_one_after_the_other_are_one_file(name: str, piece: int) -> None:
    compress = COMPRESSORS[name]
    parts = [b"a,b\n", b"", TEXT[:10_000], b"last"]
    assert inflated(b"".join(map(compress, parts)), piece=piece) == b"".join(parts)


@pytest.mark.parametrize("name", MANY_MEMBERS)
def test_zero_bytes_after_the_end_are_padding(name: str) -> None:
    assert inflated(COMPRESSORS[name](b"abc") + bytes(4096)) == b"abc"


@pytest.mark.parametrize("name", MANY_MEMBERS)
def test_anything_else_after_the_end_is_refused_with_its_place(name: str) -> None:
    body = COMPRESSORS[name](b"abc")
    with pytest.raises(CompressionError, match=f"compressed byte {len(body)} "):
        inflated(body + b"and then some")


@pytest.mark.parametrize("name", COMPRESSORS)
@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_truncated_file_is_refused_and_never_read_as_a_shorter_one(name: str, share: float) -> None:
    body = COMPRESSORS[name](TEXT)
    with pytest.raises(CompressionError) as caught:
        inflated(body[: max(16, int(len(body) * share))])
    assert "cut off" in str(caught.value.hint)


@pytest.mark.parametrize("name", MANY_MEMBERS)
def test_a_second_member_of_which_only_the_beginning_is_there_is_truncated(name: str) -> None:
    body = COMPRESSORS[name](b"abc")
    with pytest.raises(CompressionError, match="ends too early"):
        inflated(body + body[:2])


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zip"])
def test_a_damaged_file_is_refused_by_its_checksum(name: str) -> None:
    body = bytearray(COMPRESSORS[name](TEXT))
    body[len(body) // 2] ^= 0x55
    with pytest.raises(CompressionError):
        inflated(bytes(body))


def test_a_damaged_zstd_frame_is_refused_by_its_checksum() -> None:
    body = bytearray(zstd.compress(TEXT, options={zstd.CompressionParameter.checksum_flag: 1}))
    body[len(body) // 2] ^= 0x55
    with pytest.raises(CompressionError, match="at or before compressed byte"):
        inflated(bytes(body))


def test_a_zstd_window_beyond_128_mib_is_refused() -> None:
    window_of_256_mib = bytes([(28 - 10) << 3])
    with pytest.raises(CompressionError, match="zstd"):
        inflated(b"\x28\xb5\x2f\xfd\x00" + window_of_256_mib + b"\x01\x00\x00")


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_bomb_stops_at_the_ratio_and_not_before_the_floor(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decompression, "RATIO_FLOOR", 2_000_000)
    body = COMPRESSORS[name](bytes(8_000_000))
    with pytest.raises(DecompressionBomb, match="more than 200 times") as caught:
        inflated(body)
    assert "max_compression_ratio" in str(caught.value.hint)
    assert inflated(body, max_ratio=1_000_000) == bytes(8_000_000)
    assert len(inflated(COMPRESSORS[name](bytes(1_900_000)))) == 1_900_000


def test_output_beyond_an_absolute_limit_is_a_bomb() -> None:
    with pytest.raises(DecompressionBomb, match="beyond 1,000"):
        content(decompress(Stored(gzip.compress(bytes(2000))), max_ratio=200, max_bytes=1000))


def test_a_bomb_is_never_inflated_at_once() -> None:
    stream = decompress(Stored(zstd.compress(bytes(50_000_000))), max_ratio=10**9, read_ahead=0)
    assert max(len(block) for block in iter(lambda: stream.read(1 << 30), b"")) <= 1 << 20


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "holds no file"),
        ({"a.csv": b"1", "b.csv": b"2"}, "holds 2 files: a.csv, b.csv"),
        (
            {f"{n}.csv": b"1" for n in range(1200)},
            r"holds 1,200 files: 0.csv, 1.csv, 2.csv, 3.csv, 4.csv, \.\.\.",
        ),
        ({"[Content_Types].xml": b"<", "xl/workbook.xml": b"<"}, "office document"),
    ],
)
def test_a_zip_archive_of_other_than_one_file_is_refused_by_name(
    members: dict[str, bytes], message: str
) -> None:
    with pytest.raises(CompressionError, match=message) as caught:
        inflated(zipped(members))
    assert caught.value.hint


def test_what_desktops_add_to_a_zip_archive_does_not_count() -> None:
    body = zipped({"sub/": b"", "sub/a.csv": b"1,2\n", "__MACOSX/sub/._a.csv": b"x", "sub/.DS_Store": b"x"})
    assert inflated(body) == b"1,2\n"


def test_an_encrypted_zip_archive_is_refused() -> None:
    body = bytearray(zipped({"a.csv": b"1"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + offset] |= 1
    with pytest.raises(CompressionError, match=r"a\.csv in the zip archive is encrypted"):
        inflated(bytes(body))


def test_a_zip_archive_larger_than_the_spools_memory_is_read() -> None:
    body = random.Random(1).randbytes(12_000_000)
    assert inflated(zipped({"a.bin": body}, zipfile.ZIP_STORED)) == body


@pytest.mark.parametrize("outer", ["gzip", "zip"])
def test_bug_a_file_that_was_compressed_twice_was_taken_for_text_in_another_encoding(outer: str) -> None:
    with pytest.raises(CompressionError, match=f"the {outer} data hold gzip data: it was compressed twice"):
        inflated(COMPRESSORS[outer](gzip.compress(b"id,v\n1,a\n")))


def test_an_error_of_the_source_comes_through_as_it_is() -> None:
    class Failing(Stored):
        def read(self, size: int, /) -> bytes:
            if data := super().read(min(size, 1000)):
                return data
            raise SourceUnavailable("the cable was cut")

    with pytest.raises(SourceUnavailable, match="cable"):
        content(decompress(Failing(os.urandom(5000)), max_ratio=200))


def test_closing_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    stream = decompress(Stored(gzip.compress(os.urandom(20_000_000), 1)), max_ratio=200)
    for _ in range(3):
        assert stream.readinto(bytearray(1024 * 1024)) == 1024 * 1024
    assert threading.active_count() == before + 1
    stream.close()
    stream.close()
    assert threading.active_count() == before


def test_small_files_start_no_thread() -> None:
    before = threading.active_count()
    stream = decompress(Stored(gzip.compress(b"1,2\n")), max_ratio=200)
    assert bytes(stream.read(100)) == b"1,2\n"
    assert bytes(stream.read(100)) == b""
    assert threading.active_count() == before


@pytest.mark.parametrize("name", [None, *COMPRESSORS])
def test_buffers_are_filled_to_the_brim_until_the_end(name: str | None) -> None:
    stream = decompress(Stored(COMPRESSORS[name](TEXT) if name else TEXT, 50_000), max_ratio=200)
    buffer = bytearray(1 << 20)
    sizes = list(iter(lambda: stream.readinto(buffer), 0))
    assert sum(sizes) == len(TEXT)
    assert set(sizes[:-1]) == {1 << 20}


@settings(max_examples=40)
@given(
    parts=st.lists(st.binary(max_size=2000), min_size=1, max_size=4),
    name=st.sampled_from(MANY_MEMBERS),
    piece=st.integers(1, 300),
    size=st.integers(1, 500),
)
def test_any_bytes_in_any_pieces_come_back(parts: list[bytes], name: str, piece: int, size: int) -> None:
    assume(detect(b"".join(parts)) is None)
    body = b"".join(COMPRESSORS[name](part) for part in parts)
    stream = decompress(Stored(body, piece), max_ratio=10**9)
    pieces = list(iter(lambda: bytes(stream.read(size)), b""))
    assert b"".join(pieces) == b"".join(parts)
    assert all(len(one) <= size for one in pieces)
    stream.close()
