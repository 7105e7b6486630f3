"""Databases that cannot take the rows: unreachable, closed, read-only, full, or with a table in the way."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg
import pytest

from fixtures.commandline import CommandLine, Result
from loadstone.embedded import EmbeddedServer
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.orders import Selection
from loadstone.wiring.workspace import Workspace

GOOD = "id,v\n1,a\n2,b\n"
READ_ONLY_HINT = (
    "hint: the server is a stand-by or was set read-only; "
    "connect to the primary (target_session_attrs=read-write)"
)


def assert_one_error(result: Result, error: str, hint: str) -> None:
    assert result.err.splitlines() == [f"error: {error}", f"hint: {hint}"]
    assert result.out == ""


def test_where_nothing_listens(loadstone: CommandLine) -> None:
    loadstone.write("day.csv", GOOD)
    assert_one_error(
        loadstone("load", "day.csv", "--to", "postgresql://me:secret@127.0.0.1:1/shop", code=1),
        "127.0.0.1:1/shop: cannot connect: connection refused",
        "nothing listens there: is the server running, are host and port right?",
    )


def test_a_host_that_nobody_knows(loadstone: CommandLine) -> None:
    loadstone.write("day.csv", GOOD)
    result = loadstone("load", "day.csv", "--to", "postgresql://me:secret@nowhere.invalid/shop", code=1)
    assert result.err.startswith("error: nowhere.invalid/shop: cannot connect: ")
    assert "hint: the host's name is not known: check the destination's URL" in result.err
    assert "secret" not in result.err


def test_a_database_that_does_not_exist(loadstone: CommandLine, database_url: str) -> None:
    loadstone.write("day.csv", GOOD)
    result = loadstone(
        "load", "day.csv", "--to", urlsplit(database_url)._replace(path="/none").geturl(), code=1
    )
    assert 'cannot connect: database "none" does not exist' in result.err
    assert "hint: create the database first, or mend the destination's URL" in result.err


def test_a_wrong_password_is_told_and_not_shown(server: EmbeddedServer, loadstone: CommandLine) -> None:
    loadstone.write("day.csv", GOOD)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'right'")
        rules = server.data_folder / "pg_hba.conf"
        rules.write_text("local all clerk scram-sha-256\nlocal all all trust\n")
        connection.execute("SELECT pg_reload_conf()")
    parts = urlsplit(server.url)
    url = parts._replace(netloc="clerk:wr0ng@").geturl()
    result = loadstone("load", "day.csv", "--to", url, code=1)
    assert 'cannot connect: password authentication failed for user "clerk"' in result.err
    assert "hint: check user and password of the destination" in result.err
    assert "wr0ng" not in result.err + result.out


def test_a_read_only_database_without_our_schema(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone.write("day.csv", GOOD)
    _make_read_only(connection)
    result = loadstone("load", "day.csv", code=1)
    assert "cannot execute CREATE SCHEMA in a read-only transaction" in result.err
    assert result.err.splitlines()[-1] == READ_ONLY_HINT
    assert result.out == ""


def test_a_database_that_became_read_only_is_tried_again_then_told(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    loadstone("migrate")
    loadstone.write("day.csv", GOOD)
    loadstone.write("pipeline.yaml", "limits: {attempts: 2}\n")
    _make_read_only(connection)
    result = loadstone("load", "day.csv", code=1)
    waiting, error, hint = result.err.splitlines()
    assert waiting.startswith("waiting: ")
    assert waiting.endswith("in a read-only transaction; trying again (2 of 2)")
    assert error.startswith(f"error: {loadstone.folder / 'day.csv'}: ")
    assert hint == READ_ONLY_HINT
    assert connection.execute("SELECT count(*) FROM loadstone.loads").fetchone() == (0,)


def test_a_role_without_rights_is_told_what_to_grant(
    loadstone: CommandLine, connection: psycopg.Connection, database_url: str
) -> None:
    loadstone.write("day.csv", GOOD)
    loadstone("migrate")
    connection.execute("CREATE ROLE guest LOGIN")
    try:
        url = urlsplit(database_url)._replace(netloc="guest@").geturl()
        result = loadstone("load", "day.csv", "--to", url, code=1)
    finally:
        connection.execute("DROP ROLE guest")
    assert "permission denied for schema loadstone" in result.err
    assert "`loadstone migrate --grants ROLE` prints what a role needs" in result.err


# What is there, and what the error says of it.
IN_THE_WAY = {
    "a column of another type": (
        "CREATE TABLE orders (id integer, v date)",
        """"public"."orders": column 'v' is date in the table, and text in the contract""",
        'set type: date for the column, or ALTER TABLE "public"."orders" ALTER COLUMN v TYPE text',
    ),
    "a column that nothing fills": (
        "CREATE TABLE orders (id integer, v text, w integer NOT NULL)",
        """"public"."orders": column 'w' (integer) is NOT NULL without a default, and nothing fills it""",
        "give the column a default: or constant: in the contract, or a DEFAULT in the table",
    ),
    "a generated column": (
        "CREATE TABLE orders (id integer, v text GENERATED ALWAYS AS ('x') STORED)",
        """"public"."orders": column 'v' is generated by the table and cannot be loaded""",
        "rename: the file's column, or leave it out (contract: discard_value)",
    ),
    "a view": (
        "CREATE VIEW orders AS SELECT 1 AS id, 'a'::text AS v",
        "public.orders: this is a view; rows are loaded into tables",
        "name a table, or another name for one that is to be created",
    ),
}


@pytest.mark.parametrize("named", IN_THE_WAY)
def test_a_table_that_does_not_fit_fails_the_load_and_the_ledger_tells(
    database_url: str, connection: psycopg.Connection, tmp_path: Path, named: str
) -> None:
    made, what, hint = IN_THE_WAY[named]
    connection.execute(made.encode())
    (tmp_path / "orders.csv").write_text(GOOD)
    columns = {"id": {"type": "integer"}, "v": {"type": "text"}}
    datasets = {"orders": {"files": "*.csv", "columns": columns}}
    with Workspace(Pipeline.from_dict({"datasets": datasets}), database_url) as workspace:
        (outcome,) = workspace.load([str(tmp_path / "orders.csv")])
    assert (outcome.state, outcome.error, outcome.hint) == ("failed", what, hint)
    found = connection.execute("SELECT load_id, state, error_code FROM loadstone.loads").fetchall()
    assert found == [(outcome.load_id, "failed", "table_mismatch")]


def test_a_type_that_does_not_exist_is_told(
    database_url: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text(GOOD)
    datasets = {"orders": {"files": "*.csv", "columns": {"id": {"type": "integr"}}}}
    with Workspace(Pipeline.from_dict({"datasets": datasets}), database_url) as workspace:
        (outcome,) = workspace.load([str(tmp_path / "orders.csv")])
    assert (outcome.error, outcome.error_code) == ('type "integr" does not exist', "42704")
    assert (outcome.hint or "").startswith("check the types under `columns:`")
    assert connection.execute("SELECT to_regclass('orders')").fetchone() == (None,)


def test_a_table_name_of_three_parts_is_refused_and_recorded(
    database_url: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text(GOOD)
    with Workspace(Pipeline(), database_url) as workspace:
        selection = Selection(table="a.b.c")
        (outcome,) = workspace.load([str(tmp_path / "orders.csv")], selection=selection)
    assert (outcome.state, outcome.error) == ("failed", "table: 'a.b.c' is not the name of a table")
    assert connection.execute("SELECT state FROM loadstone.loads").fetchall() == [("failed",)]


@pytest.fixture
def full_disk(leave_out: Callable[[str], NoReturn], server: EmbeddedServer) -> Iterator[Path]:
    """A folder of two MB that the server may write to."""
    folder = server.data_folder.parent / "small"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=2m") != 0:
        folder.rmdir()
        leave_out("tests of a full disk, which need to mount a small one (as root)")
    try:
        owner = server.data_folder.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        folder.chmod(0o700)
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), 2)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_full_disk_of_the_server_fails_the_load_whole_and_the_ledger_tells(
    server: EmbeddedServer, full_disk: Path, tmp_path: Path
) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{full_disk}'".encode())
        connection.execute(
            "CREATE TABLE orders (id bigint, v text, _load_id bigint, _row bigint) TABLESPACE small"
        )
    (tmp_path / "orders.csv").write_text("id,v\n" + f"1,{'x' * 1_900}\n" * 2_000)
    pipeline = Pipeline.from_dict({"limits": {"attempts": 2}})
    with Workspace(pipeline, server.url) as workspace:
        (outcome,) = workspace.load([str(tmp_path / "orders.csv")], selection=Selection(mode="append"))
        history = workspace.history()
    assert (outcome.state, outcome.error_code) == ("failed", "53100")
    assert "no space left on device" in (outcome.error or "").lower()
    assert (outcome.hint or "").startswith("free space on the database server, then load again")
    assert [(record.state, record.error_code) for record in history] == [("failed", "53100")] * 2
    with psycopg.connect(server.url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
        connection.execute("DROP TABLE orders")
        connection.execute("DROP TABLESPACE small")


def test_a_full_disk_here_fails_the_load_whole_and_the_ledger_tells(
    full_disk: Path,
    database_url: str,
    connection: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = "".join(f"{number},{'x' * 900}\n" for number in range(6_000))
    (tmp_path / "orders.csv").write_text("id,v\n" + lines * 2)
    datasets = {"orders": {"files": "*.csv", "mode": "merge", "key": "id"}}
    pipeline = Pipeline.from_dict({"limits": {"attempts": 1}, "datasets": datasets})
    monkeypatch.setattr("tempfile.tempdir", str(full_disk))
    with Workspace(pipeline, database_url) as workspace:
        (outcome,) = workspace.load([str(tmp_path / "orders.csv")])
    assert (outcome.state, outcome.error_code) == ("failed", "disk_full")
    assert (outcome.error or "").startswith(f"{full_disk}: no space left for temporary files")
    assert outcome.hint == "free some space there, or set TMPDIR to a folder on a larger disk"
    found = connection.execute("SELECT state, error_code FROM loadstone.loads").fetchall()
    assert found == [("failed", "disk_full")]
    assert connection.execute("SELECT to_regclass('orders')").fetchone() == (None,)


def _make_read_only(connection: psycopg.Connection) -> None:
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
