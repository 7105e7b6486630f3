"""The function's dead letters: what would fail the same way goes there at once, with its reason."""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from loadstone.errors import LoadstoneError
from loadstone.ports import Clock, Refusal

if TYPE_CHECKING:
    from loadstone.triggers.sqs import Message, Queue

__all__ = ["LambdaDeadLetters"]

logger = logging.getLogger(__name__)


class LambdaDeadLetters:
    """Puts messages of an event source mapping aside. Asks and imports nothing before the first.

    Args:
        url: of the dead-letter queue; None where the function was not told of one.
        clock: tells when a message was refused.
    """

    def __init__(self, url: str | None, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._queue: Queue | None = None

    def bury(self, record: Mapping[str, Any], refusal: Refusal) -> bool:
        """Sends a message to the dead letters; whether it is there, so that the queue may forget it.

        Where it is not, the message comes again, and in the end the queue's own redrive takes it.
        """
        if self._url is None or str(record.get("eventSourceARN")).endswith(".fifo"):
            return False  # a queue that keeps an order has dead letters that keep it, too: SQS moves them
        name = record.get("messageId")
        try:
            self._send(record, refusal)
        except LoadstoneError as error:
            facts = {"error_code": error.code, "hint": error.hint}
            logger.error("message %s cannot be put aside, it comes again: %s", name, error, extra=facts)  # noqa: TRY400 - whose mistake it is, is clear
            return False
        logger.warning("message %s was sent to the dead letters: %s", name, refusal.reason)
        return True

    def _send(self, record: Mapping[str, Any], refusal: Refusal) -> None:
        # boto3's errors; few functions have dead letters to send.
        from loadstone.triggers.dead_letters import refusal_attributes  # noqa: PLC0415
        from loadstone.triggers.sqs import Queue  # noqa: PLC0415

        if self._queue is None:
            self._queue = Queue(self._url or "")
        message = _message(record)
        self._queue.send(message.body, refusal_attributes(message, refusal, self._clock.now()))


def _message(record: Mapping[str, Any]) -> Message:
    """A message as Lambda hands it over, which spells its attributes in another way than SQS."""
    from loadstone.triggers.sqs import Message  # noqa: PLC0415

    said = record.get("attributes") or {}
    return Message(
        id=str(record.get("messageId")),
        receipt=str(record.get("receiptHandle")),
        body=str(record.get("body")),
        received=int(said.get("ApproximateReceiveCount", 1)),
        sent=datetime.fromtimestamp(int(said.get("SentTimestamp", 0)) / 1000, UTC),
        attributes={
            name: _attribute(attribute) for name, attribute in (record.get("messageAttributes") or {}).items()
        },
    )


def _attribute(told: Mapping[str, Any]) -> dict[str, Any]:
    found = {"DataType": told.get("dataType", "String")}
    if told.get("binaryValue") is not None:
        return {**found, "BinaryValue": b64decode(told["binaryValue"])}
    return {**found, "StringValue": str(told.get("stringValue") or "")}
