"""The Big List of Naughty Strings, from file to table: each one comes out as it went in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from fixtures.landing import Landing

NAUGHTY: list[str] = json.loads(
    (Path(__file__).parents[1] / "data" / "naughty-strings" / "blns.json").read_text(encoding="utf-8")
)
TYPES = ["text", "varchar", "text[]"]


def as_csv(rows: list[tuple[str, str]], quoting: int) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator="\n").writerows([("id", "v"), *rows])
    return out.getvalue()


def as_jsonl(rows: list[tuple[str, str]], *, ascii_only: bool) -> str:
    return "".join(json.dumps({"id": n, "v": text}, ensure_ascii=ascii_only) + "\n" for n, text in rows)


FORMS = {
    "csv with every cell quoted": ("day.csv", lambda rows: as_csv(rows, csv.QUOTE_ALL)),
    "csv quoted where needed": ("day.csv", lambda rows: as_csv(rows, csv.QUOTE_MINIMAL)),
    "json in utf-8": ("day.jsonl", lambda rows: as_jsonl(rows, ascii_only=False)),
    "json with escapes": ("day.jsonl", lambda rows: as_jsonl(rows, ascii_only=True)),
}


def in_array(text: str) -> str:
    return '{"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"}'


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize("form", FORMS)
def test_every_naughty_string_arrives_unchanged(folder_landing: Landing, form: str, type_name: str) -> None:
    key, written = FORMS[form]
    strings = [in_array(text) if type_name == "text[]" else text for text in NAUGHTY]
    folder_landing.options = {
        "types": "text",
        "columns": {"id": {"type": "integer"}, "v": {"type": type_name}},
    }
    folder_landing.put(key, written([(str(n), text) for n, text in enumerate(strings)]))
    outcome = folder_landing.load(key)
    assert (outcome.state, outcome.counts.rejected, outcome.error) == ("loaded", 0, None)
    value = "v[1]" if type_name == "text[]" else "v"
    found = dict(folder_landing.query(f"SELECT id, {value} FROM orders"))
    # What nothing is written for, unquoted, is NULL.
    empty = None if form == "csv quoted where needed" and type_name != "text[]" else ""
    assert found == {n: text or empty for n, text in enumerate(NAUGHTY)}
