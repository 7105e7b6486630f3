from __future__ import annotations

import gzip

import pytest

from fixtures.reader_files import Stream, sha256, text_plan, version
from loadstone.errors import CompressionError, ConfigurationError, FormatError
from loadstone.model.pipeline import Format
from loadstone.readers import blocks
from loadstone.readers.automatic import AutomaticReader


def layout_of(data: bytes, key: str = "day.csv", **options):
    with AutomaticReader().open(Stream(data), version(key), Format(**options)) as file:
        return file.layout


def raws(data: bytes, key: str = "day.csv", **options) -> list[tuple[int, int, int, bytes]]:
    """(row, line, offset, raw) of every row that is accepted or rejected."""
    with AutomaticReader().open(Stream(data), version(key), Format(**options)) as file:
        found = []
        for chunk in file.chunks(text_plan(file.layout)):
            index = chunk.index
            found += [
                (index.row_numbers[i], index.line_numbers[i], index.byte_offsets[i], index.raw(i))
                for i in range(chunk.rows)
            ]
            found += [(r.row_number, r.line_number, r.byte_offset, r.raw) for r in chunk.rejects]
        return sorted(found)


def test_names_come_from_the_header_trimmed():
    layout = layout_of(b' a ,"b ",c\n1,,"x,y"\n')
    assert layout.names == ("a", "b", "c")
    assert layout.sample == (("1", None, "x,y"),)
    assert layout.is_complete
    assert layout.dialect["format"] == "csv"
    assert layout.dialect["header"] is True


def test_a_header_alone_is_a_file_without_rows():
    assert layout_of(b"a,b\n").names == ("a", "b")
    assert layout_of(b"a,b").names == ("a", "b")
    assert raws(b"a,b\n") == []


@pytest.mark.parametrize("data", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(data):
    with pytest.raises(FormatError, match="the file is empty") as caught:
        layout_of(data)
    assert caught.value.where == "/in/day.csv"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b,a,c,c\n1,2,3,4,5\n", "names 'a', 'c' more than once"),
        (b"a,\x00\n", "NUL"),
        (b"a,\xff\n", "not utf-8"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused_with_its_line_and_a_way_out(data, message):
    with pytest.raises(FormatError, match=message) as caught:
        layout_of(b"\n" + data)
    assert "2" in str(caught.value)
    assert "format: {" in caught.value.hint


def test_names_can_be_given_or_numbered():
    assert layout_of(b"1,2\n3,4\n", header=False).names == ("column_1", "column_2")
    given = layout_of(b"1,2\n3,4\n", header=("x", "y"))
    assert (given.names, given.sample) == (("x", "y"), (("1", "2"), ("3", "4")))
    assert raws(b"1,2\n", header=("x", "y")) == [(1, 1, 0, b"1,2\n")]
    assert raws(b"1,2\n", header=False) == [(1, 1, 0, b"1,2\n")]


@pytest.mark.parametrize(
    ("header", "key", "delimiter"),
    [
        (b"a,b,c", "x.csv", ","),
        (b"a;b;c,d", "x.csv", ";"),
        (b"a\tb\tc", "x.csv", "\t"),
        (b"a|b|c", "x.psv", "|"),
        (b'"a,b,c,d";b', "x.csv", ";"),
        (b"a", "x.csv", ","),
        (b"a,b", "x.tsv", "\t"),
    ],
)
def test_the_delimiter_is_decided_by_the_header_line(header, key, delimiter):
    dialect = layout_of(header + b"\n", key).dialect
    assert dialect["delimiter"] == delimiter
    assert "delimiter" in dialect["decided"]


def test_a_configured_delimiter_is_not_second_guessed():
    layout = layout_of(b"a;b;c,d\n", delimiter=",")
    assert layout.names == ("a;b;c", "d")
    assert "delimiter" not in layout.dialect["decided"]


def test_a_delimiter_beyond_ascii_is_refused():
    with pytest.raises(ConfigurationError, match="not an ASCII character"):
        layout_of("a§b\n".encode(), delimiter="§")


def test_lines_and_offsets_count_everything_above_the_rows():
    data = b'\xef\xbb\xbftitle\r\nmade by hand\r\n\r\na,"b\nc"\r\n1,2\r\n\r\n3,4\r\n'
    assert raws(data, skip_lines=2) == [
        (1, 6, data.index(b"1,2"), b"1,2\r\n"),
        (2, 8, data.index(b"3,4"), b"3,4\r\n"),
    ]


def test_skipping_more_lines_than_there_are_is_refused():
    with pytest.raises(FormatError, match="skip_lines is 5"):
        layout_of(b"a\nb\n", skip_lines=5)


def test_rows_with_too_few_or_too_many_cells_are_not_in_the_sample():
    assert layout_of(b"a,b\n1\n1,2\n1,2,3\n").sample == (("1", "2"),)


def test_a_sample_that_is_not_all_of_the_file_says_so():
    layout = layout_of(b"a,b\n" + b"1,2\n" * 1500)
    assert (len(layout.sample), layout.is_complete) == (1000, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_every_encoding_gives_the_same_rows(encoding):
    data = "näme,b\nÄ,ü\n".encode(encoding)
    assert layout_of(data, encoding=encoding).names == ("näme", "b")
    assert [raw for *_, raw in raws(data, encoding=encoding)] == ["Ä,ü\n".encode()]


def test_a_byte_that_the_encoding_does_not_know_costs_one_row():
    data = b"a,b\n1,\x81\n2,\x80\n"
    with AutomaticReader().open(Stream(data), version(), Format(encoding="cp1252")) as file:
        (chunk,) = file.chunks(text_plan(file.layout))
    assert chunk.rows == 1
    assert [(r.code, r.column, r.line_number) for r in chunk.rejects] == [("invalid_utf8", "b", 2)]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_bytes_and_hash_are_those_of_the_file_as_stored(step):
    data = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
    with AutomaticReader().open(Stream(data, step), version("day.csv.gz"), Format()) as file:
        rows = sum(chunk.rows for chunk in file.chunks(text_plan(file.layout)))
        assert (rows, file.bytes_read, file.sha256) == (1000, len(data), sha256(data))
        assert file.layout.dialect["compression"] == "gzip"


def test_a_truncated_gz_is_an_error_and_not_a_shorter_file():
    data = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * 7919) for i in range(20_000)))

    def read() -> None:
        with AutomaticReader().open(Stream(data[:-5000]), version("day.csv.gz"), Format()) as file:
            for _ in file.chunks(text_plan(file.layout)):
                pass

    with pytest.raises(CompressionError, match="ends too early"):
        read()


def test_a_file_of_many_blocks_is_read_to_its_end(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 8192)
    data = b"a,b\n" + b"".join(b'%d,"x\n%d"\n' % (i, i) for i in range(3000))
    with AutomaticReader().open(Stream(data, 1000), version(), Format()) as file:
        chunks = [
            (c.rows, len(c.rejects), c.bytes_read) for c in file.chunks(text_plan(file.layout, trace=False))
        ]
    assert len(chunks) > 3
    assert [sum(part) for part in zip(*chunks, strict=True)] == [3000, 0, len(data) - 4]


def test_a_header_without_an_end_is_refused():
    with pytest.raises(FormatError, match="has no end"):
        layout_of(b'"' + b"x" * 2_000_000, max_record_bytes=1024)
