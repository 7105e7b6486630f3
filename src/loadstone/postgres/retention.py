"""Retention: what may hold personal data, or is looked at no more, goes; the history of loads stays.

In batches, each a transaction of its own, so that no load waits for it and vacuum is not held back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from msgspec import Struct

from loadstone.postgres.connection import Connection, Connector
from loadstone.postgres.locks import lock_key, try_take
from loadstone.postgres.migrate import schema_version
from loadstone.postgres.queries import query

__all__ = ["Forgotten", "forget", "forget_if_due", "overdue"]

#: Rows of a transaction.
_BATCH = 20_000
#: What is still needed, lest it be sent again: data due a week ago is looked for until the next time.
_REMEMBERED = timedelta(days=9)
#: The schema's version that brought notifications.
_HAS_NOTIFICATIONS = 2
#: What in a reason may be the content of a cell.
_QUOTED = r"""'.*'|".*"|=\(.*\)|contains \(.*\)"""
#: How often it is applied on a schedule: what is to go after 90 days goes within a day of it, what is to go
#: after a day within an hour.
_SHARE = 24
_SOONEST, _LATEST = timedelta(hours=1), timedelta(days=1)
#: What is older than it should be by more than that, nobody sees to.
_GRACE = timedelta(days=2)


class Forgotten(Struct, frozen=True):
    """What one batch took.

    Attributes:
        kind: `raw_texts`, `rejects` or `notifications`.
        rows: how many.
    """

    kind: str
    rows: int


def forget(connector: Connector, ages: Mapping[str, timedelta], pipeline: str | None) -> Iterator[Forgotten]:
    """Applies retention now, batch by batch; who leaves off has done a part.

    Args:
        connector: to the database.
        ages: `raw_texts`, `rejects`, `notifications` -> beyond which they go; what is not named is kept.
        pipeline: whose; None for all in the database.
    """
    for kind, age in ages.items():
        is_more = True
        while is_more:
            with connector.transaction() as connection:
                rows = _batch(connection, kind, age, pipeline)
            is_more = rows == _BATCH
            if rows:
                yield Forgotten(kind, rows)


def forget_if_due(connector: Connector, ages: Mapping[str, timedelta], pipeline: str) -> Iterator[Forgotten]:
    """The same, once in a while among all who ask, by turns among those who ask at once.

    The database remembers when all of it was done last; a pass that was left off is not done, and somebody's
    next one goes on with it.
    """
    name = f"retention of {pipeline}"
    every = max(_SOONEST, min(_LATEST, min(ages.values()) / _SHARE))
    open_ones = list(ages.items())
    has_begun = False
    while open_ones:
        kind, age = open_ones[0]
        with connector.transaction() as connection:
            if not try_take(connection, lock_key("retention", pipeline)):
                return  # another is at it
            if not has_begun and not _is_due(connection, name, every):
                return
            has_begun = True
            rows = _batch(connection, kind, age, pipeline)
            if rows < _BATCH:
                del open_ones[0]
            if not open_ones:
                connection.execute(query("seen_to", "retention"), {"name": name})
        if rows:
            yield Forgotten(kind, rows)


def overdue(connection: Connection, ages: Mapping[str, timedelta], pipeline: str) -> list[str]:
    """What of `raw_texts` and `rejects` is there though its age says that it should have gone days ago."""
    kinds = ("raw_texts", "rejects")
    given = {kind: ages[kind] + _GRACE if kind in ages else None for kind in kinds}
    row = connection.execute(query("overdue", "retention"), {**given, "pipeline": pipeline}).fetchone()
    return [kind for kind, is_late in zip(kinds, row or (), strict=True) if is_late]


def _is_due(connection: Connection, name: str, every: timedelta) -> bool:
    row = connection.execute(query("is_due", "retention"), {"name": name, "every": every}).fetchone()
    return bool(row and row[0])


def _batch(connection: Connection, kind: str, age: timedelta, pipeline: str | None) -> int:
    if kind == "notifications" and schema_version(connection) < _HAS_NOTIFICATIONS:
        return 0
    given = {
        "age": age,
        "pipeline": pipeline,
        "batch": _BATCH,
        "quoted": _QUOTED,
        "remembered": _REMEMBERED,
    }
    return connection.execute(query(kind, "retention"), given).rowcount
