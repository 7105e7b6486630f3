"""Where no database is named, there is one."""

from __future__ import annotations

import psycopg

from fixtures.commandline import CommandLine


def test_a_load_without_any_database_starts_one_that_stays(alone: CommandLine) -> None:
    alone.write("orders.csv", "id\n1\n2\n")
    assert "2 rows" in alone("load", "orders.csv").out
    url = alone("db", "url").out.strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    assert alone("db", "start", "--json").document["url"] == url
    counted = alone("db", "psql", "--", "-At", "-c", "SELECT count(*) FROM orders")
    assert counted.out == "2\n"
    assert alone("db", "stop").err == "stopped\n"
    assert alone("db", "stop").err == "it was not running\n"
    assert alone("history", "--json").document["loads"][0]["rows_loaded"] == 2
