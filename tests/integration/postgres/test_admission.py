from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
from msgspec.structs import replace

from fixtures.number_loads import LAYOUT, chunk, dataset, fill, load, reject, request
from loadstone.errors import DestinationError, SlotUnavailable, TableBusy
from loadstone.model.batch import Chunk
from loadstone.model.contract import Cell, Column, LoadPlan
from loadstone.model.event import Event
from loadstone.model.load import Counts
from loadstone.model.pipeline import Limits
from loadstone.model.types import PgType
from loadstone.postgres import PostgresDatabase


@pytest.fixture
def database(database_url: str) -> PostgresDatabase:
    return PostgresDatabase(database_url)


def values(connection: psycopg.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT a FROM public.numbers ORDER BY 1")]


def states(database: PostgresDatabase) -> list[tuple[str, bool]]:
    return [(record.state, record.is_current) for record in reversed(database.history())]


def test_the_same_version_is_skipped_and_leaves_no_row(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    first = load(database, request())
    second = load(database, request())
    assert (second.state, second.load_id) == ("skipped", first.load_id)
    assert values(connection) == [1, 2, 3]
    assert states(database) == [("loaded", True)]


def test_content_that_goes_back_to_what_it_was_loads_three_times(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1), [1])
    load(database, request(2), [2])
    assert load(database, request(1), [1]).state is None
    assert values(connection) == [1]
    assert states(database) == [("replaced", False), ("replaced", False), ("loaded", True)]


def test_a_new_version_takes_the_rows_of_the_old_one_with_it(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1, "other.csv"), [9])
    load(database, request(1), [1, 2, 3])
    load(database, request(2), [2, 3, 4])
    assert values(connection) == [2, 3, 4, 9]


def test_where_each_version_counts_all_rows_stay_and_the_newest_is_current(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1), [1], on_overwrite="append")
    load(database, request(2), [2], on_overwrite="append")
    assert values(connection) == [1, 2]
    assert states(database) == [("loaded", False), ("loaded", True)]
    repeated = load(database, request(1), [1], on_overwrite="append")
    assert (repeated.state, repeated.load_id) == ("skipped", 1)


def test_with_ignore_the_first_version_stays(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1), [1], on_overwrite="ignore")
    assert load(database, request(2), [2], on_overwrite="ignore").state == "skipped"
    assert values(connection) == [1]


def test_loading_again_takes_the_loads_own_rows_first(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    for overwrite in ("replace_rows", "append"):
        load(database, request(1, overwrite), [1, 2], on_overwrite=overwrite)
        load(database, request(1, overwrite, again=True), [2, 3], on_overwrite=overwrite)
    assert values(connection) == [2, 2, 3, 3]


def test_rows_without_lineage_cannot_be_replaced_and_the_error_says_what_can(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1), [1], lineage=False)
    with pytest.raises(DestinationError, match="the rows of the older version") as raised:
        load(database, request(2), [2], lineage=False)
    assert "on_overwrite: append" in (raised.value.hint or "")
    assert values(connection) == [1]


def test_an_older_event_is_superseded_and_recorded(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(2, sequencer="0B", is_event=True), [2])
    late = load(database, request(1, sequencer="0A", is_event=True), [1])
    assert late.state == "superseded"
    assert values(connection) == [2]
    assert states(database) == [("loaded", True), ("superseded", False)]


def test_a_later_event_of_the_same_version_is_remembered_by_its_sequencer(database: PostgresDatabase) -> None:
    load(database, request(2, sequencer="0B"))
    assert load(database, request(2, sequencer="0D")).state == "skipped"
    assert load(database, request(1, sequencer="0C")).state == "superseded"


def test_a_load_by_hand_does_not_forget_the_sequencer(database: PostgresDatabase) -> None:
    load(database, request(2, sequencer="0B"))
    load(database, request(3))
    assert load(database, request(1, sequencer="0A")).state == "superseded"


