from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import ConfigurationError
from loadstone.postgres.identifiers import TableName, literal, parse_table, shortened, unqualified

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders", TableName(None, "orders")),
        ("Public.Orders", TableName("public", "orders")),
        ('"Public"."Or.ders"', TableName("Public", "Or.ders")),
        ('sales."say ""hi"""', TableName("sales", 'say "hi"')),
        ("car-data", TableName(None, "car-data")),
        ("größe", TableName(None, "größe")),
    ],
)
def test_names_are_read_as_sql_reads_them(text, expected):
    assert parse_table(text) == expected


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a.b.c", '"a', 'a"b"', "a..b", '""'])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(ConfigurationError, match="not the name of a table"):
        parse_table(text)


@given(schema=NAMES, name=NAMES)
def test_a_quoted_name_is_read_back(schema, name):
    table = TableName(schema, name)
    assert parse_table(table.sql) == table


@given(schema=NAMES, name=NAMES)
def test_a_name_as_the_ledger_writes_it_is_read_back_and_is_written_so_again(schema, name):
    table = TableName(schema, name)
    assert parse_table(table.written) == table
    assert parse_table(TableName(None, name).written) == TableName(None, name)


def test_a_name_is_written_without_quotes_where_it_needs_none():
    assert TableName("public", "orders_2").written == "public.orders_2"
    assert TableName("Sales", "or.ders").written == '"Sales"."or.ders"'


@pytest.mark.parametrize(
    ("table", "alone"),
    [("orders", "orders"), ("sales.Orders", "orders"), ('sales."Orders"', "Orders"), ("a.b.c", "a.b.c")],
)
def test_a_dataset_made_up_for_a_table_is_called_as_the_table_without_its_schema(table, alone):
    assert unqualified(table) == alone


def test_a_name_that_would_be_cut_off_is_refused():
    with pytest.raises(ConfigurationError, match="64 bytes"):
        parse_table("x" * 64)


@given(stem=st.text(min_size=1, max_size=100).filter(lambda s: s.isprintable()), other=st.text(max_size=3))
def test_shortened_names_fit_and_stay_apart(stem, other):
    made = shortened(stem, "_12")
    assert len(made.encode()) <= 63
    assert made.endswith("_12")
    assert made == stem + "_12" or shortened(stem + other + "x", "_12") != made


def test_literals_are_quoted():
    assert literal("it's") == "'it''s'"
    assert literal("a\\b'") == "E'a\\\\b'''"
