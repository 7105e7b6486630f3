"""Roles that may little, and programs and schemas of different versions."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fixtures.commandline import CommandLine
from fixtures.databases import name_of
from fixtures.workers import Harbour
from loadstone.postgres.migrate import LATEST

PIPELINE = """
source: landing
retention: 7d
datasets:
  orders:
    files: "orders*.csv"
    table: public.orders
    mode: merge
    key: id
    on_delete: remove_rows
    columns: {id: {type: integer}}
  others: {files: "others*.csv", mode: replace}
"""
#: What migration 2 brought.
TO_ONE = """
DROP TABLE loadstone.notifications, loadstone.notification_subscriptions;
DROP INDEX loadstone.loads_by_finish;
DELETE FROM loadstone.schema_version WHERE version = 2
"""


@pytest.fixture
def clerk(loadstone: CommandLine, database_url: str, connection: psycopg.Connection) -> Iterator[CommandLine]:
    """Who may do nothing yet, and a pipeline with files; the schema and one of its tables are there."""
    loadstone.write("pipeline.yaml", PIPELINE)
    loadstone.write("landing/orders1.csv", "id,v\n1,a\nx,b\n")
    loadstone.write("landing/others1.csv", "id,v\n1,a\n")
    loadstone("load", loadstone.folder / "landing/orders1.csv")
    role = f"clerk_of_{name_of(database_url)}"
    connection.execute(f'CREATE ROLE "{role}" LOGIN'.encode())
    yield CommandLine(loadstone.folder, {"LOADSTONE_DATABASE_URL": make_conninfo(database_url, user=role)})
    connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"'.encode())


def grant(loadstone: CommandLine, clerk: CommandLine, connection: psycopg.Connection) -> None:
    """As an administrator does: `loadstone migrate --grants ROLE | psql`."""
    role = psycopg.conninfo.conninfo_to_dict(clerk.variables["LOADSTONE_DATABASE_URL"])["user"]
    connection.execute(loadstone("migrate", "--grants", str(role)).out.encode())


def test_the_printed_grants_are_enough_for_everything_that_a_pipeline_does(
    loadstone: CommandLine, clerk: CommandLine, connection: psycopg.Connection
) -> None:
    assert "permission" in clerk("load", code=1).err
    grant(loadstone, clerk, connection)
    clerk.write("landing/orders1.csv", "id,v\n1,A\n2,b\ny,c\n")
    clerk("load")
    assert connection.execute("SELECT id, v FROM orders ORDER BY id").fetchall() == [(1, "A"), (2, "b")]
    assert connection.execute("SELECT id, v FROM others").fetchall() == [(1, "a")]
    clerk("load", clerk.folder / "landing/others1.csv")
    clerk("rejects")
    clerk("replay", 2)
    clerk("undo", 4)
    clerk("forget")
    (clerk.folder / "landing/others1.csv").unlink()
    clerk("load", "--reconcile")
    clerk("run", "--once")
    assert clerk("doctor", "--json").document["failed"] == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        psycopg.connect(clerk.variables["LOADSTONE_DATABASE_URL"]).execute("DROP TABLE public.orders")


def test_grants_for_tables_that_are_not_there_do_no_harm(
    loadstone: CommandLine, clerk: CommandLine, connection: psycopg.Connection
) -> None:
    connection.execute("DROP TABLE public.orders")
    grant(loadstone, clerk, connection)
    clerk("replay", 1)
    assert connection.execute("SELECT id FROM orders").fetchall() == [(1,)]


def test_a_program_works_on_the_schema_before_its_own_where_it_may_not_upgrade_it(
    loadstone: CommandLine, clerk: CommandLine, connection: psycopg.Connection
) -> None:
    grant(loadstone, clerk, connection)
    connection.execute(TO_ONE.encode())
    clerk("load")
    assert connection.execute("SELECT id, v FROM others").fetchall() == [(1, "a")]
    clerk("run", "--once")
    clerk("forget")
    checks = {check["name"]: check for check in clerk("doctor", "--json").document["checks"]}
    assert checks["schema"]["what"] == f"version 1 of {LATEST}"
    assert "loadstone migrate" in checks["schema"]["hint"]
    assert connection.execute("SELECT max(version) FROM loadstone.schema_version").fetchone() == (1,)
    # Who may upgrade it does.
    loadstone("load")
    assert connection.execute("SELECT max(version) FROM loadstone.schema_version").fetchone() == (LATEST,)


def test_a_worker_that_runs_goes_on_when_the_schema_is_upgraded_and_the_next_old_one_refuses(
    database_url: str, loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", PIPELINE)
    landing = loadstone.write("landing/orders1.csv", "id,v\n1,a\n").parent
    quay = Harbour(loadstone, database_url, None)
    with quay.worker() as process:
        quay.await_rows([(1, "a")])
        connection.execute(
            "INSERT INTO loadstone.schema_version (version, name) VALUES (%s, 'later')", [LATEST + 1]
        )
        (landing / "orders2.csv").write_text("id,v\n2,b\n")
        quay.await_rows([(1, "a"), (2, "b")])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    (landing / "orders3.csv").write_text("id,v\n3,c\n")
    for words in (("run", "--once"), ("load",), ("migrate",)):
        refused = loadstone(*words, code=1).err
        assert f"the loadstone schema is at version {LATEST + 1}" in refused
        assert "pip install --upgrade loadstone" in refused
    assert quay.rows() == [(1, "a"), (2, "b")]
