from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fixtures.schema_dump import dump
from loadstone.errors import PermissionDenied, SchemaVersionError
from loadstone.model.pipeline import Limits
from loadstone.postgres import PostgresDatabase
from loadstone.postgres.connection import Connector
from loadstone.postgres.migrate import LATEST, migrations, schema_version

COMMITTED = Path(__file__).with_name("schema.txt")


def test_the_sum_of_the_migrations_is_the_committed_schema(
    database_url: str, connection: psycopg.Connection
) -> None:
    """Regenerate with: python tests/fixtures/schema_dump.py URL > tests/integration/postgres/schema.txt"""
    PostgresDatabase(database_url).migrate()
    assert dump(connection) == COMMITTED.read_text()


def test_migrations_run_once_and_tell_their_names(database_url: str) -> None:
    database = PostgresDatabase(database_url)
    assert database.migrate() == [f"{m.version:04}_{m.name}" for m in migrations()]
    assert database.migrate() == []


def test_eight_that_start_at_once_make_one_schema(database_url: str, connection: psycopg.Connection) -> None:
    with ThreadPoolExecutor(8) as pool:
        applied = [
            name
            for names in pool.map(lambda _: PostgresDatabase(database_url).migrate(), range(8))
            for name in names
        ]
    assert len(applied) == LATEST
    assert connection.execute("SELECT count(*) FROM loadstone.schema_version").fetchone() == (LATEST,)


def test_a_schema_newer_than_the_program_is_refused(
    database_url: str, connection: psycopg.Connection
) -> None:
    PostgresDatabase(database_url).migrate()
    connection.execute(
        "INSERT INTO loadstone.schema_version (version, name) VALUES (%s, 'later')", [LATEST + 1]
    )
    for use in (PostgresDatabase(database_url).migrate, PostgresDatabase(database_url).ensure_schema):
        with pytest.raises(SchemaVersionError, match=f"is at version {LATEST + 1}") as raised:
            use()
        assert "pip install --upgrade" in (raised.value.hint or "")


def test_a_role_that_may_not_make_the_schema_is_told_the_grant(
    database_url: str, connection: psycopg.Connection
) -> None:
    role = "weak_" + str(conninfo_to_dict(database_url)["dbname"])[-20:]
    connection.execute(f'CREATE ROLE "{role}" LOGIN')
    try:
        with pytest.raises(PermissionDenied, match=f"the role {role} may not make") as raised:
            PostgresDatabase(make_conninfo(database_url, user=role)).ensure_schema()
        hint = raised.value.hint or ""
        assert "GRANT CREATE ON DATABASE" in hint
        assert f"loadstone migrate --grants {role}" in hint
    finally:
        connection.execute(f'DROP ROLE "{role}"')


def test_grants_name_every_table_and_quote_the_role(
    database_url: str, connection: psycopg.Connection
) -> None:
    database = PostgresDatabase(database_url)
    database.migrate()
    connection.execute("CREATE TABLE public.cars (a integer)")
    role = 'o\'neil "x" ' + str(conninfo_to_dict(database_url)["dbname"])[-20:]
    name = '"' + role.replace('"', '""') + '"'
    connection.execute(f"CREATE ROLE {name}")
    try:
        connection.execute(database.grants(role, ["public.cars"]))
        connection.execute(database.grants(role, read_only=True))
        allowed = connection.execute(
            "SELECT has_table_privilege(%(role)s, 'public.cars', 'TRUNCATE'),"
            " has_table_privilege(%(role)s, 'loadstone.loads', 'INSERT'),"
            " has_table_privilege(%(role)s, 'loadstone.freshness', 'SELECT'),"
            " has_database_privilege(%(role)s, current_database(), 'TEMPORARY')",
            {"role": role},
        ).fetchone()
        assert allowed == (True, True, True, True)
    finally:
        connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_connection_that_looked_before_sees_the_schema_that_another_has_made_meanwhile(
    database_url: str,
) -> None:
    connector = Connector(database_url, limits=Limits(), application_name="test")
    with connector.transaction() as connection:
        assert schema_version(connection) == 0
        PostgresDatabase(database_url).migrate()
        assert schema_version(connection) == LATEST
