"""What did not come, and what came in other amounts than usual, told from the ledger of a real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.receiver import Answer
from fixtures.told import Told
from loadstone.executor.after_commit import Notification
from loadstone.executor.expectations import check_expectations

SEED = """
INSERT INTO loadstone.loads (pipeline, dataset, table_name, bucket, key, uri, object_time, state, rows_read,
    rows_inserted, started_at, finished_at)
SELECT 'shop', 'orders', 'public.orders', 'b', 'seed-' || n, 'seed-' || n, now(), 'loaded', rows, rows,
    now() - interval '2 days', now() - interval '2 days'
FROM unnest(%s::integer[]) WITH ORDINALITY AS earlier (rows, n)
"""


def seed(told: Told, rows: list[int]) -> None:
    """Loads of earlier days, with so many rows each."""
    told.change(SEED.replace("%s", f"ARRAY{rows}"))


def check(told: Told, now: datetime, *, dry_run: bool = False) -> list[Notification]:
    with told.workspace() as workspace:
        return list(check_expectations(workspace._telling(), "shop", now, dry_run=dry_run))


def ready(told: Told, on: Any) -> None:
    """The target asks since a week; nothing was loaded."""
    told.on = on
    told.notify()
    told.change("UPDATE loadstone.notification_subscriptions SET since = now() - interval '7 days'")


def csv(rows: int) -> str:
    return "n\n" + "1\n" * rows


@pytest.mark.parametrize(
    ("rows", "is_told"), [(301, True), (300, False), (100, False), (34, False), (33, True), (0, True)]
)
def test_a_volume_far_off_the_datasets_own_history_is_told(told: Told, rows: int, is_told: bool) -> None:
    ready(told, {"volume_off": 3})
    seed(told, [1, 5_000, 90, 100, 110, 100, 100])  # the median is 100, whatever the extremes are
    told.load("today.csv", csv(rows))
    assert [kind for _, kind, _, _ in told.rows()] == (["volume_off"] if is_told else [])
    assert len(told.receiver.requests) == is_told
    if is_told:
        assert f"brought {rows:,} rows, usual are 100 " in told.receiver.texts[0]


def test_four_earlier_loads_are_no_history(told: Told) -> None:
    ready(told, {"volume_off": 2})
    seed(told, [100, 100, 100, 100])
    told.load("today.csv", csv(1))
    assert told.rows() == []


def test_history_is_that_of_the_last_twenty_loads(told: Told) -> None:
    ready(told, {"volume_off": 2})
    seed(told, [1] * 30 + [100] * 20)
    told.load("today.csv", csv(100))
    assert told.rows() == []


def test_a_level_that_stays_is_told_once(told: Told) -> None:
    ready(told, {"volume_off": 3})
    seed(told, [100] * 8)
    for day in range(3):
        told.load(f"day{day}.csv", csv(10))
    assert [load_id for load_id, _, _, _ in told.rows()] == [9]
    told.load("day3.csv", csv(900))
    assert len(told.rows()) == 2


SEED_DAY = """
INSERT INTO loadstone.loads (pipeline, dataset, table_name, bucket, key, uri, object_time, state, rows_read,
    rows_inserted, started_at, finished_at)
SELECT 'shop', 'orders', 'public.orders', 'b', n || '-{day}', 'x', now(), 'loaded', {rows}, {rows}, '{day}',
    '{day}'::timestamptz + n * interval '1 hour'
