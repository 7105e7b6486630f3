from __future__ import annotations

from datetime import timedelta
from typing import Literal

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fixtures.number_loads import NOON, dataset, fill, load, reject, request
from loadstone.errors import BalanceError, LoadNotFound, RejectLimitExceeded
from loadstone.model.event import Event
from loadstone.model.load import Counts
from loadstone.postgres import PostgresDatabase
from loadstone.postgres.ledger import identity


@pytest.fixture
def database(database_url: str) -> PostgresDatabase:
    return PostgresDatabase(database_url)


def test_a_committed_load_stands_in_the_ledger_with_all_its_facts(database: PostgresDatabase) -> None:
    answer = load(database, request(sequencer="0A", config_hash="c0ffee"), [1, 2], [reject(3)])
    assert answer.state is None
    assert answer.load_id is not None
    record = database.find(answer.load_id)
    assert (record.pipeline, record.dataset, record.table) == ("shop", "numbers", "public.numbers")
    assert (record.bucket, record.key, record.uri) == ("bucket", "a.csv", "s3://bucket/a.csv")
    assert (record.state, record.is_current, record.attempt) == ("loaded", True, 1)
    assert record.counts == Counts(read=3, inserted=2, rejected=1)
    assert (record.etag, record.version_id, record.size_bytes) == ("etag-1", None, 101)
    assert record.object_time == NOON + timedelta(minutes=1)
    assert (record.sequencer, record.worker) == ("0A", "test:1")
    assert record.dialect == {"type": "csv", "delimiter": ",", "names": ["a"]}
    assert record.finished_at is not None
    assert record.finished_at >= record.started_at
    assert identity(record) == request().version.identity


def test_rejects_commit_with_the_rows(database: PostgresDatabase) -> None:
    awkward = reject(3, "a reason with a NUL \0 and half a pair \ud800")
    answer = load(database, request(), [1, 2], [awkward, reject(5)])
    assert answer.load_id is not None
    first, second = database.rejects(answer.load_id)
    assert second == reject(5)
    assert first.reason == "a reason with a NUL \\0 and half a pair \\ud800"
    assert (first.row_number, first.line_number, first.byte_offset, first.byte_length) == (3, 4, 30, 3)
    assert (first.column, first.code, first.raw) == ("a", "not_a_number", b"x\n")
    assert [r.row_number for r in database.rejects(answer.load_id, limit=1)] == [3]


def test_raw_bytes_and_further_reasons_of_a_reject_come_back_as_they_were(database: PostgresDatabase) -> None:
    whole = reject(1)._replace(
        raw=bytes(range(256)) * 256, others=(("b", "required", "b is missing"),), column=None
    )
    answer = load(database, request(), [1], [whole])
    assert answer.load_id is not None
    assert list(database.rejects(answer.load_id)) == [whole]


def test_characters_that_jsonb_refuses_in_further_reasons_do_not_fail_the_load(
    database: PostgresDatabase,
) -> None:
    further = ("ü", "pattern_mismatch", "'x' does not match the pattern \0 or half a pair \ud800")
    answer = load(database, request(), [1], [reject(1)._replace(others=(further, ("c", "required", '"')))])
    assert answer.load_id is not None
    (stored,) = database.rejects(answer.load_id)
    assert stored.others == (
        ("ü", "pattern_mismatch", "'x' does not match the pattern \\0 or half a pair \\ud800"),
        ("c", "required", '"'),
    )


def test_ten_thousand_rejects_are_spooled_and_all_arrive(database: PostgresDatabase) -> None:
    many = [reject(n)._replace(raw=b"r" * 1000) for n in range(1, 10_001)]
    answer = load(database, request(), [1], many)
    assert answer.load_id is not None
    assert sum(1 for _ in database.rejects(answer.load_id)) == 10_000
    assert database.find(answer.load_id).counts.rejected == 10_000


def test_while_it_runs_a_load_is_seen_as_running(database: PostgresDatabase) -> None:
    with database.admit(request(), dataset()) as admission:
        (record,) = database.history()
        assert (record.state, record.is_current) == ("running", False)
        assert admission.load_id == record.load_id


