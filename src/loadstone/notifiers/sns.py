"""An SNS topic. Needs boto3, which is imported when the first message is sent."""

from __future__ import annotations

import re
from typing import Any

from loadstone.core.notices import message, subject
from loadstone.errors import NotificationRefused, NotifierUnavailable
from loadstone.model.notice import Notice
from loadstone.platform.aws_client import open_client

__all__ = ["SnsNotifier"]

_CONNECT_SECONDS = 2
_READ_SECONDS = 3
_ATTEMPTS = 2
#: SNS takes 256 KiB.
_LONGEST = 250_000
# What the same message meets again. What people mend, permissions and topics, is tried again.
_FINAL = {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException"}


class SnsNotifier:
    """Publishes to one topic, with kind, pipeline and dataset as attributes that subscriptions can filter by.

    Args:
        topic: its ARN; the region is taken from it.
    """

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._client: Any = None

    @property
    def name(self) -> str:
        """`sns:` and the ARN."""
        return f"sns:{self._topic}"

    def send(self, notice: Notice) -> None:
        """Publishes the notice; to a FIFO topic in the order of the dataset, a copy being dropped by SNS.

        Raises:
            MissingExtra: boto3 is not installed.
            NotificationRefused: SNS does not take the message as it is.
            NotifierUnavailable: the topic cannot be reached, or not be published to for now.
        """
        client = self._connected()
        # They came with boto3.
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        text = message(notice).encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
        attributes = {
            "kind": notice.kind,
            "pipeline": str(notice.fields["pipeline"]),
            "dataset": notice.dataset,
            "load_id": "" if notice.load_id is None else str(notice.load_id),
        }
        parameters: dict[str, Any] = {
            "TopicArn": self._topic,
            "Message": text or "-",
            "Subject": subject(notice),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
                if value
            },
        }
        if self._topic.endswith(".fifo"):
            parameters["MessageGroupId"] = _identifier(notice.dataset)
            parameters["MessageDeduplicationId"] = _identifier(notice.identity)
        try:
            client.publish(**parameters)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            what = f"SNS answered {code}: {error.response.get('Error', {}).get('Message', '')}"
            if code in _FINAL:
                raise NotificationRefused(what, where=self.name, code=code) from None
            hint = "look at the topic, and at the permission sns:Publish"
            raise NotifierUnavailable(what, where=self.name, hint=hint, code=code) from None
        except BotoCoreError as error:
            raise NotifierUnavailable(f"SNS could not be asked: {error}", where=self.name) from None

    def _connected(self) -> Any:
        if self._client is None:
            self._client = open_client(
                "sns",
                "a notification by SNS",
                region=self._topic.split(":")[3],
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                attempts=_ATTEMPTS,
            )
        return self._client


def _identifier(text: str) -> str:
    """What FIFO topics take for one: up to 128 characters, no blanks."""
    return re.sub(r"[^A-Za-z0-9!-/:-@\[-`{-~]", "_", text)[-128:]
