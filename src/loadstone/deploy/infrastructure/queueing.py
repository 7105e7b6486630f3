"""From the bucket's events to the queue: the rule, the queue, and the dead letters."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs

from loadstone.deploy.infrastructure.landing import bucket_name
from loadstone.deploy.infrastructure.words import (
    accept,
    allow,
    deny_without_tls,
    document,
    get,
    number,
    ref,
    text,
)

__all__ = ["MAXIMUM_RECEIVES", "add_queues", "add_rule"]

#: How often an event is tried. Fewer would let throttled calls of the function look like broken files.
MAXIMUM_RECEIVES = 5
_DAYS = 24 * 60 * 60


def add_queues(stack: Stack) -> None:
    """The queue and its dead letters, encrypted; only the rule may send, and only over TLS."""
    dead_letters = sqs.CfnQueue(
        stack, "DeadLetters", sqs_managed_sse_enabled=True, message_retention_period=14 * _DAYS
    )
    queue = sqs.CfnQueue(
        stack,
        "Queue",
        sqs_managed_sse_enabled=True,
        # The dead letters' clock runs from the first sending: they need time left when they arrive there.
        message_retention_period=7 * _DAYS,
        visibility_timeout=number({"Fn::FindInMap": ["Timeouts", ref("FunctionTimeout"), "Visibility"]}),
        redrive_policy={
            "deadLetterTargetArn": get("DeadLetters", "Arn"),
            "maxReceiveCount": MAXIMUM_RECEIVES,
        },
    )
    for resource in (queue, dead_letters):
        accept(resource, CKV_AWS_27="encrypted with keys that SQS manages, which this rule does not know")
    for name in ("Queue", "DeadLetters"):
        sqs.CfnQueuePolicy(
            stack,
            f"{name}Policy",
            queues=[text(ref(name))],
            policy_document=document(
                allow(
                    ["sqs:SendMessage"],
                    get(name, "Arn"),
                    sid="EventsOfTheBucket",
                    conditions={"ArnEquals": {"aws:SourceArn": get("Rule", "Arn")}},
                    Service="events.amazonaws.com",
                ),
                deny_without_tls("sqs", get(name, "Arn")),
            ),
        )


def add_rule(stack: Stack) -> None:
    """What happens in the bucket goes to the queue; what cannot be delivered there, to the dead letters."""
    events.CfnRule(
        stack,
        "Rule",
        description="loadstone: objects that land in the bucket, or go",
        state="ENABLED",
        event_pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created", "Object Deleted"],
            "detail": {
                "bucket": {"name": [bucket_name()]},
                "object": {"key": [{"prefix": ref("KeyPrefix")}]},
            },
        },
        targets=[
            events.CfnRule.TargetProperty(
                id="queue",
                arn=text(get("Queue", "Arn")),
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                    arn=text(get("DeadLetters", "Arn"))
                ),
            )
        ],
    )
