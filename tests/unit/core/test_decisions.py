"""Decisions about files, as people are shown them."""

from __future__ import annotations

from typing import Any

import pytest

from loadstone.core.decisions import agreed_decisions, told_decisions


def decided(value: object, confidence: float = 0.9, evidence: str = "why") -> dict[str, object]:
    return {"value": value, "confidence": confidence, "evidence": evidence}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("delimiter", "\t", "a tab"),
        ("delimiter", ";", "';'"),
        ("quote", None, "none"),
        ("header", False, "no"),
        ("skip_lines", 1200, "1,200"),
        ("encoding", "cp1252", "cp1252"),
        ("numbers", {"decimal": ",", "thousands": None}, "decimal ','"),
        ("other_tables", [{"line": 1200, "columns": 3}, {"line": 1300, "columns": 2}], None),
    ],
)
def test_a_decision_is_told_in_words(name: str, value: Any, told: str | None) -> None:
    (one,) = told_decisions({"decided": {name: decided(value)}})
    assert one.value == (told or "line 1,200, columns 3; line 1,300, columns 2")
    assert (one.confidence, one.evidence) == ("90 %", "why")


def test_decisions_stand_in_the_order_in_which_a_file_is_read() -> None:
    dialect = {
        "decided": {"header": decided(value=True), "encoding": decided("utf-8")},
        "sampled": {"from the start": 1000, "from the end": 150},
    }
    assert [one.name for one in told_decisions(dialect)] == ["encoding", "header", "rows seen"]
    assert told_decisions(dialect)[-1].evidence == "1,000 from the start, 150 from the end"


def test_formats_that_only_name_what_they_decided_are_told_too() -> None:
    (one,) = told_decisions({"sheet": "May", "decided": ["sheet", "form"]})
    assert one == ("sheet", "May", "", "found in the file")
    assert told_decisions({"decided": []}) == []


def test_files_agree_on_what_was_decided_alike_whatever_the_evidence() -> None:
    first = {"decided": {"delimiter": decided(";", 1.0, "3 of 3"), "header": decided(value=True)}}
    other = {"decided": {"delimiter": decided(";", 0.8, "8 of 9"), "header": decided(value=False)}}
    assert agreed_decisions([first, other]) == {"delimiter": decided(";", 1.0, "3 of 3")}
