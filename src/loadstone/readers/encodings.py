"""Text encodings: told by a byte order mark, by configuration, or by the look of it; turned into UTF-8.

What cannot be decoded becomes the byte 0xFF, which no UTF-8 holds: the codec then rejects just that row, with
its place, where an exception here would lose the file.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from loadstone.ports import ByteStream

__all__ = ["Encoding", "Transcoder", "detect_encoding"]

#: What is looked at to tell UTF-16 without a byte order mark.
_LOOK = 256
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UNDECODABLE = "\udcff"  # encoded with `surrogateescape`, the byte 0xFF


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _UNDECODABLE, error.end
    raise error


codecs.register_error("loadstone.undecodable", _mark)


class Encoding(NamedTuple):
    """How a file's text is encoded.

    Attributes:
        name: `utf-8`, `utf-16-le`, `utf-16-be`, `latin-1` or `cp1252`.
        mark: how many bytes its byte order mark takes.
        is_decided: whether the file told, rather than the configuration.
    """

    name: str
    mark: int = 0
    is_decided: bool = True


def detect_encoding(head: bytes, configured: str | None) -> Encoding:
    """The encoding of text that begins with `head`.

    A byte order mark tells, whatever is configured; else the configuration; else text in which every other
    byte is zero is UTF-16, and everything else UTF-8.
    """
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if configured not in {None, "utf-16"}:
        return Encoding(str(configured), is_decided=False)
    look = head[: min(len(head), _LOOK) & ~1]
    zeros_even, zeros_odd = look[::2].count(0), look[1::2].count(0)
    if configured == "utf-16":
        return Encoding("utf-16-be" if zeros_even > zeros_odd else "utf-16-le")
    if look and 2 * max(zeros_even, zeros_odd) >= 0.9 * len(look) and not min(zeros_even, zeros_odd):
        return Encoding("utf-16-be" if zeros_even else "utf-16-le")
    return Encoding("utf-8")


class Transcoder:
    """A stream of text in another encoding, read as UTF-8.

    Args:
        stream: what to read: an object with `read(size)`.
        encoding: the stream's encoding; its byte order mark was taken off already.
        head: bytes that were already taken from the stream.
    """

    def __init__(self, stream: ByteStream, encoding: str, head: bytes = b"") -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("loadstone.undecodable")
        self._head = head
        self._is_at_end = False

    def read(self, size: int, /) -> bytes:
        """About `size` bytes of UTF-8; empty only at the end."""
        while not self._is_at_end:
            data, self._head = self._head or self._stream.read(size), b""
            self._is_at_end = not data
            text = self._decoder.decode(data, final=self._is_at_end)
            if text:
                return text.encode("utf-8", "surrogateescape")
        return b""

    def close(self) -> None:
        """Closes the stream below."""
        self._stream.close()
