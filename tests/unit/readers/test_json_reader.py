from __future__ import annotations

import gzip

import pytest

from fixtures.reader_files import Stream, sha256, text_plan, version
from loadstone.errors import FormatError
from loadstone.model.pipeline import Format
from loadstone.readers import blocks
from loadstone.readers.automatic import AutomaticReader


def layout_of(data: bytes, **options):
    with AutomaticReader().open(Stream(data), version("day.jsonl"), Format(**options)) as file:
        return file.layout


def test_names_are_the_keys_of_the_sample_in_the_order_of_their_appearance():
    layout = layout_of(b'{"b": 1, "a": "x"}\n\n{"c": null, "a": [1, "y"]}\n')
    assert layout.names == ("b", "a", "c")
    assert layout.sample == (("1", "x", None), (None, '[1, "y"]', None))
    assert layout.kinds == (frozenset({"number"}), frozenset({"string", "nested"}), frozenset({"null"}))
    assert layout.is_complete
    assert layout.dialect["format"] == "jsonl"


def test_a_sample_that_is_not_all_of_the_file_says_so():
    layout = layout_of(b'{"a":1}\n' * 1001)
    assert (len(layout.sample), layout.is_complete) == (1000, False)
    assert layout_of(b'{"a":1}\n' * 1000).is_complete
    assert not layout_of(b'{"a":1}\n' * 200_000).is_complete


def test_broken_lines_are_left_to_be_rejected():
    layout = layout_of(b'{"a":\n{"b": 1}\n')
    assert layout.names == ("b",)
    assert layout_of(b'{"a":').names == ()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (b"", {}, "the file is empty"),
        (b" \r\n\n", {}, "the file is empty"),
        (b'[{"a": 1}, {"a": 2}]', {"type": "jsonl"}, "JSON array"),
        (b'[\n  {"a": 1},\n  {"a": 2}\n]\n', {"type": "jsonl"}, "JSON array"),
        (b'{\n  "a": 1\n}\n', {"type": "jsonl"}, "several lines"),
        (b"a,b\n1,2\n", {}, "does not look like JSON"),
        (b'[{"a": 1}', {}, "is not closed"),
        (b'[{"a": 1}] []', {}, "text follows the array on line 1"),
        (b'{"a": [{"b": 1}] "c": 2}', {"records": "$.a"}, "not valid JSON on line 1"),
    ],
)
def test_what_is_no_json_of_its_form_is_refused_with_a_way_out(data, options, message):
    with pytest.raises(FormatError, match=message) as caught:
        layout_of(data, **options)
    assert caught.value.where == "/in/day.jsonl"
    assert caught.value.hint


def test_lines_offsets_and_hash_count_the_file_as_it_is():
    text = b'\xef\xbb\xbfcomment\r\n{"a": "1"}\r\n\r\n{"a": 2}\r\nbad'
    data = gzip.compress(text)
    with AutomaticReader().open(Stream(data, 10), version("day.jsonl.gz"), Format(skip_lines=1)) as file:
        (chunk,) = file.chunks(text_plan(file.layout))
        assert (file.bytes_read, file.sha256) == (len(data), sha256(data))
    assert list(chunk.index.line_numbers) == [2, 4]
    assert list(chunk.index.byte_offsets) == [text.index(b'{"a": "1'), text.index(b'{"a": 2')]
    assert [(r.line_number, r.byte_offset, r.raw) for r in chunk.rejects] == [(5, text.index(b"bad"), b"bad")]


def test_utf_16_is_read_as_any_other():
    data = '{"näme": "ü"}\n'.encode("utf-16")
    layout = layout_of(data)
    assert (layout.names, layout.sample) == (("näme",), (("ü",),))
    assert layout.dialect["encoding"] == "utf-16-le"


def test_a_file_of_many_blocks_is_read_to_its_end(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 8192)
    data = b"".join(b'{"a": %d, "b": "x%d"}\n' % (i, i) for i in range(3000))
    with AutomaticReader().open(Stream(data, 1000), version("day.jsonl"), Format()) as file:
        chunks = [
            (c.rows, len(c.rejects), c.bytes_read) for c in file.chunks(text_plan(file.layout, trace=False))
        ]
    assert len(chunks) > 3
    assert [sum(part) for part in zip(*chunks, strict=True)] == [3000, 0, len(data)]


def test_a_line_longer_than_a_block_is_read():
    data = b'{"a": "' + b"x" * 1_500_000 + b'"}\n{"a": "y"}\n'
    with AutomaticReader().open(Stream(data), version("day.jsonl"), Format()) as file:
        assert file.layout.names == ("a",)
        assert sum(chunk.rows for chunk in file.chunks(text_plan(file.layout))) == 2
