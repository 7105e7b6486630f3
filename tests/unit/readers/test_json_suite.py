"""The files of the JSON test suite that are no JSON, or may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.reader_files import Stream, text_plan, version
from loadstone.errors import FormatError
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader

SUITE = Path(__file__).parents[2] / "data" / "json-test-suite" / "test_parsing"


def reasons(path: Path) -> list[str]:
    """Why the file, or any record of it, is refused."""
    found = []
    try:
        with AutomaticReader().open(Stream(path.read_bytes()), version(path.name), Format()) as file:
            for chunk in file.chunks(text_plan(file.layout)):
                found += [reject.reason for reject in chunk.rejects]
    except FormatError as error:
        found.append(error.what if error.hint and error.where else "")
    return found


@pytest.mark.parametrize("path", sorted(SUITE.glob("n_*.json")), ids=lambda path: path.stem)
def test_what_is_no_json_is_refused_with_a_reason(path):
    assert all(reasons(path))
    assert reasons(path)


def test_what_may_be_json_is_read_or_refused():
    paths = sorted(SUITE.glob("i_*.json"))
    assert len(paths) == 35
    assert all(all(reasons(path)) for path in paths)
