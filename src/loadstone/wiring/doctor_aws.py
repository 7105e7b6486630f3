"""What `doctor` looks at in AWS: credentials, bucket, queue, topic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loadstone.core.elapsed import ago
from loadstone.platform import aws_facts
from loadstone.wiring.check import Check, attempted, failed, ok, skipped

__all__ = ["bucket_checks", "clock_check", "credential_checks", "is_in_aws", "queue_checks", "topic_checks"]

#: Receipts below which a passing failure may send a message to the dead letters.
_FEW_RECEIVES = 5
#: A message that is older has been waiting for a worker that is not there.
_OLD_SECONDS = 900.0


def credential_checks() -> Iterator[Check]:
    """Who AWS takes us for."""
    told = aws_facts.caller()
    yield ok("credentials", f"{told.arn}, account {told.account}, region {told.region}")
    if told.answered_at is not None:
        yield clock_check("AWS", told.answered_at, datetime.now(UTC), within=1.0)


def clock_check(of: str, theirs: datetime, ours: datetime, *, within: float) -> Check:
    """How far apart two clocks are.

    Args:
        of: whose clock is compared with this machine's.
        theirs: its time.
        ours: when it was asked.
        within: how exact that is, in seconds.
    """
    name = f"clock of {of}"
    apart = (ours - theirs).total_seconds()
    if abs(apart) <= max(1.0, within):
        return ok(name, "agrees with this machine's to the second")
    what = f"this machine's is {abs(apart):,.0f} s {'ahead' if apart > 0 else 'behind'}"
    hint = (
        "set the clocks by NTP: AWS refuses requests that are 5 to 15 minutes off, and expires tokens early"
    )
    return failed(name, what, hint) if abs(apart) > 60 else ok(name, what)  # noqa: PLR2004 - a minute


def bucket_checks(bucket: str, *, has_queue: bool) -> Iterator[Check]:
    """Whether it is there, keeps versions, and sends events."""
    facts = aws_facts.bucket_facts(bucket)
    yield ok("bucket", f"s3://{bucket} is there")
    if facts.keeps_versions is None:
        yield skipped("versions", "s3:GetBucketVersioning is not allowed here")
    elif facts.keeps_versions:
        yield ok("versions", "the bucket keeps them")
    else:
        yield ok(
            "versions",
            "the bucket keeps none: an object that is overwritten while it is read is read again",
            "aws s3api put-bucket-versioning --versioning-configuration Status=Enabled --bucket " + bucket,
        )
    yield _events(bucket, facts, has_queue=has_queue)


def _events(bucket: str, facts: aws_facts.BucketFacts, *, has_queue: bool) -> Check:
    others = ", ".join(facts.notified)
    if facts.has_eventbridge is None:
        return skipped("events", "s3:GetBucketNotification is not allowed here")
    if facts.has_eventbridge:
        return ok("events", "go to EventBridge" + (f", and to {others}" if others else ""))
    if others:
        return ok("events", f"go to {others}")
    if not has_queue:
        return skipped("events", "the bucket sends none; loads by hand and on a schedule need none")
    return failed(
        "events",
        "the bucket sends none, so that nothing comes to the queue",
        "aws s3api put-bucket-notification-configuration --notification-configuration "
        f"'{{\"EventBridgeConfiguration\": {{}}}}' --bucket {bucket}",
    )


def queue_checks(url: str) -> Iterator[Check]:
    """Whether it is there, how full it is, and where what fails goes."""
    facts = aws_facts.queue_facts(url)
    age = f", the oldest {facts.oldest:,.0f} s old" if facts.oldest else ""
    last = f"; the last came {ago(facts.last_sent, datetime.now(UTC))}" if facts.last_sent else ""
    what = f"{facts.waiting:,} waiting, {facts.in_work:,} in work{age}{last}"
    if facts.oldest is not None and facts.oldest > _OLD_SECONDS:
        yield failed(
            "queue", what, "is a worker or the function there? `loadstone run`, or see the function's log"
        )
    else:
        yield ok("queue", what)
    if facts.dead_letters is None:
        yield failed(
            "dead letters",
            "the queue has no redrive policy: what fails comes again until it is too old, and is lost",
            "give it a queue for dead letters, with a maxReceiveCount of 5 or more",
        )
        return
    yield from attempted("dead letters", lambda: _dead_letters(facts, facts.dead_letters or ""))


def _dead_letters(facts: aws_facts.QueueFacts, url: str) -> Iterator[Check]:
    dead = aws_facts.queue_facts(url)
    if dead.waiting:
        hint = "each tells its reason; mend the cause, then `loadstone redrive`"
        yield failed("dead letters", f"{dead.waiting:,} waiting", hint)
        return
    few = facts.receives is not None and facts.receives < _FEW_RECEIVES
    yield ok(
        "dead letters",
        f"none; a message goes there after {facts.receives} receipts",
        "raise maxReceiveCount to 5 or more: a worker that stops counts as a receipt" if few else None,
    )


def topic_checks(arn: str) -> Iterator[Check]:
    """Whether it is there, and anybody listens."""
    subscribers, pending = aws_facts.topic_subscribers(arn)
    if subscribers:
        yield ok(
            "topic", f"{subscribers:,} subscribed" + (f", {pending:,} to be confirmed" if pending else "")
        )
    elif pending:
        yield failed(
            "topic", f"{pending:,} to be confirmed", "follow the link in the mail that each was sent"
        )
    else:
        yield failed("topic", "nobody is told", f"aws sns subscribe --topic-arn {arn} ...")


def is_in_aws(*addresses: str | None) -> bool:
    """Whether any of these needs AWS."""
    return any(
        address and (address.startswith(("s3://", "ssm://", "secretsmanager://")) or "iam=" in address)
        for address in addresses
    )
