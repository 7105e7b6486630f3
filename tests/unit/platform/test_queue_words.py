"""What a queue's URL and attributes say."""

from __future__ import annotations

import pytest

from loadstone.platform.queue_words import Redrive, redrive_of, region_of


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/123456789012/landing", "eu-central-1"),
        ("https://sqs.us-gov-west-1.amazonaws.com/123456789012/landing", "us-gov-west-1"),
        ("https://queue.cn-north-1.amazonaws.com.cn/123456789012/landing", "cn-north-1"),
        ("https://eu-west-1.queue.amazonaws.com/123456789012/landing", "eu-west-1"),
        ("http://127.0.0.1:5000/123456789012/landing", None),
        ("https://localhost:4566/123456789012/landing", None),
    ],
)
def test_the_region_stands_in_the_url_where_it_is_aws_own(url: str, region: str | None) -> None:
    assert region_of(url) == region


def test_the_redrive_policy_is_json_within_the_attributes_and_its_count_a_text_or_a_number() -> None:
    arn = "arn:aws:sqs:us-east-1:123456789012:dead"
    for count in ("5", '"5"'):
        policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {count}}}'
        assert redrive_of({"RedrivePolicy": policy}) == Redrive(arn, 5)
    assert redrive_of({}) == redrive_of({"RedrivePolicy": ""}) == Redrive(None, None)
