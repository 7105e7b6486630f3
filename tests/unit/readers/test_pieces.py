"""What is seen of a delimited file beyond its first records."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadstone.core.columns import resolve_columns
from loadstone.core.evidence_needed import wide_layout
from loadstone.core.planning import make_plan
from loadstone.model.load import Layout
from loadstone.model.pipeline import Dataset, Format
from loadstone.ports import OpenFile
from loadstone.readers.automatic import AutomaticReader
from loadstone.readers.looking import Look
from loadstone.readers.pieces import aligned_records
from loadstone.sources.local import LocalSource

LOOK = Look(b",", b'"', None, None, False, 0, None, 1, 3, {}, {}, ())


@contextmanager
def opened(tmp_path: Path, data: bytes, **options: object) -> Iterator[OpenFile]:
    (tmp_path / "day.csv").write_bytes(data)
    source = LocalSource(tmp_path)
    version = source.head("day.csv")
    with (
        source.open(version) as stream,
        AutomaticReader().open(stream, version, Format.from_dict(options)) as file,
    ):
        yield file


def seen(tmp_path: Path, data: bytes) -> Layout:
    with opened(tmp_path, data) as file:
        return wide_layout(file.layout, ())


def rows(count: int, line: str = "{0},name {0},2024-01-01\n") -> bytes:
    return ("id,name,day\n" + "".join(line.format(number) for number in range(count))).encode()


def test_all_of_a_small_file_is_seen(tmp_path: Path) -> None:
    layout = seen(tmp_path, rows(5000))
    assert layout.is_complete
    assert [row[0] for row in layout.sample] == [str(number) for number in range(5000)]


def test_pieces_of_a_large_file_are_seen_and_told(tmp_path: Path) -> None:
    layout = seen(tmp_path, rows(100_000))
    assert not layout.is_complete
    assert layout.dialect["sampled"] == {"from the start": 1000, "from the middle": 450, "from the end": 150}
    assert layout.seen == "1,000 rows from the start, 450 rows from the middle, 150 rows from the end"
    assert layout.sample[-1][0] == "99999"
    middle = [int(row[0] or 0) for row in layout.sample[1000:1450]]
    assert middle == sorted(middle)
    assert (middle[0] // 1000, middle[-1] // 1000) == (26, 75)


def test_of_a_compressed_file_only_the_beginning_is_seen(tmp_path: Path) -> None:
    layout = seen(tmp_path, gzip.compress(rows(100_000)))
    assert layout.dialect["sampled"] == {"from the start": 1000, "from the first megabyte": 450}
    assert (
        layout.dialect["only_beginning"] == "what is compressed with gzip is read from the beginning on only"
    )
    assert layout.seen == "1,000 rows from the start, 450 rows from the first megabyte"


def test_a_column_without_a_value_in_any_piece_is_looked_for_in_all_of_a_file_of_some_megabytes(
    tmp_path: Path,
) -> None:
    data = bytearray(rows(60_000, "{0},name {0},\n"))
    at = data.index(b"41234,name 41234,") + len(b"41234,name 41234,")
    data[at:at] = b"2024-01-01"
    layout = seen(tmp_path, bytes(data))
    assert ("41234", "name 41234", "2024-01-01") in layout.sample


@pytest.mark.parametrize("count", [10, 3000, 20_000, 100_000])
def test_what_stands_below_the_rows_is_cut_whatever_the_size(tmp_path: Path, count: int) -> None:
    with opened(tmp_path, rows(count) + b"Total: 17 rows\n") as file:
        layout = wide_layout(file.layout, ())
        assert layout is file.layout
        assert layout.dialect["decided"]["footer_lines"]["value"] == 1
        assert "'Total: 17 rows'" in layout.notes[-1]
        plan = make_plan(Dataset(files=("*",), table="t"), (), layout, None, {}, "day.csv").plan
        chunks = list(file.chunks(plan))
        assert sum(chunk.records for chunk in chunks) == count
        assert not any(chunk.rejects for chunk in chunks)
        assert file.sha256 == hashlib.sha256((tmp_path / "day.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("count", [20_000, 200_000])
def test_of_a_file_in_another_encoding_the_middle_and_the_end_are_seen_and_its_footer_is_cut(
    tmp_path: Path, encoding: str, count: int
) -> None:
    text = rows(count, "{0},Zoë {0},2024-01-01\n").decode() + "Total: 17 rows from Malmö\n"
    options = {} if encoding in {"utf-16", "cp1252"} else {"encoding": encoding}
    with opened(tmp_path, text.encode(encoding), **options) as file:
        layout = wide_layout(file.layout, ())
        assert layout.dialect["sampled"].keys() == {"from the start", "from the middle", "from the end"}
        assert layout.sample[-1] == (str(count - 1), f"Zoë {count - 1}", "2024-01-01")
        assert layout.notes[-1] == "1 line below the rows left out: 'Total: 17 rows from Malmö'"
        numbers = [int(row[0] or 0) for row in layout.sample]
        assert numbers == sorted(set(numbers))
        plan = make_plan(Dataset(files=("*",), table="t"), (), layout, None, {}, "day.csv").plan
        chunks = list(file.chunks(plan))
        assert sum(chunk.rows for chunk in chunks) == sum(chunk.records for chunk in chunks) == count
        assert file.sha256 == hashlib.sha256((tmp_path / "day.csv").read_bytes()).hexdigest()


def test_where_every_type_is_written_down_nothing_more_is_read(tmp_path: Path) -> None:
    types = {"id": "bigint", "name": "text", "day": "date"}
    dataset = Dataset.from_dict({"files": "*", "columns": {k: {"type": v} for k, v in types.items()}})
    with opened(tmp_path, rows(100_000)) as file:
        layout = wide_layout(file.layout, resolve_columns(dataset))
        assert len(layout.sample) == 1000
        assert layout.further is not None


def test_what_stands_below_the_rows_in_memory_is_cut_even_where_every_type_is_written_down(
    tmp_path: Path,
) -> None:
    for data in (rows(3000), rows(20_000)):
        with opened(tmp_path, data + b"Total: 17 rows\n") as file:
            assert len(file.layout.sample) == 1000
            assert file.layout.dialect["decided"]["footer_lines"]["value"] == 1
            assert wide_layout(file.layout, ()).notes == file.layout.notes


def test_a_piece_that_begins_within_quotes_is_read_right() -> None:
    text = b'still the note, with a comma\nand a "" quote",x\n1,"a\nb",x\n2,"c",x\n3,"d\n",x\n'
    records = aligned_records(text, LOOK, 3, final=True, limit=100)
    assert [record.cells for record in records] == [["1", "a\nb", "x"], ["2", "c", "x"], ["3", "d\n", "x"]]
    assert text[records[0].start : records[0].end] == b'1,"a\nb",x\n'


def test_a_piece_of_something_else_tells_nothing() -> None:
    assert not aligned_records(b"no table\nat all\nin these lines\n", LOOK, 3, final=True, limit=100)


@pytest.mark.parametrize(
    "note",
    ["plain", "two\nlines", "a, b\r\nand, c", 'he said "no", and\nleft', "1,2,3\n4,5,6\n7,8,9", "\n\n"],
)
def test_records_found_from_anywhere_are_records_of_the_file(note: str) -> None:
    out = io.StringIO()
    table = [(str(number), f"{note} {number}" if number % 3 else "", "x") for number in range(30)]
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    text = out.getvalue().encode()
    for at in range(len(text) // 2):
        found = [tuple(r.cells) for r in aligned_records(text[at:], LOOK, 3, final=True, limit=1000)]
        assert len(found) >= 7
        assert set(found) <= set(table), at
