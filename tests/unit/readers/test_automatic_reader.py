from __future__ import annotations

import pytest

from fixtures.reader_files import Stream, version
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.jsonform import find_form

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
        (b'[{"a": 1}]', "day.json", "json"),
        (b'[{"a": 1}]', "day.jsonl", "json"),
        (CSV, "day", "csv"),
        (b"\xef\xbb\xbf\n " + JSONL, "day.dat", "jsonl"),
        (JSONL, "day.csv", "jsonl"),
        (b'[{"a": 1}]', "day.txt", "json"),
        (b'{"a": 1},2\n{"a": 2},3\n', "day.csv", "csv"),
    ],
)
def test_the_name_tells_the_format_and_where_it_does_not_the_first_byte(data, key, expected):
    assert format_of(data, key) == expected


def test_a_configured_type_counts_more_than_the_name():
    assert format_of(CSV, "day.jsonl", type="csv") == "csv"
    assert format_of(JSONL, "day.csv", type="jsonl") == "jsonl"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'[{"a": 1}]', "array"),
        (b'\n[\n  {"a": 1}\n]\n', "array"),
        (b'{\n  "a": 1\n}\n', "documents"),
        (b'{"a": 1}{"a": 2}\n', "documents"),
        (b'{"a": "\n{"a": 1}\n', "lines"),
        (b'{"a": 1}\n{"a": 2}\n', "lines"),
        (b'{"a": 1}', "lines"),
        (b"[1]\n[2]\n", "array"),
        (b"12", "documents"),
    ],
)
def test_the_beginning_tells_the_form_of_json(data, expected):
    assert find_form(data.lstrip(), is_whole=True, says_lines=False) == expected


def test_lists_on_lines_of_a_file_named_so_are_lines():
    assert find_form(b"[1]\n[2]\n", is_whole=True, says_lines=True) == "lines"
    assert find_form(b'[{"a": 1},\n{"a": 2}]', is_whole=True, says_lines=True) == "array"
    assert find_form(b'{"a":\n', is_whole=True, says_lines=True) == "lines"