FROM generate_series(1, {loads}) AS n
"""


def seed_days(told: Told, days: list[int], midnight: datetime) -> None:
    """Days before a midnight, each of five loads with so many rows."""
    for number, rows in enumerate(days):
        day = (midnight - timedelta(days=len(days) - number)).isoformat()
        told.change(SEED_DAY.format(day=day, rows=rows, loads=5 if rows else 0))


MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "is_told"), [(100, False), (250, False), (400, True), (30, True), (0, True)]
)
def test_of_a_dataset_with_many_files_a_day_whole_days_are_compared(
    told: Told, last: int, is_told: bool
) -> None:
    ready(told, {"volume_off": 3})
    told.change("UPDATE loadstone.notification_subscriptions SET since = '2026-01-01'")
    seed_days(told, [*([100, 90, 110, 100, 95, 105, 100] * 4), last], MIDNIGHT)
    assert check(told, MIDNIGHT + timedelta(minutes=59)) == []  # the day before was as usual
    found = check(told, MIDNIGHT + timedelta(minutes=61))
    assert [one.state for one in found] == (["sent"] if is_told else [])
    if is_told:
        text = f"orders: {5 * last:,} rows were loaded on 2026-05-31 (UTC), usual are 500 a day"
        assert told.receiver.texts == [text]
    assert check(told, MIDNIGHT + timedelta(hours=9)) == []
    # A single load among so many says nothing.
    told.change("UPDATE loadstone.loads SET finished_at = finished_at + (now() - '2026-06-01')")
    told.load("small.csv", csv(1))
    assert len(told.receiver.requests) == is_told


def test_quiet_sundays_are_as_usual_and_days_before_the_target_asked_are_not_told(told: Told) -> None:
    ready(told, {"volume_off": 3})
    week = [0, 100, 100, 100, 100, 100, 100]
    seed_days(told, [*(week * 4), 0], MIDNIGHT)
    told.change("UPDATE loadstone.notification_subscriptions SET since = '2026-01-01'")
    assert check(told, MIDNIGHT + timedelta(hours=2)) == []
    seed_days(told, [100 * 28], MIDNIGHT + timedelta(days=1))
    told.change("UPDATE loadstone.notification_subscriptions SET since = '2026-06-03'")
    assert check(told, MIDNIGHT + timedelta(days=1, hours=2)) == []
    told.change("UPDATE loadstone.notification_subscriptions SET since = '2026-06-01'")
    assert [one.notice.fields["day"] for one in check(told, MIDNIGHT + timedelta(days=1, hours=2))] == [
        "2026-06-01"
    ]


def test_a_volume_that_nobody_could_tell_of_is_found_by_the_pass(told: Told) -> None:
    ready(told, {"volume_off": 3})
    seed(told, [100] * 5)
    told.load("today.csv", csv(1))
    told.change("DELETE FROM loadstone.notifications")
    assert [(one.notice.kind, one.state) for one in told.notify()] == [("volume_off", "sent")]


def test_nothing_loaded_by_a_time_is_told_once_a_day(told: Told) -> None:
    ready(told, {"nothing_by": "06:00 Europe/Berlin"})
    now = datetime.now(UTC)
    morning = (now + timedelta(days=1)).replace(hour=7, minute=0)
    (due,) = check(told, morning, dry_run=True)
    assert due.state == "due"
    assert told.receiver.requests == []
    (sent,) = check(told, morning)
    assert sent.state == "sent"
    assert check(told, morning + timedelta(minutes=5)) == []
    assert len(check(told, morning + timedelta(days=1))) == 1
    first, second = told.receiver.texts
    assert f"orders: nothing was loaded by {morning:%Y-%m-%d}T06:00+0" in first
    assert "the last load was at no time yet" in first
    assert first != second


def test_what_was_loaded_in_time_is_enough(told: Told) -> None:
    ready(told, {"nothing_by": "06:00"})
    told.load("day1.csv", csv(1))
    now = datetime.now(UTC)
    due = now.replace(hour=6, minute=0, second=0, microsecond=0)
    due += timedelta(days=1) if due <= now else timedelta(0)
    assert check(told, due + timedelta(minutes=1)) == []
    (missed,) = check(told, due + timedelta(days=1, minutes=1))
    assert f"the last load was at {now:%Y-%m-%d}" in missed.as_json()["message"]


def test_a_failed_load_has_brought_nothing(told: Told) -> None:
    ready(told, {"nothing_by": "06:00"})
    told.options = {"reject_limit": 0}
    assert told.load("day1.csv", "n\nx\n").state == "failed"
    assert len(check(told, datetime.now(UTC) + timedelta(days=1))) == 1


def test_a_target_is_not_told_of_mornings_before_it_asked(told: Told) -> None:
    told.on = {"nothing_by": "06:00"}
    told.notify()
    assert check(told, datetime.now(UTC)) == []


def test_what_did_not_come_is_told_again_where_the_target_did_not_answer(told: Told) -> None:
    ready(told, {"nothing_by": "06:00"})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    told.receiver.answers.append(Answer(429, {"Retry-After": "60"}))
    assert [one.state for one in check(told, tomorrow)] == ["failed"]
    assert [one.state for one in check(told, tomorrow)] == ["sent"]
    assert check(told, tomorrow) == []


def test_a_worker_sends_what_is_due_beside_its_loads(told: Told) -> None:
    told.on = "loaded"
    told.load("day1.csv", csv(1))
    told.receiver.wait()
    told.change("DELETE FROM loadstone.notifications")
    with told.worker():
        told.receiver.wait()
    assert [state for _, _, state, _ in told.rows()] == ["sent"]


def test_a_worker_goes_on_where_a_pass_fails(told: Told) -> None:
    told.on = "loaded"
    with told.workspace():  # which makes the table, and is kept open: the next one would make it again
        told.change("DROP TABLE loadstone.notification_subscriptions")
        with told.worker() as journal:
            pass
    assert [what.split(":")[0] for what in journal.troubles] == ["notifications"]


def test_eight_workers_that_look_at_once_send_one(told: Told) -> None:
    ready(told, {"nothing_by": "06:00"})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with ThreadPoolExecutor(8) as pool:
        sent = [one for found in pool.map(lambda _: check(told, tomorrow), range(8)) for one in found]
    assert [one.state for one in sent] == ["sent"]
    assert len(told.receiver.requests) == 1
