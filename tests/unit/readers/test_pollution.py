"""Files with one pollution each, read with no configuration: how much is found of what is there."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from statistics import mean

import pytest

from fixtures.codec_cells import tuples_of
from fixtures.polluted import Polluted, every_pollution
from fixtures.reader_files import Stream, text_plan, version
from loadstone.errors import LoadstoneError
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader

MEASURES = ("header", "records", "cells")


def read(file: Polluted) -> tuple[list[str], list[list[str]]]:
    """Names and accepted rows, NULL as an empty text."""
    with AutomaticReader().open(Stream(file.data), version(file.key), Format()) as opened:
        names = list(opened.layout.names)
        rows = [
            [(cell or b"").decode() for cell in row]
            for chunk in opened.chunks(text_plan(opened.layout, trace=False))
            for row in tuples_of(bytes(chunk.tuples))
        ]
    return names, rows


def precision_and_recall(found: Iterable[Hashable], wanted: Iterable[Hashable]) -> tuple[float, float]:
    a, b = Counter(found), Counter(wanted)
    both = (a & b).total()
    return both / a.total() if a else float(not b), both / b.total() if b else 1.0


def figures(file: Polluted) -> list[float]:
    """Precision and recall of header, records and cells; all 0 where the file is refused."""
    try:
        names, rows = read(file)
    except LoadstoneError:
        return [0.0] * 6
    return [
        *precision_and_recall(names, file.names),
        *precision_and_recall(map(tuple, rows), map(tuple, file.rows)),
        *precision_and_recall((c for row in rows for c in row), (c for row in file.rows for c in row)),
    ]


def test_polluted_files_are_read_with_no_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    by_kind: dict[str, list[list[float]]] = defaultdict(list)
    worst = []
    for file in every_pollution():
        found = figures(file)
        by_kind[file.kind].append(found)
        if mean(found) < 0.95:
            worst.append(f"{file.kind} {file.detail}: {' '.join(f'{x:.2f}' for x in found)}")
    every = [found for kind in by_kind.values() for found in kind]
    with capsys.disabled():
        titles = "".join(f"{m + ' P':>11}{m + ' R':>11}" for m in MEASURES)
        told = [f"\n{'pollution':32}{'files':>6}{titles}"]
        for kind, rows in [*by_kind.items(), ("all", every)]:
            told.append(
                f"{kind:32}{len(rows):6}" + "".join(f"{mean(x):11.4f}" for x in zip(*rows, strict=True))
            )
        sys.stdout.write("\n".join([*told, *worst, ""]))
    # Over kinds, so that those with a file for every position do not hide the others.
    kinds = [[mean(x) for x in zip(*rows, strict=True)] for rows in by_kind.values()]
    assert min(mean(x) for x in zip(*kinds, strict=True)) >= 0.99
