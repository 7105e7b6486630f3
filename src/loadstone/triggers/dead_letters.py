"""The dead-letter queue: messages that were given up, each with its reason, and their way back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from loadstone.errors import LoadstoneError
from loadstone.ports import Refusal
from loadstone.triggers.sqs import MAX_BATCH, Message, Queue

__all__ = ["DeadLetter", "letters", "put_back", "refusal_attributes"]

_PREFIX = "loadstone."
#: SQS takes no more attributes than these with a message.
_MOST_ATTRIBUTES = 10
_LONGEST = 1_000
#: What XML cannot hold, SQS does not take.
_UNSENDABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Seconds for which letters that are looked at are nobody else's.
_VISIBILITY = 60


class DeadLetter(Struct, frozen=True):
    """A message that was given up.

    Attributes:
        message: as it stands in the dead-letter queue.
        code: of the error; None where SQS moved it, after too many receipts.
        reason: for people.
        uri: of the object.
        load_id: the ledger's row that tells of it.
        refused_at: when it was given up, or, where SQS moved it, sent.
        received: how often it had been received before that.
    """

    message: Message
    code: str | None
    reason: str | None
    uri: str | None
    load_id: int | None
    refused_at: datetime
    received: int | None


def refusal_attributes(message: Message, refusal: Refusal, now: datetime) -> dict[str, dict[str, Any]]:
    """The attributes that a message takes along to the dead letters; its own, too, where there is room."""
    told = {
        "code": refusal.code,
        "reason": refusal.reason,
        "uri": refusal.uri,
        "load_id": refusal.load_id,
        "time": now.isoformat(timespec="milliseconds"),
        "receive_count": message.received,
    }
    ours = {
        _PREFIX + name: {
            "DataType": "Number" if isinstance(value, int) else "String",
            "StringValue": _sendable(str(value)),
        }
        for name, value in told.items()
        if value not in {None, ""}
    }
    theirs = list(_own_attributes(message).items())[: _MOST_ATTRIBUTES - len(ours)]
    return {**dict(theirs), **ours}


def letters(dead: Queue, *, limit: int | None = None) -> Iterator[DeadLetter]:
    """The letters that are there at the beginning, each once.

    They are hidden from others for a minute; those that were not deleted by then are given back when the
    iterator ends or is closed.
    """
    held: dict[str, Message] = {}
    with _given_back(dead, held):
        until: datetime | None = None
        taken = 0
        while limit is None or taken < limit:
            wanted = MAX_BATCH if limit is None else min(MAX_BATCH, limit - taken)
            messages, now = dead.receive(wanted, visibility=_VISIBILITY, wait_seconds=1)
            until = until or now + timedelta(seconds=1)  # SQS tells the time without fractions
            fresh = [one for one in messages if one.id not in held]
            held.update((one.id, one) for one in messages)
            if not fresh:
                return
            for message in fresh:
                # What failed again since is not put back again: this would never end.
                if message.sent <= until:
                    taken += 1
                    yield _letter(message)


@contextmanager
def _given_back(dead: Queue, held: Mapping[str, Message]) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(LoadstoneError):  # they come back by themselves within the minute
            dead.hide(list(held.values()), 0)


def put_back(letter: DeadLetter, queue: Queue, dead: Queue) -> None:
    """Moves a letter to the queue: sent first, then deleted. What ends it in between loses nothing."""
    queue.send(letter.message.body, _own_attributes(letter.message))
    dead.delete(letter.message)


def _letter(message: Message) -> DeadLetter:
    told = {
        name.removeprefix(_PREFIX): str(value.get("StringValue", ""))
        for name, value in message.attributes.items()
        if name.startswith(_PREFIX)
    }
    return DeadLetter(
        message=message,
        code=told.get("code"),
        reason=told.get("reason"),
        uri=told.get("uri"),
        load_id=_number(told.get("load_id")),
        refused_at=_time(told.get("time")) or message.sent,
        received=_number(told.get("receive_count")),
    )


def _own_attributes(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.attributes.items() if not name.startswith(_PREFIX)}


def _sendable(text: str) -> str:
    text = _UNSENDABLE.sub("\ufffd", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
