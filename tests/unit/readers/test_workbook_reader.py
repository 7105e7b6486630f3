from __future__ import annotations

import zipfile

import pytest

from fixtures.reader_files import Stream, sha256, version
from fixtures.workbooks import (
    STRICT_MAIN,
    STRICT_OFFICE,
    column_of,
    number,
    opened,
    read_chunks,
    read_values,
    sheet_xml,
    text,
    values_of,
    workbook,
    zipped,
)
from loadstone.errors import CompressionError, DecompressionBomb, FormatError
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.pipeline import Format
from loadstone.model.types import parse_type
from loadstone.readers.automatic import AutomaticReader

HEADER = text("a", "b")


def test_shared_strings_join_their_runs_and_leave_out_how_they_sound() -> None:
    strings = (
        "<si><t>plain</t></si><si><r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r>"
        '<rPh sb="0" eb="1"><t>reading</t></rPh><phoneticPr fontId="1"/></si><si/><si><t/></si>'
        '<si><t xml:space="preserve"> kept </t></si>'
    )
    cells = "\n".join(f'<c t="s"><v>{i}</v></c>' for i in range(5))
    assert column_of(cells, strings=strings) == ["plain", "rich text", None, None, " kept "]


def test_inline_strings_and_results_of_formulas_are_read() -> None:
    cells = (
        '<c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>\n'
        '<c t="str"><f>"x"&amp;"y"</f><v>xy</v></c>\n'
        "<c><f>1+1</f><v>2</v></c>\n"
        "<c><f>NOW()</f></c>\n"
        '<c t="str"><f>""</f><v></v></c>'
    )
    assert column_of(cells) == ["ab", "xy", "2", None, None]


def test_entities_line_ends_and_characters_that_xml_cannot_hold_are_decoded() -> None:
    cells = (
        '<c t="str"><v>&lt;&gt;&amp;&quot;&apos;</v></c>\n'
        '<c t="str"><v>&#65;&#x20AC;&#x1F600;</v></c>\n'
        '<c t="str"><v>a_x000D_b_x005F_x0041_</v></c>\n'
        '<c t="str"><v><![CDATA[<raw>&amp;]]>!<!-- no --></v></c>\n'
        '<c t="str"><v>a\r_x00</v></c>'
    )
    # What is no line end to the row separator of this test: a CR alone, which XML makes a line feed.
    assert column_of(cells) == ["<>&\"'", "A€😀", "a\rb_x0041_", "<raw>&amp;!", "a\n_x00"]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2.5499999999999998", "2.55"),
        ("85123", "85123"),
        ("85123.0", "85123"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.33333333333333331", "0.3333333333333333"),
        ("1E+16", "10000000000000000"),
        ("1.2345678901234567E+19", "12345678901234567000"),
        ("1E22", "1e+22"),
        ("1.5E-7", "1.5e-7"),
        ("0.000001", "0.000001"),
        ("-0", "0"),
        ("-1.50", "-1.5"),
        ("007", "7"),
        (".5", "0.5"),
        ("no number", "no number"),
    ],
)
def test_numbers_are_the_shortest_form_of_their_double(stored: str, shown: str) -> None:
    assert column_of(f"<c><v>{stored}</v></c>") == [shown]


@pytest.mark.parametrize(
    ("style", "serial", "shown"),
    [
        (1, "40513", "2010-12-01"),
        (2, "40513.351388888892", "2010-12-01 08:26:00"),
        (2, "40513", "2010-12-01 00:00:00"),
        (1, "40513.5", "2010-12-01 12:00:00"),
        (3, "40513", "2010-12-01"),
        (1, "1", "1900-01-01"),
        (1, "59", "1900-02-28"),
        (1, "60", "60"),
        (1, "61", "1900-03-01"),
        (1, "2958465", "9999-12-31"),
        (1, "2958466", "2958466"),
        (1, "-1", "-1"),
        (2, "0.25", "06:00:00"),
        (2, "40513.999999999", "2010-12-02 00:00:00"),
        (4, "1.5", "36:00:00"),
        (5, "1.5", "1.5"),
        (99, "5", "5"),
    ],
)
def test_numbers_are_dates_by_their_format(style: int, serial: str, shown: str) -> None:
    assert column_of(f'<c s="{style}"><v>{serial}</v></c>') == [shown]


