"""Runs one front end over a folder of inputs, and prints a digest of what came out of each.

    python tests/fuzz/replay.py TARGET FOLDER...

What the compiled codec prints must be what the uncompiled one does, byte for byte.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.targets import TARGETS


def main() -> None:
    """Prints one line per input."""
    name, *folders = sys.argv[1:]
    for path in sorted(path for folder in folders for path in Path(folder).iterdir() if path.is_file()):
        try:
            facts = repr(TARGETS[name].run(path.read_bytes()).facts)
        except Exception as error:  # noqa: BLE001 - whatever it is, both must do the same
            facts = f"{type(error).__name__}: {error}"
        sys.stdout.write(f"{path.name} {hashlib.sha256(facts.encode()).hexdigest()}\n")


if __name__ == "__main__":
    main()
