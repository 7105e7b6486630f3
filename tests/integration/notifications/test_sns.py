"""SNS by its own protocol: a topic with a queue behind it, played by moto over HTTP."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from fixtures.bucket import Bucket
from fixtures.told import Told
from loadstone.errors import NotifierUnavailable
from loadstone.model.notice import NO_FIGURES, Notice
from loadstone.notifiers.sns import SnsNotifier


class Topic:
    """A topic, and the queue that keeps what is published to it."""

    def __init__(self, name: str) -> None:
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        self._sqs = boto3.client("sqs", region_name="us-east-1")
        sns = boto3.client("sns", region_name="us-east-1")
        self.arn = sns.create_topic(Name=name, Attributes=fifo)["TopicArn"]
        queue_fifo = {"FifoQueue": "true"} if fifo else {}
        self._url = self._sqs.create_queue(QueueName=name, Attributes=queue_fifo)["QueueUrl"]
        queue = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])

    def messages(self) -> list[dict[str, Any]]:
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in found]


@pytest.mark.usefixtures("s3")
def test_a_load_is_published_once_with_attributes_to_filter_by(told: Told) -> None:
    topic = Topic("loads")
    told.targets = [{"sns": topic.arn, "on": ["loaded", "failed"]}]
    outcome = told.load("täglich.csv", "n\n1\n2\n")
    assert told.notify() == []
    (message,) = topic.messages()
    assert "täglich.csv loaded into public.orders: 2 rows" in message["Message"]
    assert message["Subject"] == "loadstone loaded: shop orders t?glich.csv"
    attributes = {name: one["Value"] for name, one in message["MessageAttributes"].items()}
    assert attributes == {
        "kind": "loaded",
        "pipeline": "shop",
        "dataset": "orders",
        "load_id": str(outcome.load_id),
    }


@pytest.mark.usefixtures("s3")
def test_a_fifo_topic_drops_the_second_copy(told: Told) -> None:
    topic = Topic("loads.fifo")
    told.targets = [{"sns": topic.arn, "on": "loaded"}]
    told.load("day1.csv", "n\n1\n")
    told.change("UPDATE loadstone.notifications SET state = 'sending', next_at = now()")
    assert [one.state for one in told.notify()] == ["sent"]
    assert len(topic.messages()) == 1


@pytest.mark.usefixtures("s3")
def test_a_topic_that_is_not_there_fails_no_load(told: Told) -> None:
    told.targets = [{"sns": "arn:aws:sns:us-east-1:123456789012:nowhere", "on": "loaded"}]
    assert told.load("day1.csv", "n\n1\n").state == "loaded"
    ((_, _, state, _),) = told.rows()
    assert state == "failed"
    ((error, _),) = told.rows("SELECT last_error, kind FROM loadstone.notifications")
    assert error.startswith("SNS answered NotFound")


def test_an_sns_that_nobody_answers_for_is_unavailable(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    assert s3.endpoint_url
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    notice = Notice("loaded", "orders", 1, {**NO_FIGURES, "pipeline": "shop", "dataset": "orders"})
    with pytest.raises(NotifierUnavailable, match="could not be asked"):
        SnsNotifier("arn:aws:sns:us-east-1:123456789012:loads").send(notice)
