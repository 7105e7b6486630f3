"""Text encodings: told by a byte order mark, by configuration, or by the look of it; turned into UTF-8.

What cannot be decoded becomes the byte 0xFF, which no UTF-8 holds: the codec then rejects just that row, with
its place, where an exception here would lose the file.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from loadstone.core.sniffing.decision import Decision
from loadstone.errors import FormatError

if TYPE_CHECKING:
    from loadstone.ports import ByteStream

__all__ = ["Encoding", "Transcoder", "detect_encoding"]

#: What is looked at to tell UTF-16 without a byte order mark.
_LOOK = 256
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
#: Share of the bytes above 127 that must make sense in cp1252.
_SURE = 0.9
#: Letters of western Europe beside other letters, and signs that stand beside digits, words and blanks.
_LIKELY = re.compile(
    rb"(?:(?<=[A-Za-z \xc0-\xff,;\t|\"'\r\n-])[\xc0-\xd6\xd8-\xf6\xf8-\xfe\x8a\x8c\x8e\x9a\x9c\x9e\x9f]"
    rb"(?=[A-Za-z\xc0-\xfe])|(?<=[A-Za-z\xc0-\xfe])[\xc0-\xd6\xd8-\xf6\xf8-\xfe\x8a\x8c\x8e\x9a\x9c\x9e\x9f]"
    rb"|[\x80\x82\x84\x85\x91-\x97\x99\xa0\xa3\xa7\xa9\xab\xae\xb0-\xb5\xb7\xba-\xbf\xdf]"
    rb"(?=[\w \t,;|\"'\r\n.-]))"
)
_EVIDENCE = {
    "utf-8": (0.95, "the text is UTF-8, as far as it was looked at"),
    "utf-16-le": (0.95, "every second byte is zero"),
    "utf-16-be": (0.95, "every other byte, from the first on, is zero"),
    "cp1252": (0.7, "the text is no UTF-8, and its bytes above 127 are letters and signs of cp1252"),
    "latin-1": (0.6, "the text is no UTF-8, holds bytes that cp1252 lacks, and is read as latin-1"),
}
_MAYBE_CUT = 1024
#: Bytes that are no UTF-8, as `surrogateescape` shows them, and characters that are, beyond ASCII.
_STRAY = re.compile("[\udc80-\udcff]")
_WHOLE = re.compile("[^\0-\x7f\udc80-\udcff]")
_UNDECODABLE = "\udcff"  # encoded with `surrogateescape`, the byte 0xFF


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _UNDECODABLE, error.end
    raise error


codecs.register_error("loadstone.undecodable", _mark)


class Encoding(Struct, frozen=True):
    """How a file's text is encoded.

    Attributes:
        name: `utf-8`, `utf-16-le`, `utf-16-be`, `latin-1` or `cp1252`.
        mark: how many bytes its byte order mark takes.
        is_decided: whether the file told, rather than the configuration.
    """

    name: str
    mark: int = 0
    is_decided: bool = True

    @property
    def decision(self) -> Decision:
        """For the ledger."""
        if self.mark:
            return Decision(self.name, 1.0, "a byte order mark says so")
        confidence, evidence = _EVIDENCE[self.name]
        return Decision(self.name, confidence, evidence)


def detect_encoding(head: bytes, configured: str | None, *, is_delimited: bool = False) -> Encoding:
    """The encoding of text that begins with `head`.

    A byte order mark tells, whatever is configured; else the configuration; else text in which every other
    byte is zero is UTF-16, and everything else UTF-8; but delimited text whose bytes above 127 are never
    UTF-8 and nearly always letters or signs of cp1252, as Windows programs write it, is that.

    Raises:
        FormatError: the byte order mark is that of UTF-32.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # the first begins as UTF-16's does
        raise FormatError("the text is UTF-32, which is not read", hint="save it as UTF-8")
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
    return Encoding(_legacy(head)) if is_delimited else Encoding("utf-8")


def _legacy(head: bytes) -> str:
    """The one of utf-8, cp1252 and latin-1 that text without a byte order mark is in."""
    try:
        codecs.utf_8_decode(head, "strict", False)  # which lets its last character be cut off
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    text = head.decode("utf-8", "surrogateescape")
    text = text[:-3] if len(head) >= _MAYBE_CUT else text  # within its last character, that is
    stray = len(_STRAY.findall(text))
    if not stray or len(_WHOLE.findall(text)) >= stray:
        return "utf-8"
    if len(_LIKELY.findall(head)) < _SURE * stray:
        return "utf-8"
    return "latin-1" if re.search(rb"[\x81\x8d\x8f\x90\x9d]", head) else "cp1252"


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
        self._taken = 0
        self._limit: int | None = None

    def cut(self, at: int) -> bool:
        """Takes the stream as ended behind so many bytes, the head's among them; False where that is past."""
        if self._taken > at:
            return False
        self._limit = at
        return True

    def read(self, size: int, /) -> bytes:
        """About `size` bytes of UTF-8; empty only at the end."""
        while not self._is_at_end:
            data, self._head = self._head or self._stream.read(size), b""
            if self._limit is not None:
                data = data[: self._limit - self._taken]
            self._taken += len(data)
            self._is_at_end = not data
            text = self._decoder.decode(data, final=self._is_at_end)
            if text:
                return text.encode("utf-8", "surrogateescape")
        return b""

    def close(self) -> None:
        """Closes the stream below."""
        self._stream.close()
