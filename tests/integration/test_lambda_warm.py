"""The function while it is warm: what it keeps between invocations, and what happens to that meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fixtures.deployed import Deployed
from fixtures.secrets import Secrets
from fixtures.secure import SecureServer

# Each row tells which of the server's processes wrote it.
TABLE = """
CREATE TABLE orders (
    id int CHECK (id < 100), v text, _load_id bigint, _row bigint, pid int DEFAULT pg_backend_pid()
)
"""
OURS = "datname = current_database() AND application_name = 'loadstone'"


def pids(deployed: Deployed) -> list[int]:
    """The processes that wrote the rows, in the order of their loads."""
    return [pid for (pid,) in deployed.query("SELECT pid FROM orders GROUP BY pid ORDER BY min(_load_id)")]


def load(deployed: Deployed, runtime: Any, number: int) -> None:
    """One file of one row, by a message of its own, which is not given back."""
    key = f"in/{number}.csv"
    deployed.bucket.put(key, f"id,v\n{number},a\n")
    assert runtime.invoke(deployed.messages(deployed.created(key))).failures == []


def terminate(deployed: Deployed) -> None:
    """Ends what waits in the database; returns when it is gone."""
    found = deployed.query(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {OURS}")
    assert found == [(True,), (True,)]


def test_the_second_invocation_uses_the_connections_of_the_first(deployed: Deployed) -> None:
    deployed.execute(TABLE)
    runtime = deployed.runtime()
    load(deployed, runtime, 1)
    waiting = f"SELECT pid, state, backend_xmin FROM pg_stat_activity WHERE {OURS} ORDER BY pid"
    between = deployed.query(waiting)
    assert [row[1:] for row in between] == [("idle", None), ("idle", None)]
    locks = f"SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE {OURS}"
    assert deployed.query(locks) == [(0,)]  # neither a slot of the cap nor anything else
    load(deployed, runtime, 2)
    load(deployed, runtime, 3)
    assert deployed.query(waiting) == between
    assert len(pids(deployed)) == 1


def test_connections_that_die_while_it_is_frozen_cost_no_load(deployed: Deployed) -> None:
    deployed.execute(TABLE)
    runtime = deployed.runtime()
    load(deployed, runtime, 1)
    runtime.process.send_signal(signal.SIGSTOP)
    terminate(deployed)
    runtime.process.send_signal(signal.SIGCONT)
    load(deployed, runtime, 2)
    assert len(pids(deployed)) == 2
    assert deployed.ledger() == [("in/1.csv", "loaded", None), ("in/2.csv", "loaded", None)]
    assert [line["event"] for line in runtime.lines() if line["level"] != "info"] == []


def test_an_object_of_which_a_message_comes_again_is_not_loaded_again(deployed: Deployed) -> None:
    deployed.execute(TABLE)
    runtime = deployed.runtime()
    load(deployed, runtime, 1)
    terminate(deployed)
    again = runtime.invoke(deployed.created("in/1.csv"))
    assert [one["state"] for one in again.body["loads"]] == ["skipped"]
    assert deployed.query("SELECT id FROM orders") == [(1,)]


def test_after_a_load_that_failed_the_next_one_is_clean(deployed: Deployed) -> None:
    deployed.execute(
        f"""{TABLE};
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM set_config('search_path', 'nowhere', false);
            IF NEW.id = 13 THEN RAISE 'no such number'; END IF;
            RETURN NEW;
        END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse()"""
    )
    runtime = deployed.runtime()
    load(deployed, runtime, 1)
    deployed.bucket.put("in/13.csv", "id,v\n13,a\n")
    deployed.bucket.put("in/empty.csv", "")
    for bad in ("in/13.csv", "in/empty.csv"):
        assert runtime.invoke(deployed.messages(deployed.created(bad))).failures == ["0"]
    load(deployed, runtime, 2)
    assert deployed.query("SELECT id FROM public.orders ORDER BY id") == [(1,), (2,)]
    assert [row[1] for row in deployed.ledger()] == ["loaded", "failed", "failed", "loaded"]


@pytest.fixture
def rotated(secrets: Secrets, secure_server: SecureServer) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A role with a database of its own; its name, that of its secret, and what the secret holds."""
    role = sql.Identifier("warm_loader")
    with psycopg.connect(secure_server.server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(role))
        secure_server.change_password("warm_loader", "first")
        fields = {
            "username": "warm_loader",
            "password": "first",
            "host": "127.0.0.1",
            "port": secure_server.port,
            "dbname": "warm_loader",
        }
        yield "warm_loader", secrets.make(fields), fields
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_password_that_is_rotated_while_it_is_warm_costs_no_load(
    deployed: Deployed,
    secrets: Secrets,
    secure_server: SecureServer,
    rotated: tuple[str, str, dict[str, Any]],
) -> None:
    role, secret, fields = rotated
    deployed.database_url = make_conninfo(secure_server.server.url, dbname=role)
    runtime = deployed.runtime(LOADSTONE_DATABASE_URL=f"secretsmanager://{secret}")
    load(deployed, runtime, 1)
    secure_server.change_password(role, "second")
    secrets.change(secret, {**fields, "password": "second"})
    load(deployed, runtime, 2)  # what is connected stays so
    terminate(deployed)
    load(deployed, runtime, 3)
    assert deployed.query("SELECT id FROM orders ORDER BY id") == [(1,), (2,), (3,)]
    log = runtime.lines()
    assert [line["level"] for line in log if line["level"] != "info"] == []
    assert [line["event"] for line in log if "credentials were refused" in line["event"]] != []
