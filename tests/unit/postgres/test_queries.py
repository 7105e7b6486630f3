from __future__ import annotations

import re
from importlib import resources

import pytest

from loadstone.postgres.locks import lock_key
from loadstone.postgres.migrate import LATEST, migrations
from loadstone.postgres.queries import query


def test_a_statement_comes_without_its_name_and_comments() -> None:
    assert query("step_down") == b"UPDATE loadstone.loads SET is_current = false WHERE load_id = %(load_id)s"
    assert b"--" not in query("heartbeat")


def test_an_unknown_statement_is_an_error() -> None:
    with pytest.raises(KeyError):
        query("no_such_statement")


def test_every_statement_of_the_ledger_is_used() -> None:
    package = resources.files("loadstone.postgres")
    names = re.findall(r"^-- name: (\w+)$", (package / "sql" / "ledger.sql").read_text(), re.MULTILINE)
    code = "".join(file.read_text() for file in package.iterdir() if file.name.endswith(".py"))
    assert names
    assert [name for name in names if f'"{name}"' not in code] == []


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, LATEST + 1))


def test_locks_of_different_things_differ_and_stay_the_same_over_processes() -> None:
    assert lock_key("object", "a", "bc") != lock_key("object", "ab", "c")
    assert lock_key("merge", "public.t") == lock_key("merge", "public.t") == 5563825641003661549
