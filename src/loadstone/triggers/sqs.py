"""A queue of SQS: what it is asked, and nothing of what its messages mean."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from loadstone.errors import QueueUnavailable, UsageError
from loadstone.platform.aws_client import open_client, require_boto3
from loadstone.platform.queue_words import redrive_of, region_of

__all__ = ["MAX_BATCH", "Message", "Queue", "QueueFacts"]

logger = logging.getLogger(__name__)

#: What SQS takes, or gives, in one call.
MAX_BATCH = 10
#: Where a queue says that messages are never invisible, nobody could work on one.
_DEFAULT_VISIBILITY = 30
#: Beyond the longest poll, which is 20 s.
_READ_SECONDS = 40
#: A worker's loads extend, delete and send beside the poll.
_CONNECTIONS = 50

Attributes = Mapping[str, Mapping[str, Any]]


class Message(Struct, frozen=True):
    """One message, as it was received.

    Attributes:
        id: SQS's own, the same each time that it is received.
        receipt: what this receipt of it is answered by.
        body: as sent.
        received: how often, this time included.
        sent: when.
        attributes: those that its sender gave, as SQS has them.
    """

    id: str
    receipt: str
    body: str
    received: int
    sent: datetime
    attributes: Attributes


class QueueFacts(Struct, frozen=True):
    """How a queue is set up.

    Attributes:
        visibility: seconds for which a received message is nobody else's.
        dead_letters: ARN of the queue that takes what fails; None where there is none.
        max_receive_count: receipts after which SQS itself moves a message there.
    """

    visibility: int
    dead_letters: str | None
    max_receive_count: int | None


class Queue:
    """One queue, by its URL. Standard AWS settings apply, `AWS_ENDPOINT_URL` among them.

    Every call raises `QueueUnavailable` where another try may help, and `QueueError` where none does. Threads
    may share it.

    Args:
        url: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.

    Raises:
        UsageError: that is no URL.
        MissingExtra: boto3 is not installed.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise UsageError(
                "this is not the URL of a queue",
                where=url,
                hint="it looks like https://sqs.eu-central-1.amazonaws.com/123456789012/landing",
            )
        self.url = url
        self._lock = threading.Lock()
        self._made: Any = None

    def facts(self) -> QueueFacts:
        """How the queue is set up."""
        names = ["VisibilityTimeout", "RedrivePolicy"]
        found = self._call("GetQueueAttributes", AttributeNames=names).get("Attributes", {})
        redrive = redrive_of(found)
        return QueueFacts(
            visibility=int(found.get("VisibilityTimeout", 0)) or _DEFAULT_VISIBILITY,
            dead_letters=redrive.dead_letters,
            max_receive_count=redrive.receives,
        )

    def named(self, arn: str) -> Queue:
        """Another queue, by its ARN."""
        *_, account, name = arn.split(":")
        found = self._call("GetQueueUrl", False, QueueName=name, QueueOwnerAWSAccountId=account)
        return Queue(found["QueueUrl"])

    def feeding(self) -> list[str]:
        """The URLs of the queues whose dead letters come here."""
        urls: list[str] = self._call("ListDeadLetterSourceQueues").get("queueUrls", [])
        return urls

    def receive(
        self, limit: int, *, visibility: int, wait_seconds: int = 0
    ) -> tuple[list[Message], datetime]:
        """Up to `limit` messages, ten at most, and the time by the clock of SQS, to the second.

        Args:
            limit: how many at most.
            visibility: seconds for which nobody else receives them.
            wait_seconds: how long to wait for the first, 20 at most.
        """
        answer = self._call(
            "ReceiveMessage",
            MaxNumberOfMessages=max(1, min(limit, MAX_BATCH)),
            VisibilityTimeout=visibility,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return [_message(one) for one in answer.get("Messages", ())], now

    def send(self, body: str, attributes: Attributes) -> None:
        """Puts a message in."""
        self._call("SendMessage", MessageBody=body, MessageAttributes=attributes)

    def delete(self, message: Message) -> None:
        """Takes a message out; harmless when that was done before."""
        self._call("DeleteMessage", ReceiptHandle=message.receipt)

    def hide(self, messages: Sequence[Message], seconds: int) -> list[Message]:
        """Keeps messages from others for so many seconds from now on; at 0, they are anybody's at once.

        Returns those that are not ours any more: deleted, or received by another.
        """
        lost: list[Message] = []
        for some in _batches(messages):
            by_id = {str(number): message for number, message in enumerate(some)}
            entries = [
                {"Id": number, "ReceiptHandle": message.receipt, "VisibilityTimeout": seconds}
                for number, message in by_id.items()
            ]
            answer = self._call("ChangeMessageVisibilityBatch", Entries=entries)
            for failure in answer.get("Failed", ()):
                message = by_id[failure["Id"]]
                logger.debug("message %s: not hidden: %s", message.id, failure.get("Message"))
                if failure.get("SenderFault"):
                    lost.append(message)
        return lost

    def _call(self, action: str, to_queue: bool = True, /, **parameters: Any) -> dict[str, Any]:
        client = self._client()
        from loadstone.triggers.sqs_errors import CREDENTIALS_EXPIRED, translated  # noqa: PLC0415 - boto3's

        method = getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower())
        if to_queue:
            parameters["QueueUrl"] = self.url
        try:
            with translated(self.url, action):
                answer: dict[str, Any] = method(**parameters)
                return answer
        except QueueUnavailable as error:
            if error.code == CREDENTIALS_EXPIRED:
                self._made = None  # the next call looks for credentials anew
            raise

    def _client(self) -> Any:
        """Made on first use."""
        with self._lock:
            if self._made is None:
                self._made = self._new_client()
            return self._made

    def _new_client(self) -> Any:
        require_boto3("a queue")  # before its errors are imported
        from loadstone.triggers.sqs_errors import translated  # noqa: PLC0415

        with translated(self.url, "CreateClient"):
            return open_client(
                "sqs",
                "a queue",
                region=region_of(self.url),
                read_timeout=_READ_SECONDS,
                connections=_CONNECTIONS,
            )


def _message(received: Mapping[str, Any]) -> Message:
    said = received.get("Attributes", {})
    return Message(
        id=received["MessageId"],
        receipt=received["ReceiptHandle"],
        body=received["Body"],
        received=int(said.get("ApproximateReceiveCount", 1)),
        sent=datetime.fromtimestamp(int(said.get("SentTimestamp", 0)) / 1000, UTC),
        attributes={
            name: {
                part: value
                for part, value in attribute.items()
                if part in {"DataType", "StringValue", "BinaryValue"}
            }
            for name, attribute in received.get("MessageAttributes", {}).items()
        },
    )


def _batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), MAX_BATCH):
        yield messages[start : start + MAX_BATCH]
