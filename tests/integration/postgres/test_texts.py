from __future__ import annotations

import pytest

from fixtures.table_loading import File, dataset, load
from loadstone.postgres import texts

COLUMNS = "id integer, at point"


def codes(settled):
    found = sorted((*settled.refused, *settled.refused_rows), key=lambda reject: reject.row_number)
    return [(reject.row_number, reject.column, reject.code) for reject in found]


def has_input_checks(connection):
    return connection.info.server_version >= 160_000


def test_thousands_of_refused_texts_are_found_in_one_statement(database_url, connection, monkeypatch):
    if has_input_checks(connection):
        monkeypatch.setattr(texts, "sift", lambda *_: pytest.fail("bisected"))
    connection.execute("CREATE TABLE t (id integer, at point)")
    rows = [(i, "(1,2)" if i % 4 else f"bad {i}") for i in range(20_000)]
    settled = load(database_url, dataset(reject_limit="30%"), File(COLUMNS, rows))
    assert codes(settled) == [(i + 1, "at", "22P02") for i in range(0, 20_000, 4)]
    assert settled.refused_rows[1].reason == 'invalid input syntax for type point: "bad 4"'
    assert settled.inserted == 15_000


def test_every_column_of_a_row_that_is_refused_is_told(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, at point, net cidr)")
    rows = [(1, "(1,2)", "10.0.0.0/8"), (2, "x", "y"), (3, "(1,2)", "10.0.0.1/8")]
    settled = load(database_url, dataset(), File("id integer, at point, net cidr", rows))
    assert codes(settled) == [(2, "at", "22P02"), (3, "net", "22P02")]
    (first,) = (reject for reject in settled.refused_rows if reject.row_number == 2)
    assert [(column, code) for column, code, _ in first.others] == [("net", "22P02")]


@pytest.mark.parametrize(
    ("type_name", "good", "bad", "code"),
    [
        ("regclass", "pg_class", "no_such_table", "42P01"),
        ("jsonpath", "$.a", "$.[", "42601"),
        ("tsquery", "a & b", "a &", "42601"),
        ("regclass", "pg_class", "1259", "42P01"),
    ],
)
def test_a_value_whose_error_reads_like_one_of_the_statement_is_a_reject(
    database_url, connection, type_name, good, bad, code
):
    connection.execute(f"CREATE TABLE t (id integer, v {type_name})")
    settled = load(
        database_url, dataset(), File(f"id integer, v {type_name}", [(1, good), (2, bad), (3, None)])
    )
    assert codes(settled) == [(2, "v", code)]


def test_the_text_before_takes_the_place_of_a_refused_one_of_its_key(database_url, connection):
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, at point)")
    rows = [(1, "(1,1)"), (1, "(2,2)"), (2, "(3,3)"), (1, "bad"), (1, "worse")]
    settled = load(database_url, dataset(mode="merge", key="id", reject_limit=5), File(COLUMNS, rows))
    assert [number for number, *_ in codes(settled)] == [4, 5]
    assert connection.execute("SELECT id, at::text FROM t ORDER BY id").fetchall() == [
        (1, "(2,2)"),
        (2, "(3,3)"),
    ]
    assert settled.deduplicated == 1


def test_keys_that_are_no_values_of_their_type_are_rejects(database_url, connection):
    connection.execute("CREATE TABLE t (net cidr PRIMARY KEY, v text)")
    rows = [("10.0.0.0/8", "a"), ("10.0.0.1/8", "b"), ("10.0.0.0/8", "c"), ("x", "d")]
    settled = load(
        database_url, dataset(mode="merge", key="net", reject_limit=5), File("net cidr, v text", rows)
    )
    assert codes(settled) == [(2, "net", "22P02"), (4, "net", "22P02")]
    assert connection.execute("SELECT net::text, v FROM t").fetchall() == [("10.0.0.0/8", "c")]


def test_what_a_cast_would_cut_or_round_is_a_reject(database_url, connection):
    connection.execute("CREATE TABLE t (id integer, n name, m money, s interval year to month)")
    rows = [
        (1, "a", "1.50", "1 year"),
        (2, "n" * 64, "1", "1 mon"),
        (3, "b", "1.505", "1 mon"),
        (4, "c", "1.500", "1 mon 1 day"),
    ]
    columns = "id integer, n name, m money, s interval year to month"
    settled = load(database_url, dataset(reject_limit=5), File(columns, rows))
    assert codes(settled) == [(2, "n", "22001"), (3, "m", "22001"), (4, "s", "22001")]
    assert settled.inserted == 1


def test_a_refused_text_does_not_hide_a_row_that_the_table_refuses(database_url, connection):
    connection.execute("CREATE TABLE t (id integer CHECK (id > 0), at point)")
    settled = load(
        database_url, dataset(reject_limit=5), File(COLUMNS, [(1, "(1,2)"), (2, "x"), (-3, "(1,2)")])
    )
    assert codes(settled) == [(2, "at", "22P02"), (3, None, "23514")]
