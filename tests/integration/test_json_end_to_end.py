"""JSON files of every form, from file to table."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

import loadstone
from fixtures.landing import Landing

SUITE = Path(__file__).parents[1] / "data" / "json-test-suite"


def records_of(content: bytes) -> int:
    """How many rows a document of the suite is."""
    value = json.loads(content.decode())
    return len(value) if isinstance(value, list) else 1


def test_every_good_file_of_the_json_test_suite_is_read(database_url: str) -> None:
    outcomes = {
        Path(outcome.uri).name: outcome
        for outcome in loadstone.load(f"{SUITE / 'test_parsing'}/y_*.json", to=database_url)
    }
    files = {path.name: path.read_bytes() for path in (SUITE / "test_parsing").glob("y_*.json")}
    assert outcomes.keys() == files.keys()
    for name, outcome in outcomes.items():
        assert outcome.state == "loaded", (name, outcome.error)
        assert outcome.counts.read == records_of(files[name]), name
    with psycopg.connect(database_url) as connection:
        reasons = connection.execute(
            "SELECT uri, code, reason FROM loadstone.rejects JOIN loadstone.loads USING (load_id)"
        ).fetchall()
    assert all(reason for *_, reason in reasons)
    # What no column can hold is all that is rejected.
    for uri, code, _ in reasons:
        assert code == "nul_character"
        assert b"\\u0000" in files[Path(uri).name]


def test_values_in_json_columns_are_kept_as_they_are_written(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"columns": {"name": {"type": "text"}, "j": {"type": "json"}}, "reject_limit": 100}
    contents = {path.name: path.read_bytes().strip() for path in (SUITE / "test_transform").iterdir()}
    elements = [b'{"name": "%s",\n "j": %s}' % (name.encode(), text) for name, text in contents.items()]
    outcome = landing.put_and_load(b"[\n" + b",\n".join(elements) + b"\n]\n", "all.json")
    stored = dict(landing.query("SELECT name, convert_to(j::text, 'UTF8') FROM orders"))
    assert all(text == contents[name] for name, text in stored.items())
    assert outcome.counts.read == len(contents)
    refused = contents.keys() - stored.keys()
    assert len(landing.rejects()) == len(refused)
    assert all("invalid_codepoint" in name for name in refused)


def test_the_forms_of_one_data_set_give_one_table(folder_landing: Landing) -> None:
    rows = [{"id": n, "v": f"ü{n}", "more": {"a": [n, None], "b": 1.50}} for n in range(1, 400)]
    compact = [json.dumps(row, ensure_ascii=False) for row in rows]
    pretty = json.dumps(rows, indent=2)
    forms = {
        "lines.json": "\n".join(compact),
        "array.json": "[\n" + ",\n".join(compact) + "\n]\n",
        "minified.json": "[" + ",".join(compact) + "]",
        "pretty.json": pretty,
        "joined.json": "".join(compact),
        "concatenated.json": "\n".join(json.dumps(row, indent=4) for row in rows),
        "within.json": f'{{"took": 1, "data": {{"x": [{{}}], "items": {pretty}}}, "end": [[]]}}',
    }
    for name, content in forms.items():
        landing = folder_landing
        landing.options = {"table": f"t_{name.partition('.')[0]}", "files": name}
        if name == "within.json":
            landing.options["format"] = {"records": "$.data.items"}
        assert landing.put_and_load(content, name).counts.inserted == len(rows), name
    expected = landing.query("SELECT id, v, more::text, pg_typeof(id)::text FROM t_lines ORDER BY id")
    assert expected[0] == (1, "ü1", '{"a": [1, null], "b": 1.5}', "bigint")
    for name in forms:
        table = f"t_{name.partition('.')[0]}"
        assert expected == landing.query(
            f"SELECT id, v, more::text, pg_typeof(id)::text FROM {table} ORDER BY id"
        ), name


def test_flattened_objects_become_columns_and_lists_stay_jsonb(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"format": {"nested": "flatten"}}
    content = (
        '[{"id": 1, "at": {"city": "Köln", "geo": {"lat": 50.9}}, "tags": ["a", 1]}, {"id": 2, "at": {}}]'
    )
    outcome = landing.put_and_load(content, "day.json")
    assert outcome.dialect is not None
    assert (outcome.dialect["nested"], outcome.dialect["separator"]) == ("flatten", "_")
    assert landing.query("SELECT id, at_city, at_geo_lat::text, tags FROM orders ORDER BY id") == [
        (1, "Köln", "50.9", ["a", 1]),
        (2, None, None, None),
    ]


def test_a_key_within_an_object_that_comes_late_becomes_a_column_too(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"format": {"nested": "flatten", "separator": "__"}}
    rows = [{"id": n, "at": {"city": "x"}} for n in range(1500)] + [{"id": 1500, "at": {"height": 53}}]
    assert landing.put_and_load(json.dumps(rows), "day.json").counts.inserted == 1501
    assert landing.query("SELECT id, at__height::text FROM orders WHERE at__height IS NOT NULL") == [
        (1500, "53")
    ]


def test_a_broken_element_is_one_reject_that_can_be_mended(folder_landing: Landing, tmp_path: Path) -> None:
    landing = folder_landing
    landing.options = {"columns": {"id": {"type": "integer"}, "v": {"type": "text"}}}
    content = '[\n  {\n    "id": 1,\n    "v": "a"\n  },\n  {\n    "id": "x",\n    "v": "b"\n  },\n'
    content += '  {\n    "id": 3 "v": "c"\n  },\n  {\n    "id": 4,\n    "v": "d"\n  }\n]\n'
    outcome = landing.put_and_load(content, "day.json")
    assert (outcome.counts.read, outcome.counts.inserted, outcome.counts.rejected) == (4, 2, 2)
    assert landing.reject_places() == [(6, "id", "not_an_integer"), (10, None, "invalid_json")]
    assert [reject.byte_offset for reject in landing.rejects()] == [
        content.index('{\n    "id": "x"'),
        content.index('{\n    "id": 3'),
    ]
    mended = tmp_path.parent / "mended.jsonl"
    mended.write_text('{"_row": 2, "_line": 6, "_reason": "r", "id": 2, "v": "b"}\n')
    assert landing.replay(str(outcome.load_id), rejects=True, mended=mended).state == "loaded"
    assert landing.rows() == [(1, "a"), (2, "b"), (4, "d")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[{"id": 1},\n{"id": 2}', "the file ends on line 2"),
        ('[{"id": 1},\n{"id": 2', "the file ends on line 2"),
        ('[{"id": 1}]\n\n{"id": 2}', "text follows the array on line 3 (byte 13)"),
        ('[{"id": 1}]]', "text follows the array on line 1 (byte 11)"),
    ],
)
def test_an_array_that_is_cut_off_or_goes_on_loads_nothing(
    folder_landing: Landing, content: str, reason: str
) -> None:
    outcome = folder_landing.put_and_load(content, "day.json")
    assert (outcome.state, outcome.error_code) == ("failed", "format_error")
    assert outcome.error is not None
    assert reason in outcome.error
    assert folder_landing.query("SELECT to_regclass('orders')") == [(None,)]


def test_a_path_that_leads_nowhere_is_told(folder_landing: Landing) -> None:
    folder_landing.options = {"format": {"records": "$.data.rows"}}
    outcome = folder_landing.put_and_load('{"data": {"items": [{"id": 1}]}}', "day.json")
    assert outcome.state == "failed"
    assert "`records: $.data.rows`" in str(outcome.error)


def test_a_lonely_value_is_a_row_of_one_column(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"table": "lonely"}
    landing.put_and_load("42", "lonely.json")
    landing.options = {"table": "list"}
    landing.put_and_load('["a", "ü", null, "\\u00e9"]', "list.json")
    assert landing.query("SELECT value FROM lonely") == [(42,)]
    assert landing.query("SELECT value FROM list ORDER BY _row") == [("a",), ("ü",), (None,), ("é",)]
