"""What `doctor` looks at in the database: the server, the ledger, the tables, what was loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loadstone.core.elapsed import ago
from loadstone.model.pipeline import Limits, Pipeline, Retention
from loadstone.ports import DatabaseAccess
from loadstone.postgres.checkup import (
    BroughtObject,
    DatasetState,
    Session,
    dataset_states,
    last_event,
    session,
    table_rights,
)
from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.health import MINIMUM_SERVER, Health, examine
from loadstone.postgres.retention import overdue
from loadstone.wiring.check import Check, failed, ok, skipped
from loadstone.wiring.doctor_aws import clock_check

__all__ = ["database_checks"]


def database_checks(access: str | DatabaseAccess, pipeline: Pipeline) -> Iterator[Check]:
    """Everything that one connection tells."""
    connector = Connector(access, limits=Limits(), application_name="loadstone doctor")
    with connector.transaction() as connection:
        before = datetime.now(UTC)
        found = session(connection)
        after = datetime.now(UTC)
        health = examine(connection)
        yield _server(connector.where, health)
        yield _tls(found)
        yield clock_check(
            "the database",
            found.now,
            before + (after - before) / 2,
            within=(after - before).total_seconds(),
        )
        schema = _schema(health)
        yield schema
        yield from _tables(connection, pipeline, health)
        is_readable = health.schema_version > 0 and schema.state == "ok"
        states = dataset_states(connection, pipeline.name) if is_readable else {}
        event = last_event(connection, pipeline.name) if is_readable else None
        if is_readable and pipeline.retention is not None:
            yield _retention(pipeline.retention, overdue(connection, pipeline.retention.ages, pipeline.name))
    if (pipeline.source or "").startswith("s3://"):
        yield _last_event(event)
    for name in pipeline.datasets:
        yield _dataset(name, states.get(name), is_known=is_readable)


def _server(where: str, health: Health) -> Check:
    what = f"PostgreSQL {health.version} at {where}, as {health.role}"
    if not health.is_supported:
        return failed(
            "database", what, f"PostgreSQL {MINIMUM_SERVER} is the oldest that is supported: upgrade it"
        )
    if health.is_read_only:
        hint = "connect to the primary (target_session_attrs=read-write chooses it among several hosts)"
        return failed("database", f"{what}: a stand-by, or set read-only", hint)
    if not health.may_stage:
        hint = f'GRANT TEMPORARY ON DATABASE "{health.database}" TO "{health.role}";'
        return failed("database", f"{what}: no temporary tables may be made", hint)
    return ok("database", what)


def _tls(found: Session) -> Check:
    if found.tls:
        return ok("encryption", found.tls)
    if found.is_local:
        return skipped("encryption", "the connection does not leave this machine")
    return ok("encryption", "none: who sees the network sees the rows", "add sslmode=verify-full to the URL")


def _schema(health: Health) -> Check:
    version, latest = health.schema_version, health.latest_schema_version
    hint = f"as the database's owner, run `loadstone migrate` and `loadstone migrate --grants {health.role}`"
    if health.missing:
        return failed("schema", f"{health.role} lacks {', '.join(health.missing)}", hint)
    if version == 0:
        if health.may_create_schema:
            return ok("schema", "not there yet: the first load makes it")
        return failed("schema", f"not there, and {health.role} may not make it", hint)
    if version > latest:
        what = f"version {version:,}, newer than this program's {latest:,}"
        return failed("schema", what, "upgrade loadstone: pip install --upgrade loadstone")
    if version < latest:
        return ok("schema", f"version {version:,} of {latest:,}", "`loadstone migrate` brings it up to date")
    return ok("schema", f"version {version:,}, with all privileges")


def _tables(connection: Connection, pipeline: Pipeline, health: Health) -> Iterator[Check]:
    """What is lacking on the datasets' tables; one line where nothing is."""
    count = 0
    for name, dataset in pipeline.datasets.items():
        table = dataset.table or name
        if "{" in table:
            continue  # named after each file
        rights = table_rights(connection, table, dataset)
        if not rights.exists and not rights.schema_exists:
            hint = "create the schema, and grant USAGE and CREATE on it"
            yield failed(f"table {table}", "its schema is not there", hint)
        elif rights.missing:
            what = f"{health.role} lacks {', '.join(rights.missing)}"
            grants = f"as the table's owner, GRANT them TO {health.role}"
            yield failed(f"table {table}", what, grants)
        else:
            count += 1
    if count:
        noun = "table" if count == 1 else "tables"
        yield ok("tables", f"{count:,} {noun} may be loaded, or made")
    elif not pipeline.datasets:
        if health.may_create_tables:
            yield ok("tables", f"{health.role} may make them")
        else:
            hint = f'GRANT CREATE ON SCHEMA public TO "{health.role}";'
            yield failed(
                "tables", f"{health.role} may not make any in the first schema of its search_path", hint
            )


def _last_event(event: BroughtObject | None) -> Check:
    if event is None:
        return skipped("last event", "no event of S3 has brought an object yet")
    return ok("last event", f"{ago(event.at, datetime.now(UTC))}: {event.uri} (load {event.load_id:,})")


def _retention(retention: Retention, late: list[str]) -> Check:
    ages = ", ".join(f"{kind.replace('_', ' ')} {age}" for kind, age in retention.not_default().items())
    if not late:
        return ok("retention", f"applied: {ages}")
    what = " and ".join(kind.replace("_", " ") for kind in late)
    return failed(
        "retention",
        f"{what} are older than they should be ({ages})",
        "`loadstone run` applies it, the function by its ReconcileSchedule, and `loadstone forget`",
    )


def _dataset(name: str, state: DatasetState | None, *, is_known: bool) -> Check:
    label = f"dataset {name}"
    if not is_known:
        return skipped(label, "there is no history to look at")
    if state is None:
        return ok(label, "nothing was loaded yet")
    now = datetime.now(UTC)
    parts = [f"last load {ago(state.last_at, now)} ({state.last_state}, load {state.last_id:,})"]
    if state.newest_object is not None:
        parts.append(f"newest object {ago(state.newest_object, now)}")
    if state.failed:
        parts.append(f"{state.failed:,} failed within a day")
    if state.gone:
        parts.append(f"{state.gone:,} running without a sign of life")
    what = ", ".join(parts)
    if state.last_state in {"failed", "abandoned"}:
        return failed(label, f"{what}: {state.last_error}", "`loadstone history --verbose` tells more")
    hint = "the next load of the same object takes over from a worker that is gone" if state.gone else None
    return ok(label, what, hint)
