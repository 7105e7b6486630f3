"""Bad input on the command line: what is printed, how it ends, what the ledger tells, nothing half done."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
import pytest

from fixtures.commandline import CommandLine, Result

GOOD = "id,v\n1,a\n2,b\n"
TYPED = """
datasets:
  orders:
    files: "*.*"
    reject_limit: null
    contract: {contract}
    columns:
      id: {{type: integer, required: true}}
      v: {{type: text}}
"""

Content = str | bytes


@dataclass(frozen=True)
class Failure:
    """What a file that cannot be loaded leads to; `{{folder}}` stands for where the command runs."""

    content: Content
    error: str
    hint: str
    code: str
    contract: str = "evolve"


FAILURES = {
    "empty": Failure("", "the file is empty", "a file needs at least a header line", "format_error"),
    "a header that names a column twice": Failure(
        "id,v,id\n1,a,2\n",
        "line 1: the header names 'id' more than once",
        "name the columns yourself: `format: {header: [first, second, ...]}`, "
        "with skip_lines: 1 where the file has a header line",
        "format_error",
    ),
    "two columns that differ by case alone": Failure(
        "id,v,ID\n1,a,2\n",
        "'id' and 'ID' would become the same column 'id'",
        "rename one of them with `rename:` under `columns:`",
        "contract_error",
    ),
    "a column that a frozen contract does not know": Failure(
        "id,v,extra\n1,a,2\n",
        "the contract does not know 'extra'",
        "add it under `columns:`, or choose another `contract:` "
        "(evolve adds it, discard_value leaves it out, discard_row leaves out rows that have it)",
        "contract_error",
        contract="freeze",
    ),
    "a required column is missing": Failure(
        "v\na\n",
        "the file lacks 'id', which the contract requires",
        "the file has: v; rename a column with `rename:`, give it a `default:`, or drop `required:`",
        "contract_error",
    ),
    "a gzip file that was cut off": Failure(
        gzip.compress(GOOD.encode() * 9)[:-12],
        "the gzip data ends too early, after {size} compressed bytes",
        "the file was cut off, or is still being written; upload it again",
        "compression_error",
    ),
}


def assert_told(result: Result, *errors: tuple[str, str]) -> None:
    """stderr holds these errors with these hints, and nothing else."""
    expected = [line for what, hint in errors for line in (f"error: {what}", f"hint: {hint}")]
    assert result.err.splitlines() == expected


def tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [name for (name,) in found]


def ledger(connection: psycopg.Connection) -> list[tuple[str, str | None]]:
    query = "SELECT state, error_code FROM loadstone.loads ORDER BY load_id"
    return [(state, code) for state, code in connection.execute(query)]


@pytest.mark.parametrize("named", FAILURES)
def test_a_file_that_cannot_be_loaded_fails_with_its_reason_and_leaves_nothing_but_a_line_in_the_ledger(
    loadstone: CommandLine, connection: psycopg.Connection, named: str
) -> None:
    case = FAILURES[named]
    data = case.content.encode() if isinstance(case.content, str) else case.content
    (loadstone.folder / "day.csv").write_bytes(data)
    loadstone.write("pipeline.yaml", TYPED.format(contract=case.contract))
    result = loadstone("load", "day.csv", code=1)
    path = loadstone.folder / "day.csv"
    assert_told(result, (f"{path}: {case.error.replace('{size}', str(len(data)))}", case.hint))
    assert result.out == f"failed       {path} -> orders: load 1\n"
    assert ledger(connection) == [("failed", case.code)]
    assert tables(connection) == []
    told = loadstone("load", "day.csv", "--json", code=1).document["loads"][0]
    assert (told["state"], told["error_code"], told["hint"]) == ("failed", case.code, case.hint)
    assert (told["load_id"], told["rows_loaded"]) == (2, 0)


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        (
            "missing.csv",
            "{folder}/missing.csv: no such file",
            "nothing in {folder} is called so: check the path",
        ),
        ("dya.csv", "{folder}/dya.csv: no such file", "did you mean day.csv?"),
        ("no/day.csv", "{folder}/no/day.csv: no such file", "there is no folder {folder}/no either"),
        ("hollow", "hollow: there is no file in it", "hidden files are not counted"),
        (
            "*.tsv",
            "*.tsv: no file matches this pattern",
            "`*` stays within a folder, `**` crosses folders; [[] stands for a bracket itself",
        ),
    ],
)
def test_what_is_not_there_is_an_error_with_a_way_out(
    loadstone: CommandLine, connection: psycopg.Connection, word: str, what: str, hint: str
) -> None:
    loadstone.write("day.csv", GOOD)
    (loadstone.folder / "hollow").mkdir()
    folder = str(loadstone.folder)
    result = loadstone("load", word, code=1)
    assert_told(result, (what.replace("{folder}", folder), hint.replace("{folder}", folder)))
    assert result.out == ""
    assert ledger(connection) == []


def test_a_directory_means_the_files_in_it(loadstone: CommandLine, connection: psycopg.Connection) -> None:
    loadstone.write("days/orders.csv", GOOD)
    assert loadstone("load", "days").out.startswith("loaded ")
    assert loadstone("load", "days/").out.startswith("skipped ")
    assert tables(connection) == ["orders"]


def test_a_directory_that_stands_where_a_source_names_a_file_is_told(loadstone: CommandLine) -> None:
    loadstone.write("day.csv", GOOD)
    loadstone.write("pipeline.yaml", "source: day.csv\n" + TYPED.format(contract="evolve"))
    result = loadstone("load", code=2)
    assert "a source is a folder or a bucket, this is a file" in result.err


def test_a_header_without_rows_makes_no_table_of_types_that_it_cannot_show(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("orders.csv", "id,v\n")
    result = loadstone("load", "orders.csv")
    assert ": 0 rows, " in result.out
    assert result.err == (
        "note: merged by id, as the file has such a column; --mode append adds every row\n"
        "note: the file has no rows, so nothing shows the type of 'id' and 'v': the table will be made when a"
        " file with rows comes\n"
    )
    assert tables(connection) == []
    assert ledger(connection) == [("loaded", None)]
    assert loadstone("load", "orders.csv").out.startswith("skipped ")


def test_a_header_without_rows_makes_the_table_where_the_contract_has_its_types(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", TYPED.format(contract="evolve"))
    loadstone.write("day.csv", GOOD.splitlines()[0] + "\n")
    assert loadstone("load", "day.csv").err == "note: the file has no rows\n"
    assert tables(connection) == ["orders"]


def test_every_mistake_in_a_pipeline_file_is_told_with_its_place(loadstone: CommandLine) -> None:
    loadstone.write(
        "pipeline.yaml",
        'datasets:\n  orders:\n    files: "*"\n    modee: append\n    columns:\n      id: {requird: true}\n',
    )
    loadstone.write("day.csv", GOOD)
    result = loadstone("load", "day.csv", code=2)
    assert_told(
        result,
        ("pipeline.yaml:4:5: datasets.orders.modee: unknown key", "did you mean mode?"),
        ("pipeline.yaml:6:12: datasets.orders.columns.id.requird: unknown key", "did you mean required?"),
    )
    assert result.out == ""


TWO_OF_ONE = """
source: .
datasets:
  days: {files: "day*.csv"}
  all: {files: "*.csv"}
