"""What the name of an object says about its format."""

from __future__ import annotations

from typing import Literal

__all__ = ["NamedFormat", "named_format"]

NamedFormat = Literal["csv", "jsonl", "json", "parquet", "avro", "orc", "xlsx"]

_COMPRESSIONS = frozenset({"gz", "gzip", "zst", "zstd", "bz2", "xz", "zip"})
_FORMATS: dict[str, NamedFormat] = {
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "psv": "csv",
    "txt": "csv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "parquet": "parquet",
    "pq": "parquet",
    "avro": "avro",
    "orc": "orc",
    **dict.fromkeys(("xlsx", "xlsm", "xltx", "xltm", "xlsb", "xls", "ods"), "xlsx"),
}


def named_format(key: str) -> tuple[NamedFormat | None, str]:
    """The format that a key's ending stands for, and that ending, with those of compression taken off.

    `day/2.csv.gz` is (`csv`, `csv`), `feed.tsv` is (`csv`, `tsv`), `README` is (None, ``).
    """
    *_, name = key.rpartition("/")
    endings = name.lower().split(".")[1:]
    while endings and endings[-1] in _COMPRESSIONS:
        endings.pop()
    ending = endings[-1] if endings else ""
    return _FORMATS.get(ending), ending
