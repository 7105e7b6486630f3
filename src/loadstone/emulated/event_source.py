"""What Lambda does between a queue and a function: polls, invokes with batches, deletes what is done.

The emulator's own event source mapping loses messages; this one is small, and keeps AWS's rules.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from loadstone.emulated.runtime import FunctionFailed, LambdaRuntime
from loadstone.platform.background import BackgroundThread
from loadstone.platform.memory import peak_rss_of

__all__ = ["EventSourceMapping"]

_BATCH = 10
#: Seconds of a long poll: SQS allows 20, and this is how long an end may have to wait for it.
_POLL = 1
#: Seconds until a function that ended is started anew.
_PAUSE = 0.2
_REGION = "us-east-1"


class EventSourceMapping:
    """A queue's messages go to one environment of a function, up to ten at a time.

    What the answer does not name in `batchItemFailures` is deleted; the rest, and everything where there is
    no answer, comes again when the queue's visibility time-out is over. A function that ended is started
    anew. A context manager: both threads of work and function end with it.

    Args:
        function: not yet started.
        client: boto3's client of SQS.
        queue_url: of the queue.
        queue_arn: of the queue.
        seconds: that an invocation may take, as the function's time-out.

    Attributes:
        is_busy: whether an invocation is under way.
        failure: why the last invocation had no result; None where it had one.
        error: what ended the polling, which nothing should.
    """

    def __init__(
        self, function: LambdaRuntime, client: Any, *, queue_url: str, queue_arn: str, seconds: float
    ) -> None:
        self._function = function
        self._client = client
        self._url = queue_url
        self._arn = queue_arn
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = BackgroundThread(self._run, "event source mapping")
        self.is_busy = False
        self.failure: str | None = None
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        self._function.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._function.__exit__(kind, error, trace)  # what it is at would hold up the end
        self._thread.wait()

    @property
    def peak_memory(self) -> float | None:
        """The most that the function's process needed so far, in MB; None where the system does not tell."""
        return peak_rss_of(self._function.process.pid)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                messages = self._receive()
                if messages and not self._stopping.is_set():
                    self.is_busy = True
                    self._delete(messages, self._failed_of(messages))
                self.is_busy = False
        except Exception as error:  # noqa: BLE001 - who waits for what it brings looks here
            self.error = error

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=_POLL,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def _failed_of(self, messages: Sequence[Mapping[str, Any]]) -> set[str]:
        """The ids of the messages that are to come again."""
        event = {"Records": [self._record(message) for message in messages]}
        self.failure = None
        try:
            return set(self._function.invoke(event, seconds=self._seconds).failures)
        except FunctionFailed as error:
            self.failure = str(error)
        if not self._function.is_alive and not self._stopping.wait(_PAUSE):
            self._function.start()
        return {message["MessageId"] for message in messages}

    def _delete(self, messages: Sequence[Mapping[str, Any]], failed: set[str]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
            if message["MessageId"] not in failed
        ]
        if entries:
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A message as Lambda hands it over."""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: {"dataType": value["DataType"], "stringValue": value.get("StringValue")}
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message.get("MD5OfBody"),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": _REGION,
        }