"""


@pytest.mark.parametrize("words", [["load"], ["load", "day.csv"]])
def test_two_datasets_that_match_one_file_are_refused_before_anything_is_loaded(
    loadstone: CommandLine, connection: psycopg.Connection, words: Sequence[str]
) -> None:
    loadstone.write("pipeline.yaml", TWO_OF_ONE)
    loadstone.write("alone.csv", GOOD)
    loadstone.write("day.csv", GOOD)
    result = loadstone(*words, code=2)
    hint = "make their `files` patterns exclude one another, or name one with --dataset"
    assert_told(result, ("day.csv: 2 datasets match this file: days, all", hint))
    assert tables(connection) == []
    assert ledger(connection) == []
    checked = loadstone("validate", code=1)
    assert "error: all: 1 file matches another dataset, too, such as day.csv" in checked.err
    assert "hint: make the `files` patterns exclude one another" in checked.err


def test_a_dataset_that_matches_nothing_is_told_and_the_file_that_no_dataset_matches(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", 'source: .\ndatasets:\n  days: {files: "day*.csv"}\n')
    loadstone.write("other.csv", GOOD)
    hint = "check `files:` and `source:`; `loadstone validate` shows what matches"
    where = f"{loadstone.folder}, dataset days"
    result = loadstone("load", code=1)
    assert result.err.splitlines()[-1] == f"hint: {hint}"
    assert "dataset days: no file matches day*.csv" in result.err, where
    result = loadstone("load", "other.csv", code=2)
    hint = "the nearest pattern is 'day*.csv'; add one to a dataset's `files`, or use --dataset"
    assert_told(result, ("other.csv: no dataset matches this file", hint))
    assert ledger(connection) == []


def test_a_zip_bomb_stops_at_the_ratio_and_leaves_nothing(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    filler = b"1," + b"x" * 1_000_000 + b"\n"
    packed = gzip.compress(b"id,v\n" + filler * 80)
    (loadstone.folder / "day.csv.gz").write_bytes(packed)
    result = loadstone("load", "day.csv.gz", "--all-text", code=1)
    errors = [line for line in result.err.splitlines() if line.startswith(("error: ", "hint: "))]
    assert errors[0].startswith(
        f"error: {loadstone.folder / 'day.csv.gz'}: {len(packed):,} bytes of gzip have grown to "
    )
    assert errors[0].endswith(", more than 200 times as many")
    assert errors[1:] == [
        "hint: if the file is to be trusted, set format: {max_compression_ratio: N} in the dataset"
    ]
    assert ledger(connection) == [("failed", "decompression_bomb")]
    assert tables(connection) == []


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), id="an image"),
        pytest.param(lambda: bytes(2_000), id="zeros"),
        pytest.param(lambda: bytes(range(256)) * 40, id="every byte"),
    ],
)
def test_what_is_no_text_at_all_is_refused_in_a_few_words(
    loadstone: CommandLine, connection: psycopg.Connection, damage: Callable[[], bytes]
) -> None:
    (loadstone.folder / "day.csv").write_bytes(damage())
    result = loadstone("load", "day.csv", code=1)
    assert result.err.startswith(f"error: {loadstone.folder / 'day.csv'}: ")
    assert "\nhint: " in result.err
    assert max(map(len, result.err.splitlines())) < 400
    assert result.err.isascii()
    assert ledger(connection) == [("failed", "format_error")]
    assert tables(connection) == []
