"""The `loadstone` schema: made and upgraded by the numbered files of `sql/migrations`.

Each file runs in a transaction of its own, under one advisory lock. A program refuses a schema that is newer
than it knows, and works with the one before its own where it may not upgrade.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from importlib import resources

from msgspec import Struct
from psycopg import sql

from loadstone.errors import PermissionDenied, SchemaVersionError
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.identifiers import literal, parse_table, quote
from loadstone.postgres.locks import lock_key, take

__all__ = [
    "LATEST",
    "Migration",
    "apply_missing",
    "ensure_schema",
    "grants",
    "migrate",
    "migrations",
    "schema_version",
]

_LOCK_SECONDS = 60.0

_CREATE = b"""
CREATE SCHEMA IF NOT EXISTS loadstone;
COMMENT ON SCHEMA loadstone IS 'The ledger: which files were loaded, and which of their rows were not.';
CREATE TABLE IF NOT EXISTS loadstone.schema_version (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE loadstone.schema_version IS 'Which migrations of this schema were applied.';
"""

# Not by to_regclass: on a connection that looked before, it may still not see what another has just made.
_IS_THERE = b"""
SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'loadstone' AND c.relname = 'schema_version'
"""

_GRANT_TEMPORARY = (
    "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), {role}); END $$;"
)

_GRANT_TABLE = "DO $grant$ BEGIN IF to_regclass({table}) IS NOT NULL THEN GRANT {grant}; END IF; END $grant$;"

_ensured: set[str] = set()
_ensuring = threading.Lock()


class Migration(Struct, frozen=True):
    """One numbered file: `0001_ledger.sql` is version 1, named `ledger`."""

    version: int
    name: str
    statements: bytes


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations, in their order."""
    folder = resources.files("loadstone.postgres") / "sql" / "migrations"
    found = []
    for file in folder.iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_bytes()))
    return tuple(sorted(found, key=lambda migration: migration.version))


#: The version of the schema that this program is written for.
LATEST = migrations()[-1].version

#: The oldest version that it works with where it may not upgrade.
_OLDEST = max(1, LATEST - 1)


def migrate(connector: Connector) -> list[str]:
    """Applies what is missing; returns the names of what was applied.

    Raises:
        PermissionDenied: the role may not; the hint gives the grants.
        SchemaVersionError: the schema is newer than this program.
    """
    applied = []
    while (migration := _apply_next(connector)) is not None:
        applied.append(f"{migration.version:04}_{migration.name}")
    return applied


def ensure_schema(connector: Connector) -> bool:
    """Makes sure, once per process and database, that the schema is there and fits.

    Returns:
        Whether this was the first time.

    Raises:
        PermissionDenied: it is missing and the role may not make it.
        SchemaVersionError: it is newer than this program.
    """
    with _ensuring:
        if connector.where in _ensured:
            return False
        with connector.transaction(keep=True) as connection:
            version = schema_version(connection)
            _refuse_newer(version, connector.where)
        if version < LATEST:
            try:
                migrate(connector)
            except PermissionDenied:
                if version < _OLDEST:
                    raise
        _ensured.add(connector.where)
        return True


def schema_version(connection: Connection) -> int:
    """The newest migration that was applied; 0 where there is no schema."""
    if connection.execute(_IS_THERE).fetchone() is None:
        return 0
    row = connection.execute(b"SELECT coalesce(max(version), 0) FROM loadstone.schema_version").fetchone()
    return 0 if row is None else int(row[0])


def grants(role: str, tables: tuple[str, ...] = (), *, read_only: bool = False) -> str:
    """The SQL that gives a role what it needs.

    Args:
        role: as it is called in the database, unquoted.
        tables: that it loads, as configured.
        read_only: for people and dashboards: only to look at the ledger.
    """
    name = quote(role)
    lines = [f"GRANT USAGE ON SCHEMA loadstone TO {name};"]
    if read_only:
        lines.append(f"GRANT SELECT ON ALL TABLES IN SCHEMA loadstone TO {name};")
        return "\n".join(lines) + "\n"
    lines += [
        f"GRANT SELECT ON loadstone.schema_version TO {name};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON loadstone.loads, loadstone.rejects TO {name};",
        f"GRANT SELECT, INSERT, UPDATE ON loadstone.settings TO {name};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON loadstone.notifications TO {name};",
        f"GRANT SELECT, INSERT, UPDATE ON loadstone.notification_subscriptions TO {name};",
        f"GRANT SELECT ON loadstone.last_loads, loadstone.freshness, loadstone.rejects_by_reason TO {name};",
        "-- to stage rows, and to create the tables it loads where they are absent:",
        _GRANT_TEMPORARY.format(role=sql.Literal(role).as_string(None)),
    ]
    named = [parse_table(table) for table in tables]
    schemas = sorted({table.schema or "public" for table in named} or {"public"})
    lines += [f"GRANT USAGE, CREATE ON SCHEMA {quote(schema)} TO {name};" for schema in schemas]
    if named:
        lines.append("-- to load into tables that are there, and are another's:")
    lines += [
        _GRANT_TABLE.format(
            table=literal(table.sql),
            grant=f"SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON {table.sql} TO {name}",
        )
        for table in named
    ]
    return "\n".join(lines) + "\n"


def _apply_next(connector: Connector) -> Migration | None:
    try:
        with connector.transaction(lock_timeout=_LOCK_SECONDS) as connection:
            take(connection, lock_key("migrate"))
            version = schema_version(connection)
            _refuse_newer(version, connector.where)
            missing = [migration for migration in migrations() if migration.version > version]
            if not missing:
                return None
            _apply(connection, missing[0], is_first=version == 0)
            return missing[0]
    except PermissionDenied as error:
        raise _may_not(connector, error) from error


def apply_missing(connection: Connection, where: str) -> None:
    """Makes the schema fit for the rest of the caller's transaction, and for it alone.

    Raises:
        SchemaVersionError: the schema is newer than this program.
    """
    version = schema_version(connection)
    _refuse_newer(version, where)
    if version >= _OLDEST:
        return
    take(connection, lock_key("migrate"))
    version = schema_version(connection)
    for migration in migrations():
        if migration.version > version:
            _apply(connection, migration, is_first=version == 0 and migration.version == 1)


def _apply(connection: Connection, migration: Migration, *, is_first: bool) -> None:
    if is_first:
        connection.execute(_CREATE)
    connection.execute(migration.statements)
    connection.execute(
        b"INSERT INTO loadstone.schema_version (version, name) VALUES (%s, %s)",
        [migration.version, migration.name],
    )


def _may_not(connector: Connector, error: PermissionDenied) -> PermissionDenied:
    with connector.transaction() as connection:
        row = connection.execute(b"SELECT current_user, quote_ident(current_database())").fetchone()
    role, database = row if row is not None else ("ROLE", "DATABASE")
    name = quote(role)
    return PermissionDenied(
        f"the role {role} may not make or upgrade the loadstone schema: {error.what}",
        where=connector.where,
        hint="as the database's owner, run `loadstone migrate` and what"
        f" `loadstone migrate --grants {role}` prints; or let the role do it:"
        f" GRANT CREATE ON DATABASE {database} TO {name};",
        code=error.code,
    )


def _refuse_newer(version: int, where: str) -> None:
    if version > LATEST:
        raise SchemaVersionError(
            f"the loadstone schema is at version {version:,}, this program knows up to {LATEST:,}",
            where=where,
            hint="upgrade loadstone: pip install --upgrade loadstone",
        )
