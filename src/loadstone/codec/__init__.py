"""Bytes to checked cells to binary COPY tuples: the only place that casts, and it knows no I/O.

Most modules are written in Cython's pure Python mode, with C declarations in a .pxd file beside each.
Compiled, they are fast; the very same source runs as plain Python where no C compiler was at hand, or where
the environment says LOADSTONE_CODEC=python.

    DelimitedEncoder   delimited text -> Chunk      delimited.py, over tokens.py (cells of a record)
    JsonLinesEncoder   JSON Lines -> Chunk          jsonlines.py
    JsonEncoder        any other JSON -> Chunk      jsonstream.py, with jsonresume.py (after a broken record)
      JsonRecordWriter   a record -> cells            jsonrecord.py, over jsonobject.py (members of an object)
    ColumnarEncoder    typed columns -> Chunk       columnar.py, with knownfields.py (dictionaries)
    SheetEncoder       worksheets -> Chunk          sheet.py, over sheetrows.py, markup.py (XML)
    RowWriter          cells -> tuples, rejects     rows.py, what all share
      CellWriter         NULL, rules, otherwise       cells.py, with rules.py, sets.py, splitting.py
      FieldEncoder       values by type               fields.py, with numerals.py, numerics.py, temporal.py,
      ... BloomFilter        keys seen before             bloom.py
    Program            a plan as tables             program.py
    codes.py           every code of a reject
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, module_from_spec

__all__ = ["COMPILED"]

#: The modules that are compiled, as one (setup.py); each comes after those that it imports.
_COMPILED_TOGETHER = (
    "buffers",
    "bloom",
    "decimals",
    "texts",
    "temporal",
    "formats",
    "lines",
    "jsontext",
    "jsonstrings",
    "arrays",
    "binary",
    "numerals",
    "numerics",
    "sets",
    "program",
    "fields",
    "cells",
    "findings",
    "places",
    "splitting",
    "rows",
    "rowmarks",
    "tokens",
    "delimited",
    "jsonkeys",
    "jsonmembers",
    "jsonobject",
    "jsonrecord",
    "jsonlines",
    "jsonfailures",
    "jsonoutline",
    "jsonresume",
    "jsonstream",
    "batches",
    "knownfields",
    "columnvalues",
    "columnar",
    "characters",
    "markup",
    "sharedstrings",
    "sheetnumbers",
    "sheetcells",
    "sheetrows",
    "sheet",
)


def _use_compiled() -> bool:
    """Lets the one compiled module stand for each of those that it was made of; False where there is none."""
    spec = find_spec(f"{__name__}._compiled")
    if spec is None or spec.loader is None or os.environ.get("LOADSTONE_CODEC") == "python":
        return False
    module = module_from_spec(spec)
    # Before it runs, since what it imports imports some of its members.
    for name in ("_compiled", *_COMPILED_TOGETHER):
        sys.modules[f"{__name__}.{name}"] = module
        setattr(sys.modules[__name__], name, module)
    spec.loader.exec_module(module)
    return True


#: Whether the codec runs compiled.
COMPILED: bool = _use_compiled()
