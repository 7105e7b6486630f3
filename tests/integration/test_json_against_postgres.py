"""What the JSON Lines codec makes of a value is what PostgreSQL itself reads from it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadstone.codec.jsonlines import JsonLinesEncoder
from loadstone.codec.jsontext import json_error, jsonb_error
from loadstone.model.batch import Chunk
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.types import parse_type

SUITE = Path(__file__).parents[1] / "data" / "json-test-suite" / "test_parsing"

strings = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]), max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | strings,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(strings, children, max_size=3),
    max_leaves=8,
)
objects = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["t", "j", "b", "é", "other"]), values), st.booleans(), st.booleans()
    ),
    min_size=1,
    max_size=8,
)


def plan_of(**columns: str) -> LoadPlan:
    return LoadPlan(
        tuple(Cell(name, (Column(name, parse_type(text), source=name),)) for name, text in columns.items()),
        lineage=False,
        row_numbers=True,
    )


def encode(plan: LoadPlan, lines: list[bytes]) -> Chunk:
    chunk, _ = JsonLinesEncoder(plan).feed(b"\n".join(lines), True)
    assert chunk.records == len(lines)
    return chunk


def copy(connection: psycopg.Connection, table: str, chunk: Chunk) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copying:
        copying.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8) + bytes(chunk.tuples) + b"\xff\xff")


def postgres_takes(connection: psycopg.Connection, text: str, cast: str) -> bool:
    try:
        connection.execute(f"SELECT %s::text::{cast}", (text,))
    except psycopg.Error:
        return False
    return True


@given(objects)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_members_are_what_postgresql_finds_under_their_keys(connection, made):
    lines = [json.dumps(value, ensure_ascii=escapes, indent=None) for value, escapes, _ in made]
    lines = [
        line.replace(": ", ":  ") if spaced else line for line, (*_, spaced) in zip(lines, made, strict=True)
    ]
    connection.execute("DROP TABLE IF EXISTS found")
    connection.execute('CREATE TABLE found (t text, j json, b jsonb, "é" text, row bigint)')
    chunk = encode(plan_of(t="text", j="json", b="jsonb", é="text"), [line.encode() for line in lines])
    assert not chunk.rejects
    copy(connection, "found", chunk)
    different = connection.execute(
        """
        SELECT line, found.* FROM found JOIN unnest(%s::text[]) WITH ORDINALITY AS read(line, number)
            ON found.row = read.number
        WHERE t IS DISTINCT FROM line::json ->> 't'
           OR "é" IS DISTINCT FROM line::json ->> 'é'
           OR j::text IS DISTINCT FROM nullif((line::json -> 'j')::text, 'null')
           OR b IS DISTINCT FROM nullif(line::jsonb -> 'b', 'null'::jsonb)
        """,
        (lines,),
    ).fetchall()
    assert different == []
    assert connection.execute("SELECT count(*) FROM found").fetchone() == (len(lines),)


@given(st.lists(numbers | strings | st.booleans(), min_size=1, max_size=20))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_typed_values_are_those_of_postgresqls_casts(connection, made):
    lines = [json.dumps({"n": value, "f": value, "i": value}) for value in made]
    for name, kind in (("n", "numeric"), ("f", "double precision"), ("i", "bigint")):
        connection.execute("DROP TABLE IF EXISTS typed")
        connection.execute(f"CREATE TABLE typed ({name} {kind}, row bigint)")
        chunk = encode(plan_of(**{name: kind}), [line.encode() for line in lines])
        copy(connection, "typed", chunk)
        rejected = {reject.row_number for reject in chunk.rejects}
        read = dict(connection.execute(f"SELECT row, {name}::text FROM typed").fetchall())
        for row, (value, line) in enumerate(zip(made, lines, strict=True), 1):
            text = json.loads(line, parse_float=str, parse_int=str)[name]
            if isinstance(value, bool):
                assert row in rejected
            elif row in rejected:
                assert not postgres_takes(connection, text, kind) or isinstance(value, str)
            elif isinstance(value, str) and not value.strip():
                assert read[row] is None
            else:
                expected = connection.execute(f"SELECT (%s::text::{kind})::text", (text,)).fetchone()
                assert (read[row],) == expected


@pytest.mark.parametrize("prefix", ["y", "n", "i"])
def test_json_and_jsonb_take_what_postgresql_takes(connection, prefix):
    for path in sorted(SUITE.glob(f"{prefix}_*.json")):
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            assert json_error(path.read_bytes()) is not None, path.name
            continue
        if "\x00" in text:
            assert json_error(text.encode()) is not None, path.name
            continue
        if len(text) > 10_000:
            continue  # nested deeper than either takes
        assert (json_error(text.encode()) is None) == postgres_takes(connection, text, "json"), path.name
        assert (jsonb_error(text.encode()) is None) == postgres_takes(connection, text, "jsonb"), path.name


@pytest.mark.parametrize(
    "text",
    [
        r'"\u0000"',
        r'{"a\u0000": 1}',
        r'"\ud800"',
        r'"\udc00x"',
        r'"\ud800\u0041"',
        r'"\ud83d\ude00"',
        *("1e131071", "9.9e131071", "1e131072", "0.00001e131076", "0.00001e131077", "-1e9999999999"),
        *("1e-16383", "1e-16384", "0e-16384", "0e1000000", "0e9999999999", "1e1073741822"),
        *("1" * 131_072, "1" * 131_073, "0." + "1" * 16_383, "0." + "1" * 16_384),
    ],
    ids=lambda text: text[:20],
)
def test_the_limits_of_jsonb_are_known(connection, text):
    assert (json_error(text.encode()) is None) == postgres_takes(connection, text, "json")
    assert (jsonb_error(text.encode()) is None) == postgres_takes(connection, text, "jsonb")


def test_lists_become_arrays_as_postgresql_would_read_them(connection):
    lines = [
        b'{"t": ["a", "b,c", "\\"q\\"", null, "", "NULL", "\\u00e9\\\\"], "i": [1, -2, null]}',
        b'{"t": [], "i": []}',
        b'{"t": [["a"], ["b"]], "i": [[1, 2], [3, 4]]}',
        b'{"t": "{x,y}", "i": "{7}"}',
    ]
    connection.execute("CREATE TABLE lists (t text[], i integer[], row bigint)")
    chunk = encode(plan_of(t="text[]", i="integer[]"), lines)
    assert not chunk.rejects
    copy(connection, "lists", chunk)
    assert connection.execute("SELECT t, i FROM lists ORDER BY row").fetchall() == [
        (["a", "b,c", '"q"', None, "", "NULL", "é\\"], [1, -2, None]),
        ([], []),
        ([["a"], ["b"]], [[1, 2], [3, 4]]),
        (["x", "y"], [7]),
    ]


def test_lists_become_arrays_of_json_whose_elements_are_kept_as_they_are_written(connection):
    lines = [b'{"j": [{"a":  1.50}, [1,[2]], "x", null], "b": [{"a":  1.50}, [1,[2]], "x", null]}']
    connection.execute("CREATE TABLE documents (j json[], b jsonb[], row bigint)")
    chunk = encode(plan_of(j="json[]", b="jsonb[]"), lines)
    assert not chunk.rejects
    copy(connection, "documents", chunk)
    written = connection.execute("SELECT unnest(j)::text, unnest(b)::text FROM documents").fetchall()
    assert written == [
        ('{"a":  1.50}', '{"a": 1.50}'),
        ("[1,[2]]", "[1, [2]]"),
        ('"x"', '"x"'),
        (None, None),
    ]
