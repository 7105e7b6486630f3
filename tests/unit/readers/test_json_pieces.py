"""What is seen of a JSON file beyond its first records, and what is decided about it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.reader_files import Stream, version
from loadstone.core.evidence_needed import wide_layout
from loadstone.model.load import Layout
from loadstone.model.pipeline import Format
from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.json_pieces import element_start
from loadstone.sources.local import LocalSource

COUNT = 60_000
ALL_PLACES = {"from the start": 1000, "from the middle": 450, "from the end": 150}


def seen(tmp_path: Path, data: bytes, key: str = "day.json", **options: object) -> Layout:
    (tmp_path / key).write_bytes(data)
    source = LocalSource(tmp_path)
    found = source.head(key)
    with (
        source.open(found) as stream,
        AutomaticReader().open(stream, found, Format.from_dict(options)) as file,
    ):
        layout = wide_layout(file.layout, ())
        assert layout is file.layout
        return layout


def decided(data: bytes, key: str = "day.json", **options: Any) -> dict[str, tuple[object, float, str]]:
    with AutomaticReader().open(Stream(data), version(key), Format(**options)) as file:
        return {name: tuple(one.values()) for name, one in file.layout.dialect["decided"].items()}


def records(count: int = COUNT) -> Iterator[dict[str, object]]:
    """With a text among the numbers of the middle, and a key that only the last one has."""
    for i in range(count):
        late = {"late": True} if i == count - 1 else {}
        yield {"id": i, "v": "many" if abs(i - count // 2) < 2000 else i, "nested": {"id": -1}, **late}


def lines(separator: str = "\n") -> str:
    return separator.join(map(json.dumps, records()))


def array(*, indent: int) -> str:
    return json.dumps(list(records()), indent=indent)


@pytest.mark.parametrize(
    "text",
    [
        lines(),
        lines("\r\n"),
        f"[\n{lines(',' + chr(10))}\n]\n",
        f"[{lines(',' + chr(10))}]",
        array(indent=2),
    ],
    ids=["lines", "lines of DOS", "a line each", "brackets beside", "indented"],
)
def test_pieces_of_a_large_file_are_seen_and_told(tmp_path: Path, text: str) -> None:
    layout = seen(tmp_path, text.encode())
    assert layout.dialect["sampled"] == ALL_PLACES
    assert "only_beginning" not in layout.dialect
    assert layout.names == ("id", "v", "nested", "late")
    assert layout.kinds[1] == {"number", "string"}
    assert layout.sample[-1][3] == "true"
    assert layout.sample[0][3] is None
    numbers = [int(row[0] or 0) for row in layout.sample]
    assert numbers == sorted(set(numbers))
    assert min(numbers) == 0


def test_all_of_a_small_file_is_seen(tmp_path: Path) -> None:
    for text in (
        "\n".join(map(json.dumps, records(3000))),
        json.dumps(list(records(3000))),
        "".join(map(json.dumps, records(3000))),
    ):
        layout = seen(tmp_path, text.encode())
        assert layout.is_complete
        assert [row[0] for row in layout.sample] == [str(i) for i in range(3000)]
        assert layout.names[-1] == "late"
        assert "sampled" not in layout.dialect


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_lines_in_utf_16_are_seen_to_the_end(tmp_path: Path, encoding: str) -> None:
    layout = seen(tmp_path, lines().encode(encoding))
    assert layout.dialect["sampled"] == ALL_PLACES
    assert layout.names[-1] == "late"


@pytest.mark.parametrize(
    ("data", "options", "why"),
    [
        (gzip.compress(lines().encode()), {}, "what is compressed with gzip"),
        (b'{"data": ' + array(indent=2).encode() + b"}", {"records": "$.data"}, "where a record begins"),
        (array(indent=0).encode(), {}, "where a record begins"),
        (f"[ {lines(chr(10) + ', ')}]".encode(), {}, "where a record begins"),
        (lines("\n\n").replace(': {"id', ':\n{"id').encode(), {"type": "json"}, "where a record begins"),
    ],
    ids=["compressed", "within a document", "not indented", "commas in front", "documents"],
)
def test_where_the_beginning_alone_can_be_seen_that_is_told(
    tmp_path: Path, data: bytes, options: dict[str, object], why: str
) -> None:
    layout = seen(tmp_path, data, **options)
    assert layout.dialect["sampled"] == {"from the start": 1000, "from the first megabyte": 450}
    assert layout.dialect["only_beginning"].startswith(why)
    numbers = [int(row[0] or 0) for row in layout.sample]
    assert numbers == sorted(set(numbers))


def test_what_is_broken_behind_the_first_records_is_left_to_the_load(tmp_path: Path) -> None:
    layout = seen(tmp_path, array(indent=0).encode()[:400_000])
    assert layout.dialect["sampled"] == {"from the start": 1000}


values = st.recursive(
    st.integers() | st.text(max_size=5) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), min_size=2, max_size=8),
    st.sampled_from([None, 0, 1, 4, "\t"]),
)
def test_what_all_elements_begin_with_begins_nothing_else(
    elements: list[dict[str, object]], indent: int | str | None
) -> None:
    text = json.dumps(elements, indent=indent).encode()
    places = []
    decoder = json.JSONDecoder()
    at = 1
    for _ in elements:
        at = text.index(b"{", at)
        end = decoder.raw_decode(text.decode(), at)[1]
        places.append((at, end - at))
        at = end
    start = element_start(places, text)
    if start is not None:
        assert text.count(start) == len(elements)
    if indent in {1, 4, "\t"}:
        assert start is not None


@pytest.mark.parametrize(
    ("data", "form", "confidence", "evidence"),
    [
        (b'{"a": 1}\n{"a": 2}\n', "lines", 1, "2 of the 2 lines are JSON objects"),
        (b'{"a": 1}\n{"a": \n{"a": 3}\n[4]\n', "lines", 0.5, "2 of the 4 lines are JSON objects"),
        (b'{"a": 1}\n' * 1001, "lines", 1, "1,000 of the first 1,000 lines are JSON objects"),
        (b'{"a": 1}', "lines", 1, "the only line is a JSON object"),
        (b'[{"a": 1}]', "array", 1, "the text begins with '[': the elements of the array are the records"),
        (b'{"a": 1} {"a": 2}', "documents", 0.9, "values stand one behind the other, not each on a line"),
        (b'{\n"a": 1}\n', "documents", 1, "the file is one value"),
    ],
)
def test_the_form_is_told_with_its_reason(data: bytes, form: str, confidence: float, evidence: str) -> None:
    assert decided(data)["form"][:2] == (form, confidence)
    assert decided(data)["form"][2].startswith(evidence)


def test_a_name_that_says_lines_is_a_reason_too() -> None:
    assert decided(b'{"a": 1}\n', "day.jsonl")["form"][2].endswith(", and the name says so")
    assert decided(b"[1]\n[2]\n", "day.jsonl")["form"][:2] == ("lines", 0.5)


def test_what_is_configured_is_not_told_as_decided() -> None:
    assert decided(b'{"a": 1}\n', type="jsonl", encoding="utf-8") == {}
    assert decided(b'[{"a": 1}]', type="json", records="$", encoding="utf-8") == {}


def test_of_one_object_the_list_that_could_hold_the_records_is_named() -> None:
    for data in (b'{"page": 1, "data": [{"a": 1}]}', b'{\n"page": 1, "data": [{"a": 1}]}'):
        value, confidence, evidence = decided(data)["records"]
        assert (value, confidence) == ("$", 0.5)
        assert "`format: {records: $.data}`" in evidence
    assert "records" not in decided(b'{"page": 1}')


def test_values_that_are_no_objects_are_told_as_such() -> None:
    assert decided(b"[null, 1, 2]")["values"][0] is True
    assert "values" not in decided(b'[{"a": 1}]')


@pytest.mark.parametrize(
    ("data", "confidence", "evidence"),
    [
        (b'{"a": 1}', 0.95, "the text is UTF-8, as far as it was looked at"),
        (b'{"a": "\xfc"}\n{"a": 1}', 0.5, "JSON is UTF-8, though this text has bytes that are not"),
        (b'\xef\xbb\xbf{"a": 1}', 1.0, "a byte order mark says so"),
    ],
)
def test_the_encoding_is_told_with_its_reason(data: bytes, confidence: float, evidence: str) -> None:
    found = decided(data)["encoding"]
    assert found[:2] == ("utf-8", confidence)
    assert found[2].startswith(evidence)