def test_a_second_worker_answers_in_progress_at_once_and_leaves_no_row(database: PostgresDatabase) -> None:
    with database.admit(request(), dataset()) as first, database.admit(request(), dataset()) as second:
        assert first.state is None
        assert (second.state, second.transaction) == ("in_progress", None)
        assert states(database) == [("running", False)]


def test_of_eight_workers_that_race_one_loads_and_the_others_answer(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    database.ensure_schema()
    barrier = threading.Barrier(8)

    def race(_: int) -> str | None:
        barrier.wait()
        return load(database, request()).state

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(race, range(8)))
    assert answers.count(None) == 1
    assert set(answers) <= {None, "in_progress", "skipped"}
    assert values(connection) == [1, 2, 3]
    assert states(database) == [("loaded", True)]


def test_an_attempt_whose_process_went_away_is_marked_and_counted_by_the_next(
    database: PostgresDatabase,
) -> None:
    with database.admit(request(), dataset()) as admission:
        assert admission.transaction is not None
        admission.transaction.rollback()  # and no word to the ledger: as if killed
    assert states(database) == [("running", False)]
    answer = load(database, request())
    assert states(database) == [("abandoned", False), ("loaded", True)]
    assert database.find(answer.load_id or 0).attempt == 2


def test_a_load_that_is_withdrawn_leaves_nothing(database: PostgresDatabase) -> None:
    with database.admit(request(), dataset()) as admission:
        assert admission.transaction is not None
        admission.transaction.withdraw()
    assert states(database) == []


def test_leaving_without_commit_rolls_back(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1), [1])
    with database.admit(request(2), dataset()) as admission:
        assert admission.transaction is not None
        fill(admission.transaction, dataset(), [2])
    assert values(connection) == [1]


def test_the_fleet_cap_holds_over_objects_and_who_waits_holds_nothing(
    database_url: str, connection: psycopg.Connection
) -> None:
    database = PostgresDatabase(database_url, limits=Limits(max_concurrent_loads=2))
    with ExitStack() as stack:
        for key in ("a", "b"):
            assert stack.enter_context(database.admit(request(key=key), dataset())).state is None
        with pytest.raises(SlotUnavailable, match="all 2 slots"), database.admit(request(key="c"), dataset()):
            pass
        # A session that was closed takes a moment to leave: ask until it has.
        deadline = time.monotonic() + 10
        while _sessions(connection) != 2 and time.monotonic() < deadline:
            pass
        assert _sessions(connection) == 2
    with database.admit(request(key="c"), dataset()) as admission:
        assert admission.state is None


def test_the_cap_of_one_pipeline_is_the_cap_of_all(database_url: str) -> None:
    PostgresDatabase(database_url, limits=Limits(max_concurrent_loads=1)).ensure_schema()
    other = PostgresDatabase(database_url)
    with (
        other.admit(request(key="a"), dataset()),
        pytest.raises(SlotUnavailable),
        other.admit(request(key="b"), dataset()),
    ):
        pass


def test_a_replace_takes_the_place_of_every_load_of_the_table(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1, "a.csv"), [1], mode="replace")
    load(database, request(2, "b.csv"), [2], mode="replace")
    assert values(connection) == [2]
    assert states(database) == [("replaced", False), ("loaded", True)]


def test_an_event_of_an_older_object_does_not_replace_a_newer_table(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(2, "b.csv", is_event=True), [2], mode="replace")
    assert load(database, request(1, "a.csv", is_event=True), [1], mode="replace").state == "superseded"
    assert values(connection) == [2]
    assert load(database, request(1, "a.csv"), [1], mode="replace").state is None
    assert values(connection) == [1]


def test_a_late_object_does_not_undo_what_a_newer_one_merged(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(2, "b.csv"), [1, 2], mode="merge", key=("a",))
    load(database, request(1, "a.csv"), [2, 3], mode="merge", key=("a",))
    rows = connection.execute("SELECT a, _load_id FROM public.numbers ORDER BY 1").fetchall()
    assert rows == [(1, 1), (2, 1), (3, 2)]
    assert database.find(2).counts == Counts(read=2, inserted=1, unchanged=1)


