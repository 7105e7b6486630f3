from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.postgres.refused import is_refusal, sift

REFUSAL = psycopg.errors.CheckViolation("refused")


class Table:
    """Takes rows all or none, as a statement does."""

    def __init__(self, bad):
        self.bad = bad
        self.taken = []
        self.attempts = 0

    def attempt(self, low, high):
        self.attempts += 1
        if any(row in self.bad for row in range(low, high)):
            return REFUSAL
        self.taken.extend(range(low, high))
        return None


@given(first=st.integers(0, 5), size=st.integers(0, 200), bad=st.sets(st.integers(0, 205)), data=st.data())
def test_every_row_is_taken_once_or_found_refused(first, size, bad, data):
    table = Table(bad)
    tells = data.draw(st.sampled_from(["nothing", "the row", "something else"]))

    def locate(_error, low):
        if tells == "nothing":
            return None
        truth = min(row for row in bad if row >= low)
        return truth if tells == "the row" else truth + data.draw(st.integers(-3, 3))

    found = [row for row, _ in sift(first, first + size, table.attempt, locate)]
    rows = range(first, first + size)
    assert found == [row for row in rows if row in bad]
    assert table.taken == [row for row in rows if row not in bad]


def test_few_refused_rows_among_many_cost_few_attempts():
    bad = set(range(5_000, 100_000, 10_000))
    blind, told = Table(bad), Table(bad)
    assert len(list(sift(0, 100_000, blind.attempt))) == 10
    assert blind.attempts < 10 * 2 * 18
    found = list(sift(0, 100_000, told.attempt, lambda _error, low: min(row for row in bad if row >= low)))
    assert len(found) == 10
    assert told.attempts < 10 * 5


@pytest.mark.parametrize(
    "sqlstate", ["22003", "23503", "23514", "P0001", "MY001", "44000", "54000", "38000", "21000"]
)
def test_errors_of_data_are_refusals(sqlstate):
    assert is_refusal(psycopg.errors.lookup(sqlstate)() if sqlstate != "MY001" else _custom(sqlstate))


@pytest.mark.parametrize(
    "sqlstate",
    [
        "08006",
        "40001",
        "40P01",
        "42703",
        "42501",
        "53100",
        "53200",
        "55P03",
        "57014",
        "57P01",
        "58030",
        "XX000",
    ],
)
def test_errors_of_the_server_or_the_statement_are_none(sqlstate):
    assert not is_refusal(psycopg.errors.lookup(sqlstate)())


def test_a_row_policy_refuses_where_there_is_one():
    assert is_refusal(psycopg.errors.InsufficientPrivilege(), has_row_security=True)


def test_an_error_without_a_sqlstate_is_none():
    assert not is_refusal(psycopg.OperationalError("gone"))


def _custom(sqlstate):
    error = psycopg.errors.RaiseException()
    error.sqlstate = sqlstate
    return error
