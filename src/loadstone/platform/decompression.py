"""Decompression by content: what the first bytes say counts, not the file's name.

gzip with many members, zstd with many frames, bzip2 and xz with many streams, zip with one file in it. Output
is bounded whatever the input: a bomb stops at a ratio, and no step inflates more than was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from loadstone.errors import CompressionError, DecompressionBomb
from loadstone.platform.decoders import MAGIC_LENGTH, detect
from loadstone.platform.readahead import ReadAhead
from loadstone.platform.stored import PeekedStream
from loadstone.platform.unzip import ZIP_MAGICS, ZipMember

if TYPE_CHECKING:
    from loadstone.platform.decoders import Compression, Decoder
    from loadstone.ports import ByteStream

__all__ = ["RATIO_FLOOR", "DecompressedStream", "decompress"]

#: Bytes of output below which no ratio is a bomb: a small file of one repeated row is nothing to fear.
RATIO_FLOOR = 64 * 1024 * 1024

#: Compressed bytes taken at a time.
_INPUT_SIZE = 256 * 1024


def decompress(
    stream: ByteStream, *, max_ratio: int, max_bytes: int | None = None, read_ahead: int = 3
) -> DecompressedStream:
    """The stream's bytes, inflated where its first bytes say that they are compressed.

    Args:
        stream: the bytes as stored; closed with the result.
        max_ratio: output over input beyond which it is a bomb, once `RATIO_FLOOR` bytes came out.
        max_bytes: output beyond which it is a bomb, whatever the ratio.
        read_ahead: blocks of 1 MiB that a thread keeps ready; 0: none does.

    Raises:
        CompressionError: from here or from `read`: truncated, corrupt, or not one member, with the place.
        DecompressionBomb: from `read`.
    """
    source = PeekedStream(stream)
    head = source.peek(MAGIC_LENGTH)
    inflated: _Inflating
    if (compression := detect(head)) is not None:
        inflated = _Members(source, compression)
    elif head.startswith(ZIP_MAGICS):
        inflated = ZipMember(source)
    else:
        return DecompressedStream(source, source, None, read_ahead)
    guarded = _Guard(inflated, source, max_ratio, max_bytes)
    return DecompressedStream(guarded, source, inflated.compression, read_ahead)


class DecompressedStream:
    """Bytes of text, front to back: a `ByteStream` that also fills buffers and counts what it took.

    Attributes:
        compression: `gzip`, `zstd`, `bzip2`, `xz`, `zip`, or None where the bytes are as stored.
    """

    def __init__(
        self, stream: ByteStream, source: PeekedStream, compression: str | None, read_ahead: int
    ) -> None:
        self.compression = compression
        self._source = source
        self._ahead = ReadAhead(stream, blocks=read_ahead)
        self.read = self._ahead.read
        self.readinto = self._ahead.readinto
        self.close = self._ahead.close

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source so far (compressed where it is), a little ahead of what was given."""
        return self._source.taken


class _Inflating(Protocol):
    @property
    def compression(self) -> str: ...

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _Members:
    """Members of one compression, one after the other, as one stream."""

    def __init__(self, source: PeekedStream, compression: Compression) -> None:
        self.compression = compression.name
        self._source = source
        self._kind = compression
        self._decoder: Decoder | None = None
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        while True:
            decoder = self._decoder or self._next_member()
            if decoder is None:
                return b""
            if data := self._inflate(decoder, size):
                return data

    def close(self) -> None:
        self._source.close()

    def _inflate(self, decoder: Decoder, size: int) -> bytes:
        data = b""
        if self._rest or decoder.needs_input:
            data = self._rest or bytes(self._source.read(_INPUT_SIZE))
            self._rest = b""
            if not data:
                raise self._truncated()
        try:
            out = decoder.decompress(data, size)
        except self._kind.errors as error:
            raise CompressionError(
                f"the {self.compression} data cannot be inflated, at or before compressed byte "
                f"{self._source.taken:,}: {error}",
                hint="upload the file again; `gzip -t`, `zstd -t`, `bzip2 -t` or `xz -t` tests one",
            ) from error
        if decoder.eof:
            self._rest = decoder.unused_data
        self._decoder = None if decoder.eof else decoder
        return out

    def _next_member(self) -> Decoder | None:
        """Makes ready for the next member, past padding; None at the end.

        Zero bytes are padding, as tape drives and `dd` leave it. Anything else that is no member is refused,
        since it may be a member whose beginning is damaged: rows would be lost without a word.
        """
        self._rest = self._rest.lstrip(b"\x00")
        while len(self._rest) < MAGIC_LENGTH and (more := self._source.read(_INPUT_SIZE)):
            self._rest = (self._rest + bytes(more)).lstrip(b"\x00")
        if not self._rest:
            return None
        if not self._kind.begins(self._rest):
            if any(magic.startswith(self._rest) for magic in self._kind.magics):
                raise self._truncated()
            offset = self._source.taken - len(self._rest)
            raise CompressionError(
                f"what follows compressed byte {offset:,} is no {self.compression} data",
                hint="cut off what was appended to the file, or upload it again",
            )
        return self._kind.decoder()

    def _truncated(self) -> CompressionError:
        return CompressionError(
            f"the {self.compression} data ends too early, after {self._source.taken:,} compressed bytes",
            hint="the file was cut off, or is still being written; upload it again",
        )


class _Guard:
    """Stops a stream that grows beyond measure, or that holds another: no text begins as those do."""

    def __init__(
        self, stream: _Inflating, source: PeekedStream, max_ratio: int, max_bytes: int | None
    ) -> None:
        self._stream = stream
        self._source = source
        self._max_ratio = max_ratio
        self._max_bytes = max_bytes
        self._given = 0

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        data = self._stream.read(size)
        if self._given == 0 and len(data) >= MAGIC_LENGTH and (within := detect(data)) is not None:
            raise CompressionError(
                f"the {self._stream.compression} data hold {within.name} data: it was compressed twice",
                hint="compress it once; of a zip archive, `loadstone load 'NAME.zip!/*'` loads each file",
            )
        self._given += len(data)
        taken = self._source.taken
        if self._given > RATIO_FLOOR and self._given > self._max_ratio * taken:
            raise DecompressionBomb(
                f"{taken:,} bytes of {self._stream.compression} have grown to {self._given:,}, "
                f"more than {self._max_ratio:,} times as many",
                hint="if the file is to be trusted, set format: {max_compression_ratio: N} in the dataset",
            )
        if self._max_bytes is not None and self._given > self._max_bytes:
            raise DecompressionBomb(
                f"{taken:,} bytes of {self._stream.compression} have grown beyond {self._max_bytes:,}"
            )
        return data

    def close(self) -> None:
        self._stream.close()