def test_two_merges_at_once_know_of_each_other(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    """The older was admitted first and settles last: it must not undo what the newer wrote meanwhile."""
    load(database, request(0, "first.csv"), [0], mode="merge", key=("a",))
    settings = dataset(mode="merge", key=("a",))
    with database.admit(request(1, "old.csv"), settings) as older:
        load(database, request(2, "new.csv"), [7], mode="merge", key=("a",))
        assert older.transaction is not None
        fill(older.transaction, settings, [7])
        older.transaction.commit()
    newest = connection.execute(
        "SELECT loads.key FROM public.numbers JOIN loadstone.loads ON load_id = _load_id WHERE a = 7"
    ).fetchall()
    assert newest == [("new.csv",)]


def removed(sequencer: str | None = None) -> Event:
    return Event("removed", "bucket", "a.csv", sequencer=sequencer)


def test_a_deleted_object_leaves_a_tombstone_and_its_rows(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1, sequencer="0A"), [1])
    answer = database.remove(request(1, sequencer="0C"), dataset(), removed(sequencer="0C"))
    assert answer.state == "removed"
    assert values(connection) == [1]
    assert states(database) == [("loaded", False), ("removed", True)]
    assert database.current("shop", "numbers", "bucket") == {}
    assert load(database, request(2, sequencer="0B"), [2]).state == "superseded"
    assert load(database, request(2, sequencer="0D"), [2]).state is None
    assert values(connection) == [2]


def test_a_deleted_object_takes_its_rows_with_it_where_the_dataset_says_so(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(1, "other.csv"), [9])
    load(database, request(1), [1, 2])
    answer = database.remove(request(1), dataset(on_delete="remove_rows"), removed())
    assert answer.reason == "the object was deleted, and 2 rows with it"
    assert values(connection) == [9]
    assert states(database) == [("loaded", True), ("removed", False), ("removed", True)]


