"""What AWS says of a bucket, a queue, a topic and of who asks, for `doctor`; nothing is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from loadstone.errors import LoadstoneError
from loadstone.platform.aws_client import aws_client, aws_errors

__all__ = [
    "BucketFacts",
    "Caller",
    "QueueFacts",
    "bucket_facts",
    "caller",
    "queue_facts",
    "topic_subscribers",
]

_FEATURE = "a look at AWS"
_REGION_OF_QUEUE = re.compile(r"https://(?:sqs\.|queue\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.")
_NOTIFIED = {
    "QueueConfigurations": "SQS",
    "TopicConfigurations": "SNS",
    "LambdaFunctionConfigurations": "Lambda",
}


class Caller(Struct, frozen=True):
    """Who AWS takes us for.

    Attributes:
        arn: of the user or the role's session.
        account: its number.
        region: that requests go to.
        answered_at: by AWS's clock, to the second; None where it does not say.
    """

    arn: str
    account: str
    region: str
    answered_at: datetime | None


class BucketFacts(Struct, frozen=True):
    """How a bucket is set up.

    Attributes:
        keeps_versions: whether it is versioned; None where we may not ask.
        has_eventbridge: whether its events go to EventBridge; None where we may not ask.
        notified: what else its events go to: `SQS`, `SNS`, `Lambda`.
    """

    keeps_versions: bool | None
    has_eventbridge: bool | None
    notified: tuple[str, ...]


class QueueFacts(Struct, frozen=True):
    """How full a queue is, and how it is set up.

    Attributes:
        waiting: messages that nobody works on, about.
        in_work: those that somebody received, about.
        visibility: seconds for which a received message is nobody else's.
        oldest: age of the oldest message in seconds; None where CloudWatch does not know or may not be asked.
        last_sent: when a message came last, to five minutes; None where none came within a day, or as above.
        dead_letters: the URL of the queue for what fails; None where there is none.
        receives: after which a message goes there.
    """

    waiting: int
    in_work: int
    visibility: int
    oldest: float | None
    last_sent: datetime | None
    dead_letters: str | None
    receives: int | None


def caller() -> Caller:
    """Asks STS.

    Raises:
        LoadstoneError: the credentials are not there, or not good; see `aws_errors`.
    """
    client = aws_client("sts", feature=_FEATURE)
    with aws_errors("AWS credentials"):
        found = client.get_caller_identity()
    return Caller(found["Arn"], found["Account"], client.meta.region_name, _date(found))


def bucket_facts(bucket: str) -> BucketFacts:
    """Asks S3.

    Raises:
        LoadstoneError: there is no such bucket, or we may not list it; see `aws_errors`.
    """
    client = aws_client("s3", feature=_FEATURE)
    where = f"s3://{bucket}"
    with aws_errors(where, needs="s3:ListBucket on the bucket"):
        client.head_bucket(Bucket=bucket)
    versioning = _unless_denied(lambda: client.get_bucket_versioning(Bucket=bucket))
    told = _unless_denied(lambda: client.get_bucket_notification_configuration(Bucket=bucket))
    return BucketFacts(
        keeps_versions=None if versioning is None else versioning.get("Status") == "Enabled",
        has_eventbridge=None if told is None else "EventBridgeConfiguration" in told,
        notified=tuple(name for key, name in _NOTIFIED.items() if told and told.get(key)),
    )


def queue_facts(url: str) -> QueueFacts:
    """Asks SQS, and CloudWatch for the age of the oldest message.

    Raises:
        LoadstoneError: there is no such queue, or we may not ask; see `aws_errors`.
    """
    found = _REGION_OF_QUEUE.match(url)
    region = found[1] if found else None
    client = aws_client("sqs", region=region, feature=_FEATURE)
    with aws_errors(url, needs="sqs:GetQueueAttributes on the queue"):
        told = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
    policy = json.loads(told.get("RedrivePolicy") or "{}")
    target, dead_letters = policy.get("deadLetterTargetArn"), None
    if target:
        *_, account, name = target.split(":")
        with aws_errors(target, needs="sqs:GetQueueUrl on the queue of dead letters"):
            dead_letters = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    receives = policy.get("maxReceiveCount")
    ages = _measured(url, region, "ApproximateAgeOfOldestMessage", timedelta(minutes=15), 60)
    sent = _measured(url, region, "NumberOfMessagesSent", timedelta(days=1), 300)
    return QueueFacts(
        waiting=int(told.get("ApproximateNumberOfMessages", 0)),
        in_work=int(told.get("ApproximateNumberOfMessagesNotVisible", 0)),
        visibility=int(told.get("VisibilityTimeout", 0)),
        oldest=ages[-1][1] if ages else None,
        last_sent=max((at for at, number in sent if number), default=None),
        dead_letters=dead_letters,
        receives=None if receives is None else int(receives),
    )


def topic_subscribers(arn: str) -> tuple[int, int]:
    """How many confirmed subscriptions a topic has, and how many wait for their confirmation; up to 100.

    Raises:
        LoadstoneError: there is no such topic, or we may not ask; see `aws_errors`.
    """
    parts = arn.split(":")
    client = aws_client("sns", region=parts[3] if len(parts) > 5 else None, feature=_FEATURE)  # noqa: PLR2004
    with aws_errors(arn, needs="sns:ListSubscriptionsByTopic on the topic"):
        found = client.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    pending = sum(not each["SubscriptionArn"].startswith("arn:") for each in found)
    return len(found) - pending, pending


def _measured(
    url: str, region: str | None, metric: str, within: timedelta, period: int
) -> list[tuple[datetime, float]]:
    """What CloudWatch heard of a queue, oldest first; SQS itself does not tell."""
    client = aws_client("cloudwatch", region=region, feature=_FEATURE)
    now = datetime.now(UTC)
    told = _unless_denied(
        lambda: client.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName=metric,
            Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
            StartTime=now - within,
            EndTime=now,
            Period=period,
            Statistics=["Maximum"],
        )
    )
    return sorted(
        (point["Timestamp"], float(point["Maximum"])) for point in (told or {}).get("Datapoints", ())
    )


def _unless_denied(ask: Any) -> dict[str, Any] | None:
    """The answer; None where we may not ask, which is no fault of what is asked about."""
    try:
        with aws_errors(_FEATURE):
            answer: dict[str, Any] = ask()
            return answer
    except LoadstoneError:
        return None


def _date(answer: Mapping[str, Any]) -> datetime | None:
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
