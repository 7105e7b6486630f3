"""What the template of a pipeline makes in AWS, made in the emulated one: bucket, rule, queues, topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from loadstone.emulated.cloud import EmulatedCloud

__all__ = ["Landing", "make_landing"]

#: Files go to the bucket, the pipeline's file to another: it is none of the files.
_PIPELINE_KEY = "pipeline.yaml"
#: Letters that are handed over at once; seconds of a long poll.
_BATCH = 10


class Landing(Struct, frozen=True):
    """A bucket whose objects are announced to a queue, and what else a pipeline needs.

    Attributes:
        cloud: where it is.
        bucket: versioned; its events go to EventBridge, from there to the queue.
        queue_url: of the queue that the function is fed from.
        queue_arn: of the same.
        dead_letters_url: of the queue that takes what failed too often.
        topic_arn: where notifications go.
        inbox_url: of a queue that is subscribed to the topic.
        secret: `secretsmanager://NAME`, which says how to reach the database.
        pipeline: `s3://bucket/pipeline.yaml`, once `put_pipeline` has put it there.
    """

    cloud: EmulatedCloud
    bucket: str
    queue_url: str
    queue_arn: str
    dead_letters_url: str
    topic_arn: str
    inbox_url: str
    secret: str
    pipeline: str

    def put_pipeline(self, text: str) -> None:
        """Writes pipeline.yaml to where the function reads it."""
        bucket, _, key = self.pipeline.removeprefix("s3://").partition("/")
        self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    def put(self, key: str, content: bytes) -> str:
        """Writes an object, whole and in one request (parts would announce it twice here); its URI."""
        self.cloud.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)
        return f"s3://{self.bucket}/{key}"

    def announce(self, *, is_on: bool) -> None:
        """Whether the bucket's events go to EventBridge."""
        self.cloud.client("s3").put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}} if is_on else {}
        )

    def notified(self, *, wait_seconds: int) -> list[int]:
        """The loads that notifications in the inbox tell of, which are taken out; waits for the first."""
        sqs = self.cloud.client("sqs")
        answer = sqs.receive_message(
            QueueUrl=self.inbox_url, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=wait_seconds
        )
        found = []
        for message in answer.get("Messages", ()):
            told = json.loads(message["Body"]).get("MessageAttributes", {})
            found += [int(told["load_id"]["Value"])] if "load_id" in told else []
            sqs.delete_message(QueueUrl=self.inbox_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def waiting(self) -> int:
        """Messages in the queue, those that somebody has among them."""
        return self._count(self.queue_url)

    def dead_letters(self) -> int:
        """The same of the dead-letter queue."""
        return self._count(self.dead_letters_url)

    def _count(self, queue_url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.cloud.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


def make_landing(
    cloud: EmulatedCloud, name: str, *, database_url: str, visibility: int, max_receive_count: int
) -> Landing:
    """Makes all of it; EventBridge has the bucket's events from then on.

    Args:
        cloud: where.
        name: of the pipeline; names of the parts begin with it.
        database_url: what the secret says.
        visibility: seconds until a message that failed comes again.
        max_receive_count: receipts after which it goes to the dead letters.
    """
    s3, sqs, sns, events = (cloud.client(service) for service in ("s3", "sqs", "sns", "events"))
    bucket, settings = f"{name}-landing", f"{name}-settings"
    for one in (bucket, settings):
        s3.create_bucket(Bucket=one)
        s3.put_bucket_versioning(Bucket=one, VersioningConfiguration={"Status": "Enabled"})
    dead_letters_url, dead_letters_arn = _queue(sqs, f"{name}-dead-letters", {})
    redrive = {"deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": max_receive_count}
    queue_url, queue_arn = _queue(
        sqs, name, {"VisibilityTimeout": str(visibility), "RedrivePolicy": json.dumps(redrive)}
    )
    inbox_url, inbox_arn = _queue(sqs, f"{name}-inbox", {})
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=inbox_arn)
    secret = f"{name}/database"
    cloud.client("secretsmanager").create_secret(Name=secret, SecretString=database_url)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {"bucket": {"name": [bucket]}},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn}])
    landing = Landing(
        cloud=cloud,
        bucket=bucket,
        queue_url=queue_url,
        queue_arn=queue_arn,
        dead_letters_url=dead_letters_url,
        topic_arn=topic_arn,
        inbox_url=inbox_url,
        secret=f"secretsmanager://{secret}",
        pipeline=f"s3://{settings}/{_PIPELINE_KEY}",
    )
    landing.announce(is_on=True)
    return landing


def _queue(sqs: Any, name: str, attributes: Mapping[str, str]) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, answer["Attributes"]["QueueArn"]
