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
        schema_version: of the `loadstone` schema; 0 where there is none.
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


def examine(connection: Connection) -> Health:
    """Asks the server, inside a transaction."""
    row = connection.execute(_ASK).fetchone()
    if row is None:
        raise AssertionError("a SELECT without FROM returned nothing")
    version, major, role, database, read_only, schemas, tables, temporary, connections = row
    return Health(
        version=version.partition(" ")[0],
        is_supported=major >= MINIMUM_SERVER,
        role=role,
        database=database,
        is_read_only=read_only,
        may_create_schema=schemas,
        may_create_tables=tables,
        may_stage=temporary,
        schema_version=schema_version(connection),
        latest_schema_version=LATEST,
        max_connections=connections,
    )