def test_dates_may_be_counted_from_1904() -> None:
    cells = '<c s="1"><v>39051</v></c>\n<c s="1"><v>0</v></c>'
    assert column_of(cells, properties='<workbookPr date1904="1"/>') == ["2010-12-01", "1904-01-01"]


def test_booleans_errors_and_iso_dates_are_read() -> None:
    cells = (
        '<c t="b"><v>1</v></c>\n<c t="b"><v>0</v></c>\n<c t="e"><v>#N/A</v></c>\n'
        '<c t="d"><v>2024-02-29T12:00:00</v></c>'
    )
    assert column_of(cells) == ["true", "false", "#N/A", "2024-02-29T12:00:00"]


def test_an_error_says_nothing_about_its_columns_type_and_rejects_its_row_with_its_text() -> None:
    rows = "<row><c><v>1</v></c></row><row><c t='e'><v>#DIV/0!</v></c></row>"
    with opened(workbook(text("v") + rows)) as file:
        assert file.layout.sample == (("1",), (None,))
        plan = LoadPlan((Cell("v", (Column("v", parse_type("integer"), source="v"),)),), lineage=False)
        (chunk,) = file.chunks(plan)
    assert chunk.rows == 1
    (reject,) = chunk.rejects
    assert (reject.line_number, reject.row_number, reject.code) == (3, 2, "not_an_integer")
    assert "'#DIV/0!'" in reject.reason
    assert reject.raw == b'"#DIV/0!"\n'


def test_cells_stand_where_their_reference_says() -> None:
    rows = (
        '<row r="3"><c r="A3"><v>1</v></c><c r="B3"><v>2</v></c></row>'
        '<row r="4"><c r="B4"><v>4</v></c></row>'
        '<row r="5"/><row r="6"><c r="A6" s="1"/><c r="B6"/></row>'
        '<row r="9"><c r="B9"><v>6</v></c><c r="A9"><v>5</v></c></row>'
    )
    header = '<row r="2"><c r="A2" t="str"><v>a</v></c><c r="B2" t="str"><v>b</v></c></row>'
    with opened(workbook(header + rows)) as file:
        chunks = read_chunks(file)
    assert values_of(chunks) == [["1", "2"], [None, "4"], ["5", "6"]]
    index = chunks[0].index
    assert index is not None
    assert list(index.line_numbers) == [3, 4, 9]
    assert [index.raw(i) for i in range(3)] == [b"1,2\n", b",4\n", b"5,6\n"]


def test_of_merged_cells_the_first_has_the_value() -> None:
    rows = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"/></row><row r="3"><c r="A3"/><c r="B3"><v>2</v></c></row>'
    )
    data = workbook(HEADER + rows)
    assert read_values(data) == [["1", None], [None, "2"]]


def test_a_value_beside_the_table_rejects_its_row() -> None:
    with opened(workbook(HEADER + number("1", "2") + number("1", "2", "3") + number("4", "5") * 9)) as file:
        (chunk,) = read_chunks(file)
    (reject,) = chunk.rejects
    assert (reject.line_number, reject.code) == (3, "too_many_cells")
    assert reject.reason == "the record has 3 instead of 2 cells"
    assert reject.raw == b"1,2,3\n"


