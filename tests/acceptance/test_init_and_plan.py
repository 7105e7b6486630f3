"""`init` writes a file that validates and loads; `plan` shows what a load would do."""

from __future__ import annotations

import zipfile

import psycopg
import pytest

from fixtures.commandline import CommandLine
from fixtures.workbooks import number, text, workbook

ORDERS = 'Order ID,zip,Date,"a ""b"" #c: ${X}"\n1,01234,13/02/2024,yes\n2,98765,01/03/2024,no\n'


def test_what_init_writes_validates_and_loads(loadstone: CommandLine, connection: psycopg.Connection) -> None:
    loadstone.write("data/orders_20230510.csv", ORDERS)
    loadstone.write("data/orders_20230511.csv", ORDERS)
    loadstone.write("data/users.jsonl", '{"id": 1, "on": true}\n{"id": 2, "on": null}\n')
    loadstone.write("data/README.md", "# no data\n")
    screen = loadstone("init", "data").out
    assert "pipeline.yaml written: 2 datasets" in screen
    text = (loadstone.folder / "pipeline.yaml").read_text()
    assert 'files: ["orders_*.csv"]  # 2 files match; 4 rows of all of them looked at' in text
    assert "zip: {type: text}  # kept as text: 2 values have leading zeros, such as '01234'" in text
    assert 'Date: {type: date, format: "%d/%m/%Y"}' in text
    assert "key: [id]  # 2 of 2 values of id differ" in text
    loadstone("validate")
    loads = loadstone("load", "--json").document["loads"]
    assert [(load["state"], load["rows_loaded"], load["rows_rejected"]) for load in loads] == [
        ("loaded", 2, 0)
    ] * 3
    assert connection.execute("SELECT zip, date::text FROM orders ORDER BY 1").fetchone() == (
        "01234",
        "2024-02-13",
    )


def test_init_writes_over_nothing_unless_told(loadstone: CommandLine) -> None:
    loadstone.write("a.csv", "x\n1\n")
    loadstone.write("pipeline.yaml", "name: mine\n")
    assert "the file is there already" in loadstone("init", "a.csv", code=2).err
    assert "datasets:" in loadstone("init", "a.csv", "--stdout").out
    assert (loadstone.folder / "pipeline.yaml").read_text() == "name: mine\n"
    loadstone("init", "a.csv", "--force")
    assert "name: mine" not in (loadstone.folder / "pipeline.yaml").read_text()
    document = loadstone("init", "a.csv", "-f", "other.yaml", "--json").document
    assert (document["file"], document["datasets"][0]["columns"][0]["type"]) == ("other.yaml", "bigint")


def test_init_of_nothing_says_so(loadstone: CommandLine) -> None:
    loadstone.write("notes/README.md", "x\n")
    loadstone.write("notes/LICENSE.md", "x\n")
    assert "no file whose name says what it holds" in loadstone("init", "notes", code=1).err


def test_a_plan_is_a_screen_and_a_document(loadstone: CommandLine, connection: psycopg.Connection) -> None:
    loadstone.write("orders.csv", ORDERS + "x,1,2\n")
    screen = loadstone("plan", "orders.csv").out
    assert "orders: would be loaded" in screen
    assert "3 rows read: 2 inserted, 1 rejected" in screen
    assert "too_few_cells  line 4: the record has 3 instead of 4 cells" in screen
    assert 'CREATE TABLE "public"."orders"' in screen
    (planned,) = loadstone("plan", "orders.csv", "--json").document["loads"]
    (load,) = loadstone("load", "orders.csv", "--json").document["loads"]
    assert planned.keys() - load.keys() == {"rejects", "ddl", "changes"}
    same = ("state", "table", "rows_read", "rows_loaded", "rows_rejected", "columns", "dialect", "notes")
    assert [planned[name] for name in same] == [load[name] for name in same]
    assert connection.execute("SELECT count(*) FROM loadstone.loads").fetchone() == (1,)


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--strict",), 1)])
def test_a_plans_exit_status_is_that_of_the_load(
    loadstone: CommandLine, words: tuple[str, ...], code: int
) -> None:
    loadstone.write("orders.csv", ORDERS + "x,1,2\n")
    loadstone("plan", "orders.csv", *words, code=code)
    loadstone("plan", "missing.csv", *words, code=1)
    loadstone("plan", code=2)


