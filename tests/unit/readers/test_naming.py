from __future__ import annotations

import pytest

from loadstone.readers.naming import named_format


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("day.csv", ("csv", "csv")),
        ("a/b/Day.CSV.gz", ("csv", "csv")),
        ("day.tsv.zst", ("csv", "tsv")),
        ("day.txt", ("csv", "txt")),
        ("day.psv", ("csv", "psv")),
        ("events.jsonl", ("jsonl", "jsonl")),
        ("events.ndjson.bz2", ("jsonl", "ndjson")),
        ("events.json.xz", ("json", "json")),
        ("2024.01.02/events", (None, "")),
        ("events.gz", (None, "")),
        ("events.dat", (None, "dat")),
        ("README", (None, "")),
    ],
)
def test_a_name_tells_the_format_with_compression_taken_off(key, expected):
    assert named_format(key) == expected
