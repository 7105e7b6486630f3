"""How common programs write delimited text, by name: `format: {preset: mysql}`.

A preset says only what the program always does; the rest is decided from the file, and what the dataset's
`format:` gives itself goes before it.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PRESETS"]

_EXCEL_COMMA: dict[str, Any] = {"delimiter": ";", "quote": '"', "decimal": ",", "thousands": "."}

#: Name -> keys of `format:`.
PRESETS: dict[str, dict[str, Any]] = {
    # Excel's "CSV (comma delimited)": the list separator and the decimal sign are those of the locale.
    "excel": {"delimiter": ",", "quote": '"'},
    "excel-de": _EXCEL_COMMA,
    "excel-es": _EXCEL_COMMA,
    "excel-it": _EXCEL_COMMA,
    "excel-nl": _EXCEL_COMMA,
    "excel-fr": {"delimiter": ";", "quote": '"', "decimal": ",", "thousands": " "},
    # Excel's "Unicode text".
    "excel-unicode": {"delimiter": "\t", "quote": '"', "encoding": "utf-16"},
    # SELECT ... INTO OUTFILE, and mysqldump --tab, as they are without options.
    "mysql": {"delimiter": "\t", "quote": "", "escape": "\\", "header": False},
    # COPY ... TO with FORMAT csv, HEADER.
    "postgresql-csv": {"delimiter": ",", "quote": '"', "header": True},
    # UNLOAD without options; with ADDQUOTES; with ESCAPE; FORMAT CSV HEADER.
    "redshift-unload": {"delimiter": "|", "quote": "", "header": False},
    "redshift-unload-quoted": {"delimiter": "|", "quote": '"', "header": False},
    "redshift-unload-escape": {"delimiter": "|", "quote": "", "escape": "\\", "header": False},
    "redshift-unload-csv": {"delimiter": ",", "quote": '"', "header": True},
    # Exports of reports, and of the data loader: every cell quoted, quotes doubled.
    "salesforce": {"delimiter": ",", "quote": '"', "encoding": "utf-8", "header": True},
    "stripe": {"delimiter": ",", "quote": '"', "encoding": "utf-8", "header": True},
    "shopify": {"delimiter": ",", "quote": '"', "encoding": "utf-8", "header": True},
    # Python's csv module, pandas.to_csv and R's write.csv.
    "python": {"delimiter": ",", "quote": '"'},
    # Hive's text files.
    "hive": {"delimiter": "\x01", "quote": "", "escape": "\\", "header": False},
}