PRICES = "Shop\n\nid;name;price\n1;Ann;1,50\n2;Bob;2,75\n3;Cid;3,25\nTotal;;7,50\n"


def test_what_was_decided_of_a_file_is_shown_with_confidence_and_evidence(loadstone: CommandLine) -> None:
    loadstone.write("prices.csv", PRICES)
    wanted = {
        "delimiter": "records have 3 cells",
        "lines above": "of which 'Shop' is the first",
        "header": "are unlike the values below",
        "lines below": "below the rows stands 'Total;;7,50'",
        "numbers": "column 3 holds '1,50'",
    }
    for screen in (loadstone("plan", "prices.csv").out, loadstone("init", "prices.csv", "--stdout").out):
        lines = [line.strip(" #") for line in screen.splitlines()]
        for name, evidence in wanted.items():
            assert any(line.startswith(name + " ") and " % " in line and evidence in line for line in lines)
    decided = loadstone("init", "prices.csv", "--stdout", "--json").document["datasets"][0]["decided"]
    assert decided["footer_lines"]["value"] == 1


def told(loadstone: CommandLine, name: str, wanted: dict[str, str]) -> None:
    """Each decision stands on both screens, with how sure it is and why."""
    for screen in (loadstone("plan", name).out, loadstone("init", name, "--stdout").out):
        lines = [" ".join(line.strip(" #").split()) for line in screen.splitlines()]
        for what, evidence in wanted.items():
            assert any(
                line.startswith(what + " ") and " % " in line and evidence in line for line in lines
            ), what


def test_what_was_decided_of_json_is_shown_with_confidence_and_evidence(loadstone: CommandLine) -> None:
    loadstone.write("days.json", '[\n {"a": 1},\n {"a": 2}\n]\n')
    told(
        loadstone,
        "days.json",
        {
            "format": "the name ends in .json",
            "encoding": "the text is UTF-8",
            "form": "the text begins with '[': the elements of the array are the records",
        },
    )
    decided = loadstone("load", "days.json", "--json").document["loads"][0]["dialect"]["decided"]
    assert decided["form"] == {
        "value": "array",
        "confidence": 1.0,
        "evidence": "the text begins with '[': the elements of the array are the records",
    }


def test_what_was_decided_of_a_workbook_is_shown_with_confidence_and_evidence(loadstone: CommandLine) -> None:
    rows = number("1", "2", "3") + "<row><c><v>1</v></c><c/><c><v>3</v></c></row>" * 4
    sheet = text("Sales of 2024") + text("id", "", "price") + rows
    content = workbook(sheet, text("x"), properties='<workbookPr date1904="1"/>')
    (loadstone.folder / "sales.bin").write_bytes(content)
    told(
        loadstone,
        "sales.bin",
        {
            "format": "the file is a zip archive with the parts of a workbook",
            "sheet": "the first sheet that is visible; there are 'Second', too",
            "dates count from 1904": "the workbook says so",
            "header row": "the first row of mostly text that is as wide as those below it",
            "rows above": "filled rows above the header: 1",
            "columns without a name column_2": "each is named by its place",
        },
    )


def test_types_that_only_the_end_of_a_large_file_shows_are_written_by_init(loadstone: CommandLine) -> None:
    rows = [f'{{"id": {i}, "v": {i}}}\n' for i in range(60_000)]
    loadstone.write("day.jsonl", "".join(rows) + '{"id": -1, "v": 0.5, "late": "2024-01-01"}\n')
    written = loadstone("init", "day.jsonl", "--stdout").out
    assert "v: {type: numeric}" in written
    assert "late: {type: date}" in written
    assert "1,000 from the start, 450 from the middle, 150 from the end" in written


def test_init_looks_into_archives(loadstone: CommandLine) -> None:
    with zipfile.ZipFile(loadstone.folder / "export.zip", "w") as archive:
        for name in ("orders/orders_20230510.csv", "orders/orders_20230511.csv", "users.csv"):
            archive.writestr(name, ORDERS)
    loadstone("init", "export.zip")
    text = (loadstone.folder / "pipeline.yaml").read_text()
    assert 'files: ["export.zip!/orders/orders_*.csv"]' in text
    assert "3 objects: 3 loaded; 6 rows loaded" in loadstone("load").out
    assert "export.zip!/users.csv" in loadstone("history", "--key", "export.zip!/users.csv").out
