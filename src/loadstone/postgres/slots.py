"""The fleet's cap on concurrent loading transactions: numbered advisory locks, one per slot.

They live as long as the transaction, so no slot can leak, and who waits holds nothing.
"""

from __future__ import annotations

import random

from loadstone.errors import SlotUnavailable
from loadstone.postgres.connection import Connection

__all__ = ["set_cap", "take_slot"]

# The first half of the two-number advisory locks that are slots: "load" in ASCII.
_NAMESPACE = 0x6C6F6164

# The rows are made one by one and the first free slot ends the search: no other lock is taken.
_TAKE = b"""
WITH cap AS (SELECT value::integer AS slots FROM loadstone.settings WHERE name = 'max_concurrent_loads')
SELECT (SELECT slots FROM cap), (
    SELECT n FROM generate_series(0, (SELECT slots FROM cap) - 1) AS n
    WHERE pg_try_advisory_xact_lock(%(namespace)s, (%(start)s + n) %% (SELECT slots FROM cap))
    LIMIT 1
)
"""


def take_slot(connection: Connection) -> None:
    """Takes a free slot until the end of the transaction.

    Raises:
        SlotUnavailable: all are taken.
    """
    # From a random slot on, so that a busy fleet does not try the same taken ones first.
    start = random.randrange(1 << 20)  # noqa: S311
    row = connection.execute(_TAKE, {"namespace": _NAMESPACE, "start": start}).fetchone()
    cap, slot = row or (0, None)
    if slot is None:
        raise SlotUnavailable(
            f"all {cap:,} slots for loading transactions are taken",
            hint="raise limits.max_concurrent_loads if the database can take more at once",
        )


def set_cap(connection: Connection, slots: int) -> None:
    """Sets the cap for the whole fleet."""
    connection.execute(
        b"INSERT INTO loadstone.settings (name, value) VALUES ('max_concurrent_loads', %(value)s)"
        b" ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()"
        b" WHERE settings.value <> excluded.value",
        {"value": str(slots)},
    )