def test_an_old_deletion_does_not_remove_what_came_after_it(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load(database, request(2, sequencer="0B"), [2])
    settings = dataset(on_delete="remove_rows")
    assert (
        database.remove(request(1, sequencer="0A"), settings, removed(sequencer="0A")).state == "superseded"
    )
    assert values(connection) == [2]


def test_a_deletion_told_twice_is_one_tombstone(database: PostgresDatabase) -> None:
    for sequencer in ("0A", "0C"):
        asked = request(1, sequencer=sequencer)
        assert database.remove(asked, dataset(), removed(sequencer=sequencer)).state == "removed"
    assert states(database) == [("removed", True)]
    assert load(database, request(2, sequencer="0B")).state == "superseded"


def test_a_deletion_while_the_object_is_loaded_answers_in_progress(database: PostgresDatabase) -> None:
    with database.admit(request(), dataset()):
        assert database.remove(request(), dataset(), removed()).state == "in_progress"


def replay(
    database: PostgresDatabase, load_id: int, accepted: dict[int, int], again: tuple[int, ...] = ()
) -> Counts:
    """Tries rejects of a load again: `accepted` maps row numbers to values, `again` are bad once more."""
    with database.admit(request(replay_of=load_id), dataset()) as admission:
        transaction = admission.transaction
        assert transaction is not None
        columns = (Column("a", PgType("integer"), source="a"),)
        plan = transaction.prepare(LoadPlan((Cell("a", columns),), load_id=transaction.load_id), LAYOUT)
        for row, value in accepted.items():
            transaction.write(chunk(plan, [value], first_row=row))
        bad = tuple(reject(row, "still bad") for row in again)
        transaction.write(Chunk(b"", 0, rejects=bad, records=len(bad)))
        counts = Counts(read=len(accepted) + len(again), rejected=len(again))
        counts = transaction.finish(counts, sha256="", source_bytes=0)
        transaction.commit()
        return counts


def test_replayed_rejects_join_their_load_under_their_row_numbers(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    load_id = load(database, request(), [1, 2], [reject(3), reject(4), reject(5)]).load_id
    assert load_id is not None
    counts = replay(database, load_id, {3: 30}, again=(4,))
    assert counts == Counts(read=2, inserted=1, rejected=1)
    record = database.find(load_id)
    assert record.counts == Counts(read=5, inserted=3, rejected=2)
    assert record.counts.difference == 0
    rows = connection.execute("SELECT a, _load_id, _row FROM public.numbers WHERE a = 30").fetchall()
    assert rows == [(30, load_id, 3)]
    still = {r.row_number: r.reason for r in database.rejects(load_id, unreplayed=True)}
    assert still == {4: "still bad", 5: "'x' is not an integer"}
    assert [r.row_number for r in database.rejects(load_id)] == [3, 4, 5]
    assert states(database) == [("loaded", True)]


def test_a_reject_is_replayed_only_once(database: PostgresDatabase, connection: psycopg.Connection) -> None:
    load_id = load(database, request(), [1], [reject(2)]).load_id
    assert load_id is not None
    replay(database, load_id, {2: 20})
    with pytest.raises(DestinationError, match="only 0 of them are open rejects"):
        replay(database, load_id, {2: 20})
    assert values(connection) == [1, 20]


def test_rejects_of_a_load_that_does_not_stand_cannot_be_replayed(database: PostgresDatabase) -> None:
    load(database, request(1), [1], [reject(2)])
    load(database, request(2), [1])
    with pytest.raises(DestinationError, match="it is replaced"):
        replay(database, 1, {2: 20})


def test_a_failed_replay_leaves_the_load_as_it_was(database: PostgresDatabase) -> None:
    load_id = load(database, request(), [1], [reject(2)]).load_id
    assert load_id is not None
    before = database.find(load_id)
    asked = replace(request(), replay_of=load_id)
    assert database.record_failure(asked, load_id, ValueError("no"), Counts(read=1), []) == load_id
    assert database.find(load_id) == before


def test_a_replace_that_waited_behind_a_newer_one_gives_way(
    database: PostgresDatabase, connection: psycopg.Connection
) -> None:
    settings = dataset(mode="replace")
    load(database, request(0, "first.csv"), [0], mode="replace")
    with database.admit(request(1, "old.csv", is_event=True), settings) as older:
        load(database, request(2, "new.csv", is_event=True), [2], mode="replace")
        assert older.transaction is not None
        with pytest.raises(TableBusy, match="a newer object has replaced the table"):
            fill(older.transaction, settings, [1])
        older.transaction.withdraw()
    assert load(database, request(1, "old.csv", is_event=True), [1], mode="replace").state == "superseded"
    assert values(connection) == [2]


@pytest.mark.parametrize("is_explained", [True, False])
def test_a_row_that_the_table_refuses_is_rejected_with_its_text_where_that_is_found(
    database: PostgresDatabase, connection: psycopg.Connection, is_explained: bool
) -> None:
    settings = dataset(mode="merge", key=("a",))
    load(database, request(1), [1], mode="merge", key=("a",))
    connection.execute("ALTER TABLE public.numbers ADD CHECK (a <> 13)")
    with database.admit(request(2), settings) as admission:
        transaction = admission.transaction
        assert transaction is not None
        counts = fill(transaction, settings, [12, 13, 14])
        assert (counts.inserted, counts.rejected, list(transaction.refused)) == (2, 1, [2])
        if is_explained:
            transaction.explain([reject(2)._replace(raw=b"13\n", code="", reason="")])
            assert list(transaction.refused) == []
        transaction.commit()
        (refused,) = database.rejects(transaction.load_id)
    assert (refused.row_number, refused.code) == (2, "23514")
    assert "numbers_a_check" in refused.reason
    assert refused.raw == (b"13\n" if is_explained else b"")
    assert values(connection) == [1, 12, 14]


def _sessions(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'loadstone' AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])
