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
        ("date_system", 1904, "1904"),
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


def test_that_only_the_beginning_was_seen_is_told_with_the_reason() -> None:
    dialect = {"sampled": {"from the start": 1000}, "only_beginning": "it is compressed"}
    (one,) = told_decisions(dialect)
    assert one == ("rows seen", "1,000", "", "1,000 from the start; it is compressed")


def test_files_agree_on_what_was_decided_alike_whatever_the_evidence() -> None:
    first = {"decided": {"delimiter": decided(";", 1.0, "3 of 3"), "header": decided(value=True)}}
    other = {"decided": {"delimiter": decided(";", 0.8, "8 of 9"), "header": decided(value=False)}}
    assert agreed_decisions([first, other]) == {"delimiter": decided(";", 1.0, "3 of 3")}