def test_a_failed_load_leaves_its_reasons_and_no_rows(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    error = RejectLimitExceeded("too many rejects")
    with database.admit(request(), dataset()) as admission:
        transaction = admission.transaction
        assert transaction is not None
        fill(transaction, dataset(), [1, 2], [reject(3)])
        transaction.rollback()
        counts = Counts(read=3, rejected=1)
        load_id = database.record_failure(request(), transaction.load_id, error, counts, [])
    assert load_id is not None
    record = database.find(load_id)
    assert (record.state, record.error, record.error_code) == (
        "failed",
        "too many rejects",
        "reject_limit_exceeded",
    )
    assert (record.counts.read, record.counts.rejected) == (3, 1)
    assert list(database.rejects(load_id)) == [reject(3)]
    assert connection.execute("SELECT to_regclass('public.numbers')").fetchone() == (None,)
    again = load(database, request())
    assert again.load_id is not None
    assert database.find(again.load_id).attempt == 2


def test_a_failure_before_admission_gets_a_row_of_its_own(database: PostgresDatabase) -> None:
    load_id = database.record_failure(request(), None, ValueError("a fault of our own"), Counts(), [])
    assert load_id is not None
    record = database.find(load_id)
    assert (record.state, record.error, record.error_code) == ("failed", "a fault of our own", "unexpected")


def test_of_a_failed_load_ten_thousand_rejects_are_kept_and_the_record_says_so(
    database: PostgresDatabase,
) -> None:
    many = [reject(n) for n in range(1, 10_003)]
    error = RejectLimitExceeded("too many")
    load_id = database.record_failure(request(), None, error, Counts(read=10_002, rejected=10_002), many)
    assert load_id is not None
    assert sum(1 for _ in database.rejects(load_id)) == 10_000
    assert database.find(load_id).error == "too many (the first 10,000 of 10,002 rejects are kept)"


def test_a_failure_that_cannot_be_recorded_does_not_hide_the_first_error() -> None:
    nowhere = PostgresDatabase("postgresql://u@127.0.0.1:1/nothing_listens_here")
    assert nowhere.record_failure(request(), None, ValueError("first"), Counts(), []) is None


def test_a_failure_recorded_late_does_not_touch_a_load_that_committed(database: PostgresDatabase) -> None:
    answer = load(database, request())
    assert answer.load_id is not None
    database.record_failure(request(), answer.load_id, ValueError("too late"), Counts(), [reject(9)])
    record = database.find(answer.load_id)
    assert (record.state, record.error) == ("loaded", None)
    assert list(database.rejects(answer.load_id)) == []


def test_rows_that_do_not_add_up_are_not_committed(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    with database.admit(request(), dataset()) as admission:
        transaction = admission.transaction
        assert transaction is not None
        with pytest.raises(BalanceError, match="4 rows were read, but 3 inserted"):
            fill(_Miscounting(transaction), dataset(), [1, 2, 3])  # type: ignore[arg-type]
    assert connection.execute("SELECT to_regclass('public.numbers')").fetchone() == (None,)


class _Miscounting:
    """A transaction that is told of a row which was never written."""

    def __init__(self, transaction: object) -> None:
        self._transaction = transaction

    def __getattr__(self, name: str) -> object:
        return getattr(self._transaction, name)

    def finish(self, counts: Counts, **facts: object) -> Counts:
        return self._transaction.finish(counts.plus(read=1), **facts)  # type: ignore[attr-defined, no-any-return]


def test_history_is_newest_first_and_can_be_narrowed(database: PostgresDatabase) -> None:
    first = load(database, request(1, "a.csv")).load_id
    second = load(database, request(2, "b.csv")).load_id
    assert [record.load_id for record in database.history()] == [second, first]
    assert [record.load_id for record in database.history(limit=1)] == [second]
    assert [record.load_id for record in database.history(key="a.csv")] == [first]
    assert database.history(dataset="other") == []


def test_an_unknown_load_is_a_clear_error(database: PostgresDatabase) -> None:
    with pytest.raises(LoadNotFound, match="there is no load 4,711"):
        database.find(4711)


def test_the_current_identities_of_a_bucket_are_known_at_once(database: PostgresDatabase) -> None:
    load(database, request(1, "a.csv"))
    load(database, request(2, "a.csv"))
    load(database, request(1, "b.csv"))
    assert database.current("shop", "numbers", "bucket") == {
        "a.csv": request(2, "a.csv").version.identity,
        "b.csv": request(1, "b.csv").version.identity,
    }
    assert database.current("shop", "numbers", "elsewhere") == {}


def test_the_current_identities_can_be_those_of_one_table(database: PostgresDatabase) -> None:
    load(database, request(1, "a.csv"))
    load(database, request(1, "b.csv", table="others"))
    a, b = request(1, "a.csv").version.identity, request(1, "b.csv").version.identity
    assert database.current("shop", "numbers", "bucket") == {"a.csv": a, "b.csv": b}
    assert database.current("shop", "numbers", "bucket", "Numbers") == {"a.csv": a}
    assert database.current("shop", "numbers", "bucket", '"public"."others"') == {"b.csv": b}


WRITTEN = ["numbers", "public.numbers", "PUBLIC.Numbers", '"public"."numbers"']


@pytest.mark.parametrize("then", WRITTEN)
def test_an_object_is_loaded_once_however_its_table_is_written(
    database: PostgresDatabase, connection: psycopg.Connection, then: str
) -> None:
    for first in WRITTEN:
        load(database, request(1, first, table=first), [1])
        again = load(database, request(1, first, table=then), [1])
        assert again.state == "skipped"
        load(database, request(2, first, table=then), [2])
    assert connection.execute("SELECT a, count(*) FROM numbers GROUP BY a").fetchall() == [(2, len(WRITTEN))]
    assert {record.table for record in database.history()} == {"public.numbers"}


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_while_an_object_is_loaded_another_spelling_of_its_table_is_in_progress(
    database: PostgresDatabase, mode: Literal["append", "replace"]
) -> None:
    settings = dataset(mode=mode)
    with (
        database.admit(request(table="numbers"), settings) as first,
        database.admit(request(table="public.numbers"), settings) as second,
    ):
        assert (first.state, second.state) == (None, "in_progress")


def test_one_object_may_go_into_two_tables_at_once(database: PostgresDatabase) -> None:
    with database.admit(request(), dataset()) as first:
        assert load(database, request(table="others"), [7]).state is None
        assert first.transaction is not None
        fill(first.transaction, dataset(), [1])
        first.transaction.commit()
    assert [(r.table, r.state, r.is_current) for r in database.history()] == [
        ("public.others", "loaded", True),
        ("public.numbers", "loaded", True),
    ]


def test_one_name_on_two_search_paths_is_two_tables(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute("CREATE SCHEMA north; CREATE SCHEMA south")
    for schema in ("north", "south"):
        options = f"-c search_path={schema},public"
        there = PostgresDatabase(make_conninfo(database_url, options=options))
        assert load(there, request(table="numbers"), [1]).state is None
        assert load(there, request(table=f"{schema}.numbers"), [1]).state == "skipped"
        assert connection.execute(f"SELECT a FROM {schema}.numbers").fetchall() == [(1,)]


def test_a_failure_and_a_deletion_are_recorded_under_the_tables_own_name(database: PostgresDatabase) -> None:
    asked = request(table="numbers")
    database.record_failure(asked, None, RejectLimitExceeded("too many"), Counts(), ())
    load(database, asked, [1])
    event = Event("removed", "bucket", "a.csv", None, "0Z")
    settings = dataset(on_delete="remove_rows")
    assert database.remove(request(table="PUBLIC.numbers"), settings, event).state == "removed"
    assert [(r.table, r.state) for r in reversed(database.history())] == [
        ("public.numbers", "failed"),
        ("public.numbers", "removed"),
        ("public.numbers", "removed"),
    ]


def test_a_running_row_without_heartbeat_shows_as_abandoned(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    with database.admit(request(), dataset()):
        connection.execute("UPDATE loadstone.loads SET heartbeat_at = now() - interval '3 minutes'")
        (record,) = database.history()
        assert record.state == "abandoned"


def test_the_views_for_people_show_last_loads_freshness_and_reasons(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1), [1], [reject(2), reject(3)])
    load(database, request(2), [1, 2])
    last = connection.execute("SELECT dataset, state, rows_loaded FROM loadstone.last_loads").fetchall()
    assert last == [("numbers", "loaded", 2)]
    fresh = connection.execute(
        "SELECT dataset, newest_object, since_last_load < '1 hour' FROM loadstone.freshness"
    )
    assert fresh.fetchall() == [("numbers", NOON + timedelta(minutes=2), True)]
    reasons = connection.execute('SELECT column_name, code, "rows", example FROM loadstone.rejects_by_reason')
    assert reasons.fetchall() == [("a", "not_a_number", 2, "'x' is not an integer")]
