"""What should have happened by now: notifications that nobody sent yet, and data that did not come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median

from loadstone.core.notices import about_day, about_nothing, last_due
from loadstone.core.volume import day_volume_off
from loadstone.executor.after_commit import AfterCommit, Notification, Recipient
from loadstone.model.notice import Notice

__all__ = ["check_expectations"]

#: Loads that are looked at together.
_TOGETHER = 500

#: A load's time of ending is taken before its COMMIT: so long after midnight, a day is complete.
_DAY_IS_COMPLETE = timedelta(hours=1)

#: Dataset, target and kind -> from when on it is told.
_Since = Mapping[tuple[str, str, str], datetime]


def check_expectations(
    after_commit: AfterCommit, pipeline: str, now: datetime, *, dry_run: bool = False
) -> Iterator[Notification]:
    """Sends what is due: of loads since the last pass, of failed attempts, of what did not come.

    Safe to run on every worker at once: each notification is claimed.

    Args:
        after_commit: who is told of what.
        pipeline: its name.
        now: with zone.
        dry_run: only say what is due.

    Yields:
        Each notification as it is sent, or is found to be due.

    Raises:
        LoadstoneError: the database could not be asked.
    """
    if not dry_run:
        after_commit.subscribe(after_commit.datasets)
    since = after_commit.ledger.since()
    due = [
        *_about_loads(after_commit, now, since),
        *_about_nothing(after_commit, pipeline, now, since),
        *_about_days(after_commit, pipeline, now, since),
    ]
    for notice, recipient in due:
        if dry_run:
            yield Notification(notice, recipient.notifier.name, "due")
        elif (delivery := after_commit.deliver(notice, recipient)) is not None:
            yield delivery
    if not dry_run:
        after_commit.ledger.checked(after_commit.datasets, now)


def _about_loads(
    after_commit: AfterCommit, now: datetime, since: _Since
) -> Iterator[tuple[Notice, Recipient]]:
    ended, unsent = after_commit.ledger.ended(after_commit.datasets, now)
    numbers = sorted(ended | unsent)
    for first in range(0, len(numbers), _TOGETHER):
        part = numbers[first : first + _TOGETHER]
        settled = after_commit.ledger.settled(part)
        for load in after_commit.loads(part):
            record = load.record
            for notice, recipient in after_commit.notices(load):
                name = recipient.notifier.name
                if (record.load_id, name, notice.kind) in settled:
                    continue
                begin = since.get((record.dataset, name, notice.kind))
                is_new = begin is not None and record.finished_at is not None and record.finished_at >= begin
                if is_new or record.load_id in unsent:
                    yield notice, recipient


def _about_nothing(
    after_commit: AfterCommit, pipeline: str, now: datetime, since: _Since
) -> Iterator[tuple[Notice, Recipient]]:
    for dataset in after_commit.datasets:
        for recipient in after_commit.recipients(dataset):
            expected = recipient.target.on.nothing_by
            begin = since.get((dataset, recipient.notifier.name, "nothing_by"))
            if expected is None or begin is None:
                continue
            due, before = last_due(expected, now)
            if due < begin:
                continue  # nobody wanted to be told yet
            has_come, last_loaded = after_commit.ledger.loaded_between(dataset, before, due)
            if has_come:
                continue
            notice = about_nothing(pipeline, dataset, recipient.target, due, last_loaded)
            if not after_commit.ledger.is_told(notice, recipient.notifier.name):
                yield notice, recipient


def _about_days(
    after_commit: AfterCommit, pipeline: str, now: datetime, since: _Since
) -> Iterator[tuple[Notice, Recipient]]:
    """The last whole day, of datasets that bring many files a day."""
    latest = (now - _DAY_IS_COMPLETE).astimezone(UTC)
    end = latest.replace(hour=0, minute=0, second=0, microsecond=0)
    for dataset in after_commit.datasets:
        for recipient in after_commit.recipients(dataset):
            factor = recipient.target.on.volume_off
            begin = since.get((dataset, recipient.notifier.name, "volume_off"))
            if factor is None or begin is None or end < begin:
                continue
            days = after_commit.ledger.days(dataset, end)
            if not days or not day_volume_off(days, factor):
                continue
            notice = about_day(pipeline, dataset, recipient.target, end, days[-1], median(days[:-1]))
            if not after_commit.ledger.is_told(notice, recipient.notifier.name):
                yield notice, recipient
