from __future__ import annotations

import psycopg
import pytest

from fixtures.number_loads import dataset, load, request
from loadstone.errors import DestinationError, LoadNotFound, ObjectBusy
from loadstone.postgres import PostgresDatabase


@pytest.fixture
def database(database_url: str) -> PostgresDatabase:
    return PostgresDatabase(database_url)


def values(connection: psycopg.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT a FROM public.numbers ORDER BY 1")]


def test_undo_takes_out_the_rows_of_one_load_and_of_no_other(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1, "a.csv"), [1, 2])
    load(database, request(1, "b.csv"), [2, 3])
    record = database.undo(1)
    assert (record.load_id, record.state, record.is_current) == (1, "undone", False)
    assert values(connection) == [2, 3]


def test_what_was_undone_can_be_loaded_again(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(), [1])
    database.undo(1)
    assert load(database, request(), [1]).state is None
    assert values(connection) == [1]


def test_a_load_is_undone_once(database: PostgresDatabase) -> None:
    load(database, request(), [1])
    database.undo(1)
    with pytest.raises(DestinationError, match="load 1: it is undone"):
        database.undo(1)


def test_an_unknown_load_cannot_be_undone(database: PostgresDatabase) -> None:
    with pytest.raises(LoadNotFound):
        database.undo(1)


def test_rows_without_lineage_cannot_be_undone_and_stay(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(), [1], lineage=False)
    with pytest.raises(DestinationError, match="no _load_id"):
        database.undo(1)
    assert values(connection) == [1]
    assert database.find(1).state == "loaded"


def test_an_object_that_is_being_loaded_is_left_alone(database: PostgresDatabase) -> None:
    load(database, request(1), [1])
    with database.admit(request(2), dataset()), pytest.raises(ObjectBusy):
        database.undo(1)


def test_undo_of_a_table_that_was_dropped_ends_the_load(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(), [1])
    connection.execute("DROP TABLE public.numbers")
    assert database.undo(1).state == "undone"


@pytest.mark.parametrize("name", ["100%", "odd %s", 'half "%(x)s'])
def test_a_load_into_a_table_whose_name_holds_a_percent_sign_is_undone(
    database: PostgresDatabase, connection: psycopg.Connection, name: str
) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    load(database, request(1, "a.csv", table=quoted), [1, 2])
    load(database, request(1, "b.csv", table=quoted), [3])
    assert database.undo(1).state == "undone"
    left = psycopg.sql.SQL("SELECT a FROM {}").format(psycopg.sql.Identifier(name))
    assert connection.execute(left).fetchall() == [(3,)]
