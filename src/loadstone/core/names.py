"""Names of the world made into names of tables and columns."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

__all__ = ["COMPRESSION_SUFFIXES", "column_name", "stem", "table_name"]

#: Suffixes that say how a file is packed, not what is in it.
COMPRESSION_SUFFIXES = frozenset({".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz", ".zip"})

#: PostgreSQL cuts longer names, in bytes.
_LONGEST = 63


def column_name(written: str) -> str:
    """A header's text as a column name: lower case, separators and symbols as single underscores.

    `Invoice No.` becomes `invoice_no`, `InvoiceNo` becomes `invoiceno`. Letters of every script stay.
    """
    text = unicodedata.normalize("NFC", written).strip().lower()
    text = re.sub(r"[^\w]+", "_", text).strip("_")
    if not text:
        return "column"
    if text[0].isdigit():
        text = "_" + text
    return _cut(text)


def table_name(key: str) -> str:
    """A file's name, without folders and extensions, as a table name."""
    return column_name(stem(key))


def stem(key: str) -> str:
    """The file's name without folders, compression suffix and extension."""
    path = PurePosixPath(key)
    if path.suffix.lower() in COMPRESSION_SUFFIXES:
        path = path.with_suffix("")
    return path.stem


def _cut(text: str) -> str:
    encoded = text.encode()
    return text if len(encoded) <= _LONGEST else encoded[:_LONGEST].decode(errors="ignore").rstrip("_")
