"""What `doctor` asks the server."""

from __future__ import annotations

from msgspec import Struct

from loadstone.postgres.connection import Connection
from loadstone.postgres.migrate import LATEST, schema_version

__all__ = ["MINIMUM_SERVER", "Health", "examine"]

#: The oldest major version of PostgreSQL that is supported.
MINIMUM_SERVER = 14


class Health(Struct, frozen=True):
    """The server as the role sees it.

    Attributes:
        version: as `15.4`.
        is_supported: whether its major version is.
        role: the role that is connected.
        database: the database.
        is_read_only: a stand-by, or set read-only.
        may_create_schema: whether the role may make the `loadstone` schema.
        may_create_tables: whether it may create tables in the first schema of its search_path.
        may_stage: whether it may create temporary tables.
        schema_version: of the `loadstone` schema; 0 where there is none, or it may not be looked at.
        missing: privileges that the role lacks on the `loadstone` schema, where there is one, such as
            `INSERT on loadstone.loads`.
        latest_schema_version: that this program knows.
        max_connections: of the server.
    """

    version: str
    is_supported: bool
    role: str
    database: str
    is_read_only: bool
    may_create_schema: bool
    may_create_tables: bool
    may_stage: bool
    schema_version: int
    missing: tuple[str, ...]
    latest_schema_version: int
    max_connections: int


_ASK = b"""
SELECT current_setting('server_version'), current_setting('server_version_num')::integer / 10000,
    current_user, current_database(),
    pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
    has_database_privilege(current_database(), 'CREATE'),
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
    has_database_privilege(current_database(), 'TEMPORARY'),
    current_setting('max_connections')::integer
"""


_CLOSED = b"""
SELECT to_regnamespace('loadstone') IS NOT NULL,
    coalesce(has_schema_privilege(to_regnamespace('loadstone'), 'USAGE'), false)
"""

_MISSING = b"""
SELECT privilege || ' on ' || relation
FROM (VALUES
    ('loadstone.schema_version', '{SELECT}'::text[]),
    ('loadstone.loads', '{SELECT,INSERT,UPDATE,DELETE}'),
    ('loadstone.rejects', '{SELECT,INSERT,UPDATE,DELETE}'),
    ('loadstone.settings', '{SELECT,INSERT,UPDATE}')
) AS needed (relation, privileges), unnest(privileges) AS privilege
WHERE NOT has_table_privilege(to_regclass(relation), privilege)
"""


def examine(connection: Connection) -> Health:
    """Asks the server, inside a transaction."""
    row = connection.execute(_ASK).fetchone()
    if row is None:
        raise AssertionError("a SELECT without FROM returned nothing")
    version, major, role, database, read_only, schemas, tables, temporary, connections = row
    missing = _missing(connection)
    unseen = any("schema" in privilege for privilege in missing)  # nor may its version be looked at
    return Health(
        version=version.partition(" ")[0],
        is_supported=major >= MINIMUM_SERVER,
        role=role,
        database=database,
        is_read_only=read_only,
        may_create_schema=schemas,
        may_create_tables=tables,
        may_stage=temporary,
        schema_version=0 if unseen else schema_version(connection),
        missing=missing,
        latest_schema_version=LATEST,
        max_connections=connections,
    )


def _missing(connection: Connection) -> tuple[str, ...]:
    """What loading needs on the `loadstone` schema, and the role lacks."""
    if (found := connection.execute(_CLOSED).fetchone()) is None or not found[0]:
        return ()
    if not found[1]:
        return ("USAGE on schema loadstone",)
    return tuple(row[0] for row in connection.execute(_MISSING))
