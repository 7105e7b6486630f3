from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fixtures.number_loads import dataset, fill, load, reject, request
from loadstone.embedded import EmbeddedServer
from loadstone.errors import (
    AuthenticationFailed,
    ConnectionLost,
    DatabaseBusy,
    DatabaseUnavailable,
    DestinationError,
    LoadstoneError,
    PermissionDenied,
    Transient,
)
from loadstone.model.pipeline import Limits
from loadstone.postgres import PostgresDatabase
from loadstone.postgres.connection import Connector


def test_everything_works_through_a_pooler_in_transaction_mode(
    pgbouncer_url: str, connection: psycopg.Connection
) -> None:
    database = PostgresDatabase(pgbouncer_url)
    load(database, request(1), [1, 2], [reject(3)])
    load(database, request(2), [2, 3])
    load(database, request(3, "other.csv"), [7])
    assert load(database, request(2)).state == "skipped"
    database.undo(3)
    assert [row[0] for row in connection.execute("SELECT a FROM public.numbers ORDER BY 1")] == [2, 3]
    assert [record.state for record in database.history()] == ["undone", "loaded", "replaced"]


def test_nothing_that_was_set_outlives_its_transaction(database_url: str) -> None:
    connector = Connector(database_url, limits=Limits(), application_name="test")
    connection = connector.open()
    with connection:
        before = connection.execute("SHOW lock_timeout").fetchone()
        connection.commit()
        connector.begin(connection)
        assert connection.execute("SHOW lock_timeout").fetchone() == ("10s",)
        connection.commit()
        assert connection.execute("SHOW lock_timeout").fetchone() == before


def test_a_lock_that_is_not_given_in_time_is_transient(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute("CREATE TABLE taken (a integer)")
    connector = Connector(database_url, limits=Limits(lock_timeout=0.05), application_name="test")
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE taken")
        with pytest.raises(DatabaseBusy, match="lock timeout") as raised, connector.transaction() as ours:
            ours.execute("SELECT FROM taken")
    assert raised.value.code == "55P03"


def test_a_missing_database_is_a_mistake_not_a_fault(database_url: str) -> None:
    gone = make_conninfo(database_url, dbname="no_such_database")
    with pytest.raises(DestinationError, match="does not exist") as raised:
        PostgresDatabase(gone).ensure_schema()
    assert not isinstance(raised.value, Transient)
    assert raised.value.hint


def test_a_server_that_is_not_there_is_transient_and_named_without_password() -> None:
    with pytest.raises(ConnectionLost, match=r"127\.0\.0\.1:1/d: cannot connect") as raised:
        PostgresDatabase("postgresql://u:s3cret@127.0.0.1:1/d").ensure_schema()
    assert "s3cret" not in str(raised.value)
    assert "nothing listens there" in (raised.value.hint or "")


def test_a_wrong_password_is_a_mistake_not_a_fault(server: EmbeddedServer) -> None:
    rules = Path(server.data_folder) / "pg_hba.conf"
    rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    server.restart()
    for password in ("wr0ng", ""):
        with pytest.raises(AuthenticationFailed) as raised:
            PostgresDatabase(make_conninfo(server.url, user="guarded", password=password)).ensure_schema()
        assert "wr0ng" not in f"{raised.value} {raised.value.hint}"


def test_a_read_only_database_is_transient(database_url: str, connection: psycopg.Connection) -> None:
    load(PostgresDatabase(database_url), request(1), [1])
    name = conninfo_to_dict(database_url)["dbname"]
    connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with (
        pytest.raises(DatabaseUnavailable, match="read-only") as raised,
        PostgresDatabase(database_url).admit(request(2), dataset()),
    ):
        pass
    assert "primary" in (raised.value.hint or "")
    assert PostgresDatabase(database_url).check().is_read_only


def test_a_restart_of_the_server_within_a_load_is_transient_and_leaves_nothing(
    server: EmbeddedServer,
) -> None:
    database = PostgresDatabase(server.url)
    with database.admit(request(), dataset()) as admission:
        transaction = admission.transaction
        assert transaction is not None
        server.crash()
        server.restart()
        with pytest.raises(Transient):
            fill(transaction, dataset(), [1, 2])
        transaction.rollback()
    answer = load(database, request(), [1, 2])
    assert answer.state is None
    assert [record.state for record in database.history()] == ["loaded", "abandoned"]


def test_the_doctor_is_told_what_the_role_may_do(database_url: str, connection: psycopg.Connection) -> None:
    health = PostgresDatabase(database_url).check()
    assert health.is_supported
    assert (health.may_create_schema, health.may_create_tables, health.may_stage) == (True, True, True)
    assert (health.is_read_only, health.schema_version) == (False, 0)
    assert health.version == connection.info.parameter_status("server_version").split()[0]  # type: ignore[union-attr]


def test_a_role_without_the_right_to_a_table_gets_a_clear_error(
    database_url: str, connection: psycopg.Connection
) -> None:
    PostgresDatabase(database_url).migrate()
    role = "lone_" + str(conninfo_to_dict(database_url)["dbname"])[-20:]
    connection.execute(f'CREATE ROLE "{role}" LOGIN')
    try:
        as_role = PostgresDatabase(make_conninfo(database_url, user=role))
        with pytest.raises(PermissionDenied, match="permission denied") as raised:
            as_role.history()
        assert "grants" in (raised.value.hint or "")
        connection.execute(as_role.grants(role))
        assert load(as_role, request(), [1], [reject(2)]).state is None
    finally:
        connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


def test_a_look_at_the_schema_and_what_follows_share_a_connection(database_url: str) -> None:
    connector = Connector(database_url, limits=Limits(), application_name="test")
    with connector.transaction(keep=True) as first:
        pass
    second = connector.open()
    third = connector.open()
    assert (second is first, third is first) == (True, False)
    second.close()
    third.close()


def test_a_connection_that_was_kept_is_given_back_at_the_end(database_url: str) -> None:
    connector = Connector(database_url, limits=Limits(), application_name="test")
    with connector.transaction(keep=True) as kept:
        pass
    assert not kept.closed
    connector.close()
    assert kept.closed


def test_a_connection_is_not_kept_after_an_error(database_url: str) -> None:
    connector = Connector(database_url, limits=Limits(), application_name="test")
    with pytest.raises(LoadstoneError), connector.transaction(keep=True) as connection:
        connection.execute("SELECT 1/0")
    assert connection.closed
