from __future__ import annotations

import socket
from collections.abc import Iterator

import psycopg
import pytest

from fixtures.commit_proxy import CuttingProxy
from fixtures.number_loads import dataset, fill, load, request
from loadstone.errors import ConnectionLost, DestinationError
from loadstone.model.pipeline import Limits
from loadstone.postgres import PostgresDatabase, commit


def rows(connection: psycopg.Connection) -> list[int]:
    if connection.execute("SELECT to_regclass('public.numbers') IS NULL").fetchone() == (True,):
        return []
    return [row[0] for row in connection.execute("SELECT a FROM public.numbers ORDER BY 1")]


def load_through(proxy: CuttingProxy, **limits: float) -> PostgresDatabase:
    """A load whose connection is the one that gets cut."""
    database = PostgresDatabase(proxy.url, limits=Limits(**limits))  # type: ignore[arg-type]
    with database.admit(request(), dataset()) as admission:
        transaction = admission.transaction
        assert transaction is not None
        fill(transaction, dataset(), [1, 2, 3])
        proxy.victim = _own_end(transaction._connection)
        transaction.commit()
    return database


def _own_end(connection: psycopg.Connection) -> object:
    with socket.socket(fileno=socket.dup(connection.fileno())) as copy:
        return copy.getsockname()


@pytest.fixture(params=["during", "after"])
def lost_answer(request: pytest.FixtureRequest, database_url: str) -> Iterator[CuttingProxy]:
    with CuttingProxy(database_url, request.param) as proxy:
        yield proxy


def test_a_commit_whose_answer_was_lost_is_found_to_have_committed(
    lost_answer: CuttingProxy, connection: psycopg.Connection
) -> None:
    database = load_through(lost_answer)
    assert lost_answer.cuts == 1
    assert rows(connection) == [1, 2, 3]
    assert load(database, request()).state == "skipped"


def test_a_commit_that_never_arrived_is_an_error_and_the_next_try_loads(
    database_url: str, connection: psycopg.Connection
) -> None:
    with CuttingProxy(database_url, "before") as proxy:
        with pytest.raises(ConnectionLost, match="nothing was committed"):
            load_through(proxy)
        assert proxy.cuts == 1
        assert rows(connection) == []
        assert load(PostgresDatabase(proxy.url), request()).state is None
    assert rows(connection) == [1, 2, 3]
    states = connection.execute("SELECT state, attempt FROM loadstone.loads ORDER BY load_id").fetchall()
    assert states == [("abandoned", 1), ("loaded", 2)]


def test_a_server_that_did_not_notice_the_cut_is_made_to(
    database_url: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "_GRACE_SECONDS", 0.0)
    with (
        CuttingProxy(database_url, "unnoticed") as proxy,
        pytest.raises(ConnectionLost, match="nothing was committed"),
    ):
        load_through(proxy)
    assert rows(connection) == []
    assert load(PostgresDatabase(database_url), request()).state is None
    assert rows(connection) == [1, 2, 3]


def test_where_the_outcome_cannot_be_found_out_the_error_says_that_trying_again_is_safe(
    database_url: str,
) -> None:
    with CuttingProxy(database_url, "unnoticed") as proxy:
        with pytest.raises(ConnectionLost, match="cannot be found out now") as raised:
            load_through(proxy, stall_timeout=0.001)
        assert "skipped" in (raised.value.hint or "")


def test_a_transaction_number_that_the_server_never_gave_is_settled_by_the_ledger(database_url: str) -> None:
    database = PostgresDatabase(database_url)
    load_id = load(database, request()).load_id
    assert load_id is not None
    unknown = str(2**60)
    for number, expected in ((load_id, True), (load_id + 1, False)):
        receipt = commit.Receipt(unknown, number, object_lock=1)
        assert commit._committed(database._connector, receipt) is expected


def test_a_constraint_that_is_checked_at_commit_fails_the_load_with_its_reason(
    database_url: str, connection: psycopg.Connection
) -> None:
    """Raised by the server, not by the line: there is nothing to find out."""
    database = PostgresDatabase(database_url)
    database.ensure_schema()
    connection.execute("CREATE TABLE once (a integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with database.admit(request(), dataset()) as admission:
        transaction = admission.transaction
        assert transaction is not None
        fill(transaction, dataset(), [1])
        transaction._connection.execute("SET CONSTRAINTS ALL DEFERRED")
        transaction._connection.execute("INSERT INTO once VALUES (1), (1)")
        with pytest.raises(DestinationError, match="duplicate key value") as raised:
            transaction.commit()
    assert raised.value.code == "23505"
    assert rows(connection) == []
