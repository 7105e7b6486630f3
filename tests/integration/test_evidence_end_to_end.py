"""What a file shows only in its middle or at its end decides the first load, without a second reading."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import pytest

from fixtures.landing import Landing
from fixtures.workbooks import number, text, workbook

COUNT = 60_000


def values() -> list[str]:
    """Whole numbers, but for fractions in the middle and at the end."""
    middle = range(COUNT // 2 - 2_000, COUNT // 2 + 2_000)
    return [f"{i}.5" if i in middle or i > COUNT - 50 else str(i) for i in range(COUNT)]


def jsonl(values: list[str]) -> str:
    return "".join(f'{{"id": {i}, "v": {v}, "name": "Zoë {i}"}}\n' for i, v in enumerate(values))


def array(indent: str) -> str:
    elements = (f'{indent}{{"id": {i}, "v": {v}, "name": "Zoë {i}"}}' for i, v in enumerate(values()))
    return "[\n" + ",\n".join(elements) + "\n]\n"


def table(values: list[str]) -> str:
    return "id;v;name\n" + "".join(f"{i};{v};Zoë {i}\n" for i, v in enumerate(values))


def sheet(values: list[str]) -> bytes:
    return workbook(text("id", "v") + "".join(number(str(i), v) for i, v in enumerate(values)))


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (jsonl(values()).encode(), "day.jsonl"),
        (jsonl(values()).encode("utf-16"), "day.jsonl"),
        (array("").encode(), "day.json"),
        (array("  ").encode(), "day.json"),
        (table(values()).encode("utf-16"), "day.csv"),
        (table(values()).encode("cp1252"), "day.csv"),
    ],
    ids=["lines", "lines in utf-16", "array", "indented array", "table in utf-16", "table in cp1252"],
)
def test_a_type_that_only_the_middle_and_the_end_show_is_found_at_once(
    landing: Landing, content: bytes, key: str
) -> None:
    outcome = landing.put_and_load(content, key)
    assert outcome.error is None
    assert (outcome.counts.inserted, outcome.counts.rejected) == (COUNT, 0)
    assert landing.types() == {"id": "bigint", "v": "numeric", "name": "text"}
    total = sum(map(Decimal, values()))
    assert landing.query("SELECT sum(v), count(*) FILTER (WHERE name = 'Zoë ' || id) FROM orders") == [
        (total, COUNT)
    ]
    # A second attempt would have taken another number.
    assert landing.query("SELECT load_id FROM loadstone.loads") == [(1,)]
    assert "450 rows from the middle, 150 rows from the end" in outcome.evidence["v"]


def test_a_key_that_only_the_last_record_has_becomes_a_column_at_once(landing: Landing) -> None:
    outcome = landing.put_and_load(jsonl(values()) + '{"id": -1, "late": "2024-01-01"}\n', "day.jsonl")
    assert landing.types() == {"id": "bigint", "v": "numeric", "name": "text", "late": "date"}
    assert landing.query("SELECT id FROM orders WHERE late = '2024-01-01'") == [(-1,)]
    assert landing.query("SELECT load_id FROM loadstone.loads") == [(1,)]
    assert [column["name"] for column in outcome.columns] == ["id", "v", "name", "late"]


@pytest.mark.parametrize("format_", ["table", "lines", "workbook"])
def test_of_a_file_whose_beginning_alone_is_seen_that_is_noted_and_what_contradicts_it_widens_the_type(
    folder_landing: Landing, format_: str
) -> None:
    landing = folder_landing
    shown = [*map(str, range(COUNT)), "0.5"]
    content, key, why = {
        "table": (gzip.compress(table(shown).encode()), "day.csv.gz", "what is compressed with gzip is read"),
        "lines": (
            gzip.compress(jsonl(shown).encode()),
            "day.jsonl.gz",
            "what is compressed with gzip is read",
        ),
        "workbook": (sheet(shown), "day.xlsx", "a sheet is read from its beginning"),
    }[format_]
    outcome = landing.put_and_load(content, key)
    assert (outcome.counts.inserted, outcome.counts.rejected) == (COUNT + 1, 0)
    assert landing.query("SELECT sum(v) FROM orders") == [(sum(map(Decimal, shown)),)]
    assert landing.types()["v"] == "numeric"
    dialect = outcome.dialect or {}
    assert dialect["only_beginning"].startswith(why)
    assert dialect["sampled"]["from the start"] in {999, 1000}
    assert "from the end" not in dialect["sampled"]
    assert outcome.evidence["v"].endswith("but there are values further on that bigint does not hold")


def test_the_ledger_keeps_decisions_with_confidence_and_evidence_for_every_format(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    landing.put_and_load(json.dumps([{"id": 1, "v": 1}]), "a.json")
    landing.put_and_load(workbook(text("id", "v") + number("1", "2")), "b.xlsx")
    landing.put_and_load("id,v\n1,2\n", "c.csv")
    kept = landing.query("SELECT dialect -> 'decided' FROM loadstone.loads ORDER BY load_id")
    assert [decided.keys() for (decided,) in kept] == [
        {"format", "encoding", "form"},
        {"format", "sheet", "date_system", "header_row"},
        {"format", "encoding", "delimiter", "quote", "header"},
    ]
    for (decided,) in kept:
        for decision in decided.values():
            assert decision.keys() == {"value", "confidence", "evidence"}
            assert 0 <= decision["confidence"] <= 1
            assert decision["evidence"]