def test_rows_above_the_header_are_left_out_and_noted() -> None:
    rows = text("Sales of 2024") + "<row/>" + text("made by", "me") + text("id", "name", "price")
    data = workbook(
        rows + "".join(f"<row><c><v>{i}</v></c><c/><c><v>2</v></c></row>" for i in range(20)) + ""
    )
    with opened(data) as file:
        assert file.layout.names == ("id", "name", "price")
        assert file.layout.dialect["header_row"] == 4
        assert file.layout.dialect["skipped_rows"] == [1, 3]
        assert "header_row" in file.layout.dialect["decided"]
        assert len(values_of(read_chunks(file))) == 20


def test_the_header_can_be_told() -> None:
    data = workbook(text("x") + text("a", "b") + number("1", "2") + number("3", "4"))
    with opened(data, skip_lines=1) as file:
        assert file.layout.names == ("a", "b")
        assert file.layout.dialect["decided"].keys() == {"format", "sheet", "date_system"}
    with opened(data, skip_lines=2, header=False) as file:
        assert file.layout.names == ("column_1", "column_2")
        assert values_of(read_chunks(file)) == [["1", "2"], ["3", "4"]]
    with opened(data, skip_lines=2, header=("p", "q")) as file:
        assert file.layout.names == ("p", "q")
        assert len(values_of(read_chunks(file))) == 2
    with opened(data, skip_lines=0) as file:
        assert file.layout.names == ("x",)  # its first row is taken, as told


def test_a_header_of_years_is_one_all_the_same() -> None:
    with opened(workbook(number("2023", "2024") + number("1", "2"))) as file:
        assert file.layout.names == ("2023", "2024")


def test_a_sheet_without_a_header_keeps_its_first_row() -> None:
    rows = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}" t="str"><v>n{i}</v></c>'
        f'<c r="C{i}" t="str"><v>x</v></c></row>'
        for i in range(1, 4)
    )
    with opened(workbook(rows)) as file:
        assert file.layout.names == ("column_1", "column_2", "column_3")
        assert file.layout.notes == ("there is no header: '1' in its first row are like the values below",)
        assert values_of(read_chunks(file)) == [["1", "n1", "x"], ["2", "n2", "x"], ["3", "n3", "x"]]
    with opened(workbook(rows), header=True) as file:
        assert file.layout.names == ("1", "n1", "x")


def test_an_index_without_a_name_is_a_column_of_a_sheet() -> None:
    header = '<row r="1"><c r="B1" t="str"><v>a</v></c><c r="C1" t="str"><v>b</v></c></row>'
    rows = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}"><v>5</v></c><c r="C{i}"><v>6</v></c></row>'
        for i in range(2, 5)
    )
    with opened(workbook(header + rows)) as file:
        assert file.layout.names == ("column_1", "a", "b")
        assert "the header gives no name to columns with values: loaded as column_1" in file.layout.notes
        assert values_of(read_chunks(file))[0] == ["2", "5", "6"]


def test_a_last_row_that_looks_like_a_total_is_told() -> None:
    rows = text("name", "v") + text("a", "1") + text("b", "2")
    with opened(workbook(rows + '<row><c t="str"><v>Total</v></c></row>')) as file:
        (note,) = file.layout.notes
    assert "looks like a total or a remark, and is loaded as the others are: 'Total'" in note


def test_a_column_without_a_name_is_named_by_its_place_where_it_is_filled() -> None:
    header = '<row r="1"><c r="B1" t="str"><v>a</v></c><c r="E1" t="str"><v>b</v></c></row>'
    row = '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c><c r="E2"><v>3</v></c></row>'
    with opened(workbook(header + row), skip_lines=0) as file:
        assert file.layout.names == ("a", "column_2", "b")
        assert file.layout.dialect["unnamed_columns"] == ["column_2"]
        assert values_of(read_chunks(file)) == [["1", "2", "3"]]


def test_names_that_occur_twice_are_refused() -> None:
    with (
        pytest.raises(FormatError, match=r"row 1: the header names 'a' more than once"),
        opened(workbook(text("a", "a") + number("1", "2"))),
    ):
        pass


