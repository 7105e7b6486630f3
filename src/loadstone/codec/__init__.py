"""Bytes to checked cells to binary COPY tuples: the only place that casts, and it knows no I/O.

The modules that begin with `# cython:` are written in Cython's pure Python mode. Compiled, they are fast; the
very same source runs as plain Python where no C compiler was at hand, or where the environment says
LOADSTONE_CODEC=python.

    DelimitedEncoder   delimited text -> Chunk      delimited.py, over tokens.py (cells of a record)
    JsonLinesEncoder   JSON Lines -> Chunk          jsonlines.py, over jsonobject.py (members of an object)
    RowWriter          cells -> tuples, rejects     rows.py, what both share
      CellWriter         NULL, rules, otherwise       cells.py, with rules.py, sets.py, splitting.py
      FieldEncoder       values by type               fields.py, with numerals.py, numerics.py, temporal.py,
      ... BloomFilter        keys seen before             bloom.py
    Program            a plan as tables             program.py
    codes.py           every code of a reject
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

__all__ = ["COMPILED"]


class _SourceFinder:
    """Finds the modules of this package as source, whatever was compiled beside it."""

    def __init__(self) -> None:
        self._folder = FileFinder(str(Path(__file__).parent), (SourceFileLoader, SOURCE_SUFFIXES))

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib` asks."""
        return self._folder.find_spec(name, target) if name.startswith(__name__ + ".") else None


if os.environ.get("LOADSTONE_CODEC") == "python":
    sys.meta_path.insert(0, _SourceFinder())

from loadstone.codec import buffers  # noqa: E402 - only now is it decided which

#: Whether the codec runs compiled.
COMPILED: bool = not str(buffers.__file__).endswith(".py")
