"""Bytes to checked cells to binary COPY tuples: the only place that casts, and it knows no I/O.

The modules that begin with `# cython:` are written in Cython's pure Python mode. Compiled, they are fast; the very
same source runs as plain Python where no C compiler was at hand, or where the environment says LOADSTONE_CODEC=python.

    DelimitedEncoder   delimited text -> Chunk      delimited.py, over tokens.py (cells of a record)
    JsonLinesEncoder   JSON Lines -> Chunk          jsonlines.py, over jsonobject.py (members of an object)
    RowWriter          cells -> tuples, rejects     rows.py, what both share
      CellWriter         NULL, rules, otherwise       cells.py, with rules.py, sets.py, splitting.py
      FieldEncoder       values by type               fields.py, with numerals.py, numerics.py, temporal.py, ...
      BloomFilter        keys seen before             bloom.py
    Program            a plan as tables             program.py
    codes.py           every code of a reject
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path

__all__ = ["COMPILED"]

if os.environ.get("LOADSTONE_CODEC") == "python":
    # The submodules of this package alone are looked up as source, whatever was compiled beside it.
    _finder = FileFinder(str(Path(__file__).parent), (SourceFileLoader, SOURCE_SUFFIXES))

    class _SourceFinder:
        """Finds this package's modules as source."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            return _finder.find_spec(name, target) if name.startswith(__name__ + ".") else None

    sys.meta_path.insert(0, _SourceFinder)

from loadstone.codec import buffers

#: Whether the codec runs compiled.
COMPILED = not (buffers.__file__ or "").endswith(".py")
