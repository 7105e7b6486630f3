"""Searches one front end's uncompiled source for inputs that break a promise, guided by coverage.

    LOADSTONE_CODEC=python python tests/fuzz/explore.py TARGET CORPUS_FOLDER MINUTES

Needs atheris. Stops at the first failure, and leaves the input as `CORPUS_FOLDER/../crash-*`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> None:
    """Runs until the time is over."""
    name, corpus, minutes = sys.argv[1:]
    try:
        import atheris  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise SystemExit("error: atheris is not installed\nhint: pip install 'loadstone[fuzz]'") from None
    with atheris.instrument_imports(include=["loadstone.codec"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented on import
        from loadstone.codec import COMPILED  # noqa: PLC0415 - the same
    if COMPILED:
        raise SystemExit("error: compiled code shows no coverage\nhint: set LOADSTONE_CODEC=python")
    target = TARGETS[name]
    folder = Path(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = Path(__file__).parent / "seeds" / name
    atheris.Setup(
        [
            sys.argv[0],
            str(folder),
            str(seeds),
            f"-max_total_time={int(float(minutes) * 60)}",
            "-max_len=400",
            "-timeout=900",  # a hang has no end; a busy machine may stand still for minutes
            "-print_final_stats=1",
            "-verbosity=0",
            f"-dict={seeds.parent / (name + '.dict')}",
            f"-artifact_prefix={folder.parent}/{name}-",
        ],
        lambda data: target.run(data) and None,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
