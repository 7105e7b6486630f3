"""A table that is altered beside a load."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from fixtures.number_loads import dataset, fill, load, request
from loadstone.errors import TableBusy
from loadstone.postgres import PostgresDatabase


def test_a_table_that_is_altered_while_a_load_begins_is_looked_at_again(
    connection: psycopg.Connection, database_url: str
) -> None:
    """The bytes of a bigint can be read as those of a numeric, which is another number."""
    database = PostgresDatabase(database_url)
    load(database, request(1), [1])
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with (
        psycopg.connect(database_url) as other,
        ThreadPoolExecutor(1) as pool,
        database.admit(request(1, "b.csv"), dataset()) as admission,
    ):
        other.execute("ALTER TABLE public.numbers ALTER a TYPE numeric")
        assert admission.transaction is not None
        filling = pool.submit(fill, admission.transaction, dataset(), [2])
        while not connection.execute(waiting).fetchall():
            assert not filling.done(), filling.result()
        other.commit()
        with pytest.raises(TableBusy, match="was altered while the load began"):
            filling.result(timeout=30)
        admission.transaction.withdraw()
    assert connection.execute("SELECT a FROM public.numbers").fetchall() == [(1,)]