def test_a_sheet_is_chosen_by_name_by_number_or_as_the_first_that_is_visible() -> None:
    data = workbook(*(text(c) + number("1") for c in "xyz"), states=("hidden",))
    for wanted, name in ((None, "y"), ("Third", "z"), ("third ", "z"), (1, "x"), (3, "z")):
        with opened(data, sheet=wanted) as file:
            assert file.layout.names == (name,)
    with opened(data) as file:
        assert file.layout.dialect["sheet"] == "Second"
        assert file.layout.dialect["other_sheets"] == ["Data", "Third"]
        assert "sheet" in file.layout.dialect["decided"]
    for missing in ("Fourth", 0, 4):
        with pytest.raises(FormatError, match="no sheet") as caught, opened(data, sheet=missing):
            pass
        assert "'Data', 'Second', 'Third'" in (caught.value.hint or "")


def test_parts_are_found_by_their_relationships_in_either_namespace() -> None:
    data = workbook(
        HEADER + '<row><c s="1"><v>40513</v></c></row>',
        folder="other",
        main=STRICT_MAIN,
        office=STRICT_OFFICE,
    )
    assert read_values(data) == [["2010-12-01", None]]


def test_elements_may_have_a_prefix() -> None:
    plain = sheet_xml(HEADER + number("1", "2"))
    prefixed = plain.replace("</", "</x:").replace("<", "<x:").replace("<x:/", "</").replace("<x:?", "<?")
    data = workbook("", **{"xl/sheets/page1.xml": prefixed.encode()})
    assert read_values(data) == [["1", "2"]]


def test_what_is_read_does_not_depend_on_where_blocks_end() -> None:
    rows = "".join(
        f'<row r="{i}"><c r="A{i}" t="inlineStr"><is><t>é &amp; {"x" * (i % 97)}</t></is></c>'
        f'<c r="B{i}"><v>{i}</v></c></row>'
        for i in range(2, 30_000)
    )
    with opened(workbook(HEADER + rows)) as file:
        found = values_of(read_chunks(file))
    assert found == [[f"é & {'x' * (i % 97)}", str(i)] for i in range(2, 30_000)]


def test_more_shared_strings_than_memory_is_given_to_go_to_a_file() -> None:
    count, size = 5_000, 5_000
    strings = "".join(f"<si><t>{i}{'é' * (size // 2)}</t></si>" for i in range(count))
    rows = "".join(f'<row><c t="s"><v>{i}</v></c></row>' for i in range(count))
    with opened(workbook(text("v") + rows, strings=strings)) as file:
        found = [row[0] or "" for row in values_of(read_chunks(file))]
    assert len(found) == count
    assert all(value == f"{i}{'é' * (size // 2)}" for i, value in enumerate(found))


def test_the_hash_and_the_size_are_those_of_the_file_as_stored() -> None:
    data = workbook(HEADER + number("1", "2"))
    with opened(data) as file:
        read_chunks(file)
        assert (file.sha256, file.bytes_read) == (sha256(data), len(data))


@pytest.mark.parametrize("key", ["day.xlsx", "day", "day.csv", "day.zip"])
def test_a_workbook_is_told_by_its_content(key: str) -> None:
    assert read_values(workbook(HEADER + number("1", "2")), key) == [["1", "2"]]


def test_text_under_the_name_of_a_workbook_is_read_as_text_unless_the_type_is_told() -> None:
    with opened(b"a,b\n1,2\n") as file:
        assert file.layout.dialect["format"] == "csv"
    with pytest.raises(FormatError, match="no workbook; it begins with"), opened(b"a,b\n1,2\n", type="xlsx"):
        pass


