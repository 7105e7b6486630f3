from __future__ import annotations

import pytest

from fixtures.reader_files import Stream, version
from loadstone.errors import FormatError
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader

CSV, JSONL = b"a,b\n1,2\n", b'{"a": 1}\n'


def format_of(data: bytes, key: str, **options) -> str:
    with AutomaticReader().open(Stream(data), version(key), Format(**options)) as file:
        return file.layout.dialect["format"]


@pytest.mark.parametrize(
    ("data", "key", "expected"),
    [
        (CSV, "day.csv", "csv"),
        (CSV, "day.txt.gz", "csv"),
        (JSONL, "day.ndjson", "jsonl"),
        (JSONL, "day.json", "jsonl"),
        (CSV, "day", "csv"),
        (b"\xef\xbb\xbf\n " + JSONL, "day.dat", "jsonl"),
        (JSONL, "day.csv", "csv"),
    ],
)
def test_the_name_tells_the_format_and_where_it_does_not_the_first_byte(data, key, expected):
    assert format_of(data, key) == expected


def test_a_configured_type_counts_more_than_the_name():
    assert format_of(CSV, "day.jsonl", type="csv") == "csv"
    assert format_of(JSONL, "day.csv", type="jsonl") == "jsonl"


def test_a_json_array_is_refused_clearly():
    with pytest.raises(FormatError, match="JSON array, which cannot be read yet"):
        format_of(b'[{"a": 1}]', "day.json")
