"""Front ends: the bytes of an object become blocks of text whose layout is known, and those go to the codec.

A stream passes through `intake` (hash, decompress, encoding), then the format's reader looks at its head
(`delimited`, `jsonlines`), and `blocks` feeds the rest to the codec. The stream is read once, front to back.
"""

from __future__ import annotations

from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.delimited import DelimitedReader
from loadstone.readers.jsonlines import JsonLinesReader
from loadstone.readers.mended import MendedReader
from loadstone.readers.selected import SelectedReader

__all__ = [
    "AutomaticReader",
    "DelimitedReader",
    "JsonLinesReader",
    "MendedReader",
    "SelectedReader",
]