def test_a_zip_archive_with_one_text_file_stays_one() -> None:
    with opened(zipped({"inside.csv": b"a,b\n1,2\n"}), "day.zip") as file:
        assert file.layout.dialect["compression"] == "zip"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_parts_may_be_stored_or_compressed_otherwise(compression: int) -> None:
    packed = zipfile.ZipFile(Stream(workbook(HEADER + number("1", "2"))))
    parts = {name: packed.read(name) for name in packed.namelist()}
    assert read_values(zipped(parts, compression)) == [["1", "2"]]


def read_damaged(data: bytes, **options: object) -> None:
    with opened(data, **options) as file:
        read_chunks(file)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (workbook(HEADER + number("1", "2"))[:400], "truncated or corrupt"),
        (workbook(HEADER, without=["xl/book.xml"]), "none of them is a workbook"),
        (workbook(HEADER, without=["xl/sheets/page1.xml"]), "lacks xl/sheets/page1.xml"),
        (workbook(), "has no sheet"),
        (workbook(""), "the sheet is empty"),
        (workbook(HEADER + "<row><c t='s'><v>3</v></c></row>"), "shared string 3, the workbook holds 0"),
        (workbook(HEADER + "<row><c r='1'><v>3</v></c></row>"), "attribute that cannot be"),
        (workbook(HEADER + "<row><c t='str'><v>&nbsp;</v></c></row>"), "XML inside the workbook is broken"),
        (workbook(HEADER + "<row><c r=A1><v>3</v></c></row>"), "XML inside the workbook is broken"),
        (
            workbook("", **{"xl/sheets/page1.xml": sheet_xml(HEADER + number("1", "2") * 3)[:-60].encode()}),
            "too early",
        ),
        (workbook("", **{"xl/book.xml": b"<!DOCTYPE x []><workbook/>"}), "document type"),
        (workbook("", **{"xl/book.xml": b"<workbook>"}), "no XML"),
        (workbook(HEADER, **{"xl/sheets/page1.xml": b"<!DOCTYPE x><worksheet/>"}), "XML inside the workbook"),
        (workbook(HEADER, strings="<si><t>x</t></si>", **{"xl/texts.xml": b"<sst><si>"}), "too early"),
        (zipped({"_rels/.rels": b"", "x": b""}), "no workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900) + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
    ],
)
def test_a_damaged_workbook_is_refused_with_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read_damaged(data)
    assert caught.value.hint
    assert "/in/day.xlsx" in (caught.value.where or "")


def test_damage_in_the_compressed_bytes_is_noticed() -> None:
    data = bytearray(workbook(HEADER + number("1", "2") * 50_000))
    at = data.index(b"page1.xml") + 400
    data[at : at + 8] = b"damaged!"
    with pytest.raises(FormatError) as caught:
        read_damaged(bytes(data))
    assert isinstance(caught.value, CompressionError)


def test_a_part_that_grows_beyond_measure_is_stopped() -> None:
    bomb = sheet_xml(HEADER + number("1", "2") + "<row/>" * 12_000_000).encode()
    data = workbook("", **{"xl/sheets/page1.xml": bomb})
    with pytest.raises(DecompressionBomb, match="more than 200 times"):
        read_damaged(data)


def test_a_row_longer_than_a_record_may_be_is_refused() -> None:
    long = text("x" * 3_000_000, "y")
    with pytest.raises(FormatError, match="is longer than 1,024 bytes"):
        read_damaged(workbook(HEADER + number("1", "2") * 3 + long), max_record_bytes=1024)


def test_single_records_are_encoded_as_rejects_keep_them() -> None:
    with AutomaticReader().open(
        Stream(workbook(HEADER + number("1", "2"))), version("day.xlsx"), Format()
    ) as file:
        plan = LoadPlan(
            tuple(Cell(n, (Column(n, parse_type("integer"), source=n),)) for n in ("a", "b")), lineage=False
        )
        chunk = file.encode([b"1,2\n", b'"x",2\n'], plan)
    assert (chunk.rows, len(chunk.rejects)) == (1, 1)
