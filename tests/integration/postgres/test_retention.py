"""What goes after its time, whose it is, and who sees to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from msgspec.structs import replace

from fixtures.number_loads import dataset, load, reject, request
from loadstone.postgres import PostgresDatabase, retention

WEEK = {"raw_texts": timedelta(days=7)}


@pytest.fixture
def database(database_url: str, connection: psycopg.Connection) -> PostgresDatabase:
    """With one load of `shop`, two of whose rejects are ten days old and one is new."""
    made = PostgresDatabase(database_url)
    texts = [
        reject(1, "'it''s mine' is not an integer"),
        reject(2, 'invalid input syntax for type integer: "mine, too"'),
        reject(3),
    ]
    load(made, request(), [1], texts)
    connection.execute(
        "UPDATE loadstone.rejects SET rejected_at = now() - interval '10 days',"
        """ others = '[{"column": "b", "code": "x", "reason": "''mine'' is no date"}]' WHERE row_number < 3"""
    )
    return made


def rows(connection: psycopg.Connection, what: str = "row_number, raw, reason") -> list[tuple[object, ...]]:
    query = f"SELECT {what} FROM loadstone.rejects ORDER BY load_id, row_number"
    return connection.execute(query.encode()).fetchall()


def total(batches: list[retention.Forgotten]) -> dict[str, int]:
    return {kind: sum(b.rows for b in batches if b.kind == kind) for kind in {b.kind for b in batches}}


def test_texts_go_with_what_reasons_quote_of_them_and_the_ledger_stays(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    assert total(list(database.forget(WEEK))) == {"raw_texts": 2}
    assert rows(connection) == [
        (1, None, "… is not an integer"),
        (2, None, "invalid input syntax for type integer: …"),
        (3, b"x\n", "'x' is not an integer"),
    ]
    assert rows(connection, "others") == [
        ([{"column": "b", "code": "x", "reason": "… is no date"}],),
        ([{"column": "b", "code": "x", "reason": "… is no date"}],),
        (None,),
    ]
    assert list(database.forget(WEEK)) == []
    assert database.find(1).counts.rejected == 3


def test_rejects_go_altogether_where_that_is_asked_for(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    assert total(list(database.forget({"rejects": timedelta(days=9)}))) == {"rejects": 2}
    assert rows(connection, "row_number") == [(3,)]
    assert database.find(1).counts.rejected == 3


def test_a_pipelines_retention_takes_nothing_of_anothers(database: PostgresDatabase) -> None:
    assert list(database.forget(WEEK, "another")) == []
    assert list(database.forget({"rejects": timedelta(0)}, "another")) == []
    assert total(list(database.forget(WEEK, "shop"))) == {"raw_texts": 2}


def test_it_goes_in_batches_and_who_leaves_off_has_done_a_part(
    database: PostgresDatabase, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 1)
    first = next(database.forget_if_due({"rejects": timedelta(days=7)}, "shop"))
    assert first == retention.Forgotten("rejects", 1)
    assert len(rows(connection)) == 2
    # It was not done: the next one goes on, though it comes at once.
    assert total(list(database.forget_if_due({"rejects": timedelta(days=7)}, "shop"))) == {"rejects": 1}
    assert rows(connection, "row_number") == [(3,)]


def test_it_is_applied_again_only_when_it_is_time(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    assert total(list(database.forget_if_due(WEEK, "shop"))) == {"raw_texts": 2}
    connection.execute("UPDATE loadstone.rejects SET rejected_at = now() - interval '10 days', raw = 'x'")
    assert list(database.forget_if_due(WEEK, "shop")) == []
    past = "UPDATE loadstone.settings SET changed_at = now() - interval '{}' WHERE name LIKE 'retention%'"
    connection.execute(past.format("6 hours").encode())  # a week / 24 is 7 hours
    assert list(database.forget_if_due(WEEK, "shop")) == []
    connection.execute(past.format("8 hours").encode())
    assert total(list(database.forget_if_due(WEEK, "shop"))) == {"raw_texts": 3}
    # Another pipeline keeps a time of its own.
    load(database, replace(request(), pipeline="other"), [1], [reject(1)])
    connection.execute("UPDATE loadstone.rejects SET rejected_at = now() - interval '10 days'")
    assert total(list(database.forget_if_due(WEEK, "other"))) == {"raw_texts": 1}


def test_eight_workers_that_ask_at_once_do_it_once(
    database: PostgresDatabase, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 1)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: list(database.forget_if_due(WEEK, "shop")), range(8))
        taken = total([batch for batches in found for batch in batches])
    rest = total(list(database.forget_if_due(WEEK, "shop")))  # what all of them left to one another
    assert taken.get("raw_texts", 0) + rest.get("raw_texts", 0) == 2
    assert rows(connection, "raw") == [(None,), (None,), (b"x\n",)]


def test_rows_that_a_replay_is_at_are_left_to_the_next_pass_and_nobody_waits(
    database: PostgresDatabase, database_url: str
) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("UPDATE loadstone.rejects SET replayed_by = 'somebody' WHERE row_number = 1")
        assert total(list(database.forget(WEEK))) == {"raw_texts": 1}
    assert total(list(database.forget(WEEK))) == {"raw_texts": 1}


def test_a_load_goes_on_while_retention_is_applied(
    database: PostgresDatabase, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 1)
    with database.admit(request(2), dataset()) as admission:
        assert admission.transaction is not None
        assert total(list(database.forget_if_due(WEEK, "shop"))) == {"raw_texts": 2}
        admission.transaction.withdraw()
    batches = database.forget({"rejects": timedelta(days=9)})
    assert next(batches).rows == 1
    load(database, request(3), [1, 2], [reject(9)])  # amid a pass
    assert total(list(batches)) == {"rejects": 1}
    assert rows(connection, "row_number") == [(3,), (9,)]


def test_notifications_go_but_those_that_would_be_sent_again(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    connection.execute(
        "INSERT INTO loadstone.notifications (pipeline, dataset, load_id, target, kind, state, created_at)"
        " SELECT pipeline, 'numbers', days, 'a topic', 'loaded', 'sent', now() - days * interval '1 day'"
        " FROM unnest(ARRAY[1, 8, 10, 100]) AS days, unnest(ARRAY['shop', 'other']) AS pipeline"
        " WHERE days <> 100 OR pipeline = 'shop'"
        " ON CONFLICT DO NOTHING"
    )
    left = "SELECT load_id FROM loadstone.notifications ORDER BY 1"
    assert total(list(database.forget({"notifications": timedelta(days=50)}, "shop"))) == {"notifications": 1}
    assert connection.execute(left).fetchall() == [(1,), (8,), (10,)]
    assert total(list(database.forget({"notifications": timedelta(0)}))) == {"notifications": 1}
    assert connection.execute(left).fetchall() == [(1,), (8,)]


def test_an_old_schema_without_notifications_is_no_hindrance(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    connection.execute("DROP TABLE loadstone.notifications, loadstone.notification_subscriptions")
    connection.execute("DELETE FROM loadstone.schema_version WHERE version = 2")
    ages = {**WEEK, "notifications": timedelta(days=7)}
    assert total(list(database.forget_if_due(ages, "shop"))) == {"raw_texts": 2}


def test_a_role_with_the_printed_grants_may_apply_it(
    database: PostgresDatabase, connection: psycopg.Connection, database_url: str
) -> None:
    role = "keeper_" + str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])[-20:]
    connection.execute(f'CREATE ROLE "{role}" LOGIN'.encode())
    try:
        connection.execute(database.grants(role).encode())
        weak = PostgresDatabase(psycopg.conninfo.make_conninfo(database_url, user=role))
        ages = {"raw_texts": timedelta(days=7), "rejects": timedelta(days=9), "notifications": timedelta(1)}
        assert total(list(weak.forget_if_due(ages, "shop"))) == {"raw_texts": 2, "rejects": 2}
    finally:
        connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"'.encode())
