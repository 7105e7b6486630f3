"""Workers that are told to end, killed, or slow: nothing is lost, nothing is there twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fixtures.bucket import Bucket, BucketServer
from fixtures.landing import Landing
from fixtures.queues import EventQueue, queue_for
from fixtures.workers import Harbour, eventually
from loadstone.executor.stopping import LeftOff, StoppableProgress, Stopping
from loadstone.wiring.quiet import Quiet

A = "id,v\n1,a\n2,b\n"
B = "id,v\n2,B\n3,c\n"
ROWS_A = [(1, "a"), (2, "b")]
ROWS_B = [(2, "B"), (3, "c")]
VISIBILITY = 2


@pytest.fixture
def queue(s3: Bucket, bucket_server: BucketServer) -> Iterator[EventQueue]:
    """A queue whose messages come again soon."""
    with queue_for(
        s3, visibility=VISIBILITY, most_receipts=100, environment=bucket_server.environment
    ) as made:
        yield made


@pytest.fixture
def loaded(harbour: Harbour, queue: EventQueue) -> Harbour:
    """With a first version in the table, so that the table is there to be locked."""
    queue.put("day.csv", A)
    harbour.shell("run", "--once")
    assert harbour.rows() == ROWS_A
    return harbour


def test_a_message_stays_ours_while_its_load_takes_longer_than_the_visibility_timeout(
    loaded: Harbour, queue: EventQueue
) -> None:
    with loaded.worker() as process:
        with loaded.locked():
            queue.put("day.csv", B)
            loaded.await_waiting()
            # Twice as long as the time-out; another worker would be given the message within it.
            others = queue.client.receive_message(QueueUrl=queue.url, WaitTimeSeconds=2 * VISIBILITY)
            assert others.get("Messages", []) == []
        loaded.await_rows(ROWS_B)
        eventually(lambda: queue.counts() == (0, 0), "the message's being deleted")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert loaded.states() == ["replaced", "loaded*"]


def test_a_worker_that_is_killed_while_loading_loses_nothing_and_the_next_one_loads_it_once(
    loaded: Harbour, queue: EventQueue
) -> None:
    with loaded.worker() as process:
        with loaded.locked():
            queue.put("day.csv", B)
            loaded.await_waiting()
            process.kill()
            process.wait(60)
        assert loaded.rows() == ROWS_A
    with loaded.worker():
        loaded.await_rows(ROWS_B)
        eventually(lambda: queue.counts() == (0, 0), "the message's being deleted")
    assert loaded.states().count("loaded*") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_finishes_what_it_has_begun(
    loaded: Harbour, queue: EventQueue, number: signal.Signals
) -> None:
    with loaded.worker() as process:
        with loaded.locked():
            queue.put("day.csv", B)
            loaded.await_waiting()
            process.send_signal(number)
            assert process.stderr is not None
            assert any("finishing what was begun" in line for line in process.stderr)
        assert process.wait(60) == 0
    assert loaded.rows() == ROWS_B
    assert queue.counts() == (0, 0)


def test_beyond_the_drain_seconds_a_load_is_undone_and_its_message_given_back(
    loaded: Harbour, queue: EventQueue
) -> None:
    with loaded.locked():
        with loaded.worker("--drain-seconds", "0") as process:
            queue.put("day.csv", B)
            loaded.await_waiting()
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 130
            assert "1 load could not finish in time: undone, and given back" in err
        eventually(lambda: queue.counts() == (1, 0), "the message's being anybody's")
    assert loaded.rows() == ROWS_A
    loaded.shell("run", "--once")
    assert loaded.rows() == ROWS_B


def test_who_waits_for_a_slot_has_nothing_begun_and_gives_its_message_back_when_told_to_end(
    loaded: Harbour, queue: EventQueue
) -> None:
    loaded.query("UPDATE loadstone.settings SET value = '1' WHERE name = 'max_concurrent_loads'")
    with psycopg.connect(loaded.database_url) as connection, loaded.worker() as process:
        connection.execute(b"SELECT pg_advisory_xact_lock(x'6c6f6164'::integer, 0)")
        queue.put("day.csv", B)
        eventually(lambda: queue.counts() == (0, 1), "the message's being received")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        eventually(lambda: queue.counts() == (1, 0), "the message's being anybody's")
    assert loaded.rows() == ROWS_A


def test_a_load_that_is_to_leave_off_undoes_all_of_it(tmp_path: Path, database_url: str) -> None:
    landing = Landing(tmp_path, database_url)
    landing.put("day.csv", A)
    stopping = Stopping()
    stopping.leave_off()
    with pytest.raises(LeftOff):
        landing.load(progress=StoppableProgress(Quiet(), stopping))
    assert landing.states() == []
    assert landing.load().state == "loaded"
