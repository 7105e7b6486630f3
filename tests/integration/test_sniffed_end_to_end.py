"""Delimited text as the world sends it, loaded with no configuration."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fixtures.landing import Landing
from loadstone.core.mended import mendable

REPORT = (
    "Umsatzbericht;;\r\n;;\r\nNr;Ort;Betrag\r\n"
    + "".join(f"{i};Köln;{i}.000,5\r\n" for i in range(1, 21))
    + "Gesamt;;210.010,0\r\n"
).encode("cp1252")


def test_a_spreadsheet_of_a_comma_decimal_locale_is_loaded_as_numbers(landing: Landing) -> None:
    outcome = landing.put_and_load(REPORT, "bericht.csv")
    assert (outcome.state, outcome.counts.inserted, outcome.counts.rejected) == ("loaded", 20, 0)
    assert landing.query("SELECT sum(betrag), max(ort), pg_typeof(sum(betrag))::text FROM orders") == [
        (Decimal("210010.0"), "Köln", "numeric")
    ]
    assert any("'Gesamt;;210.010,0'" in note for note in outcome.notes)
    decided = (outcome.dialect or {})["decided"]
    assert decided["encoding"]["value"] == "cp1252"
    assert decided["numbers"]["value"] == {"decimal": ",", "thousands": "."}


@pytest.mark.parametrize(
    ("delimiter", "record"), [("||", "3||x||y||z"), ("   ", "3   x   y   z"), ("|", "3|x|y|z|")]
)
def test_rejects_can_be_mended_whatever_separates_their_cells(
    landing: Landing, delimiter: str, record: str
) -> None:
    trail = delimiter if record.endswith("|") else ""
    rows = [delimiter.join((str(i), "a", "b")) + trail for i in range(4, 40)]
    text = "\n".join([delimiter.join(("id", "v", "w")) + trail, *rows, record, ""])
    outcome = landing.put_and_load(text.encode(), "day.csv")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (36, 1)
    (reject,) = landing.rejects(outcome.load_id or 0)
    mended = b"".join(mendable([reject], outcome.dialect or {}, ["id", "v", "w"]))
    assert mended.splitlines()[1].endswith(record.encode())
