"""Decoders of compressed streams behind one interface: that of `bz2.BZ2Decompressor`.

Each inflates one member (gzip), frame (zstd) or stream (bzip2, xz), with bounded output, GIL released.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

from msgspec import Struct

__all__ = ["MAGIC_LENGTH", "Compression", "Decoder", "detect", "inflater"]

#: zstd: the largest window accepted, 128 MiB, as the `zstd` tool does by default.
_ZSTD_WINDOW_LOG_MAX = 27

#: xz: the memory a stream may ask for; `xz -9` needs 65 MiB.
_XZ_MEMORY_LIMIT = 192 * 1024 * 1024


class Decoder(Protocol):
    """Inflates one member."""

    @property
    def eof(self) -> bool:
        """Whether the member's end, checksum included, was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more output takes more input."""

    @property
    def unused_data(self) -> bytes:
        """What follows the member's end in the input given so far."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Takes input, gives at most `max_length` bytes of output."""


class Compression(Struct, frozen=True):
    """A way of compressing.

    Attributes:
        name: as the ledger and messages call it.
        magics: what a member begins with; any of them.
        decoder: makes a fresh decoder for the next member.
        errors: what its decoder raises for corrupt input.
    """

    name: str
    magics: tuple[bytes, ...]
    decoder: Callable[[], Decoder]
    errors: tuple[type[Exception], ...]

    def begins(self, data: bytes) -> bool:
        """Whether a member begins here."""
        return data.startswith(self.magics)


class _ZlibDecoder:
    """What the standard library's zlib inflates, in the shape of the others."""

    def __init__(self, window_bits: int) -> None:
        self._inflate = zlib.decompressobj(window_bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        tail = self._inflate.unconsumed_tail
        out = self._inflate.decompress(tail + data if tail else data, max(max_length, 0))
        # A full output buffer may hide more: ask again before asking for input.
        self.needs_input = not self._inflate.unconsumed_tail and len(out) != max_length
        return out


def inflater(*, is_gzip: bool) -> tuple[Callable[[], Decoder], tuple[type[Exception], ...]]:
    """The decoder of gzip, or of bare deflated data, and what it raises of damaged ones.

    isal inflates two to three times as fast as zlib, which serves where isal is missing.
    """
    try:
        from isal import igzip_lib  # noqa: PLC0415
    except ImportError:
        window_bits = zlib.MAX_WBITS + 16 if is_gzip else -zlib.MAX_WBITS
        return partial(_ZlibDecoder, window_bits), (zlib.error, EOFError)
    flag = igzip_lib.DECOMP_GZIP if is_gzip else igzip_lib.DECOMP_DEFLATE
    corrupt: Any = igzip_lib.error  # its stub says that it is an instance
    return partial(igzip_lib.IgzipDecompressor, flag=flag), (corrupt, EOFError)


def _zstd() -> tuple[Callable[[], Decoder], tuple[type[Exception], ...]]:
    zstd: Any
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG_MAX}

    def decoder() -> Decoder:
        made: Decoder = zstd.ZstdDecompressor(options=options)
        return made

    return decoder, (zstd.ZstdError, EOFError)


def _xz_decoder() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_LIMIT)


_GZIP_MAGICS = (b"\x1f\x8b\x08",)
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + i]) + b"\x2a\x4d\x18" for i in range(16)))
_BZIP2_MAGICS = tuple(
    b"BZh%d" % level + block
    for level in range(1, 10)
    for block in (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
)
_XZ_MAGICS = (b"\xfd7zXZ\x00",)

#: Bytes needed to tell which it is.
MAGIC_LENGTH = 10


def detect(head: bytes) -> Compression | None:
    """The compression of a stream that begins with `head` (`MAGIC_LENGTH` bytes, fewer only at the end)."""
    if head.startswith(_GZIP_MAGICS):
        return Compression("gzip", _GZIP_MAGICS, *inflater(is_gzip=True))
    if head.startswith(_ZSTD_MAGICS):
        return Compression("zstd", _ZSTD_MAGICS, *_zstd())
    if head.startswith(_BZIP2_MAGICS):
        return Compression("bzip2", _BZIP2_MAGICS, bz2.BZ2Decompressor, (OSError, ValueError, EOFError))
    if head.startswith(_XZ_MAGICS):
        return Compression("xz", _XZ_MAGICS, _xz_decoder, (lzma.LZMAError, EOFError))
    return None
