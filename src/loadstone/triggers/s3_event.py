"""What S3 says of its objects, in any of the shapes that AWS delivers it in, as events.

EventBridge; S3 notifications, direct or within SNS envelopes and SQS messages; S3 Batch Operations. What an
event of the bucket says that is neither an object's coming nor its going (tags, replication, the test of a
new notification) is understood, and no event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec

from loadstone.errors import EventNotUnderstood
from loadstone.model.event import Event

__all__ = ["parse_events"]

_Kind = Literal["created", "removed"]

#: EventBridge's names. What was restored from an archive can be read from now on, like what has just landed.
_EVENTBRIDGE: Mapping[str, _Kind] = {
    "Object Created": "created",
    "Object Restore Completed": "created",
    "Object Deleted": "removed",
}
#: Families of names in S3's own notifications, before the colon.
_NOTIFICATIONS: Mapping[str, _Kind] = {
    "ObjectCreated": "created",
    "ObjectRestore:Completed": "created",
    "ObjectRemoved": "removed",
    "LifecycleExpiration": "removed",
}
#: SQS around SNS around EventBridge is three; nobody builds more.
_DEEPEST = 4
_SHOWN = 80


def parse_events(message: str | bytes | Mapping[str, object], *, trigger: str) -> list[Event]:
    """The events of one message, in its order; none where it speaks of nothing that landed or went.

    Args:
        message: the body of a queue's message, or what a function was invoked with.
        trigger: who brought it, for `Event.trigger`.

    Raises:
        EventNotUnderstood: it is no message about S3 objects, or one without bucket or key.
    """
    return list(_events(message, trigger, _DEEPEST))


def _events(message: object, trigger: str, depth: int) -> Iterator[Event]:
    told = _document(message)
    if not depth:
        raise EventNotUnderstood("the message is an envelope in an envelope, and so on", hint=_HINT)
    if told.get("source") == "aws.s3" and "detail-type" in told:
        yield from _from_eventbridge(told, trigger)
    elif isinstance(records := told.get("Records"), list):
        for record in records:
            yield from _from_record(_mapping(record, "Records"), trigger, depth)
    elif "TopicArn" in told and "Type" in told:
        yield from _from_sns(told, trigger, depth)
    elif isinstance(tasks := told.get("tasks"), list) and "invocationSchemaVersion" in told:
        for task in tasks:
            yield _from_batch(_mapping(task, "tasks"), trigger)
    elif told.get("Event") != "s3:TestEvent":
        raise EventNotUnderstood(f"the message is not about S3 objects: {_shown(told)}", hint=_HINT)


def _from_record(record: Mapping[str, Any], trigger: str, depth: int) -> Iterator[Event]:
    """One of `Records`: S3's own, or a letter of SQS or SNS around it."""
    origin = record.get("eventSource") or record.get("EventSource")
    if origin == "aws:sqs":
        yield from _events(record.get("body"), trigger, depth - 1)
    elif origin == "aws:sns":
        yield from _from_sns(_mapping(record.get("Sns"), "Sns"), trigger, depth)
    elif "s3" in record:
        yield from _from_notification(record, trigger)
    else:
        raise EventNotUnderstood(f"a record is not about S3 objects: {_shown(record)}", hint=_HINT)


def _from_sns(envelope: Mapping[str, Any], trigger: str, depth: int) -> Iterator[Event]:
    if envelope.get("Type", "Notification") != "Notification":
        raise EventNotUnderstood(
            f"the topic sends a {envelope['Type']}, no notification",
            where=str(envelope.get("TopicArn")),
            hint="confirm the subscription (`aws sns confirm-subscription`), then delete the message",
        )
    yield from _events(envelope.get("Message"), trigger, depth - 1)


def _from_eventbridge(told: Mapping[str, Any], trigger: str) -> Iterator[Event]:
    kind = _EVENTBRIDGE.get(str(told["detail-type"]))
    if kind is None:
        return
    detail = _mapping(told.get("detail"), "detail")
    bucket, item = _mapping(detail.get("bucket"), "bucket"), _mapping(detail.get("object"), "object")
    yield Event(
        kind=kind,
        bucket=_text(bucket.get("name"), "bucket"),
        key=_text(item.get("key"), "key"),
        version_id=_version(item.get("version-id")),
        sequencer=_optional(item.get("sequencer")),
        time=_time(told.get("time")),
        trigger=trigger,
    )


def _from_notification(record: Mapping[str, Any], trigger: str) -> Iterator[Event]:
    name = str(record.get("eventName")).removeprefix("s3:")
    kind = _NOTIFICATIONS.get(name) or _NOTIFICATIONS.get(name.partition(":")[0])
    if kind is None:
        return
    told = _mapping(record.get("s3"), "s3")
    bucket, item = _mapping(told.get("bucket"), "bucket"), _mapping(told.get("object"), "object")
    decoded = item.get("urlDecodedKey")  # some forwarders give the key a second time, as it is
    yield Event(
        kind=kind,
        bucket=_text(bucket.get("name"), "bucket"),
        key=_text(decoded, "urlDecodedKey") if decoded else _unquoted(_text(item.get("key"), "key")),
        version_id=_version(item.get("versionId")),
        sequencer=_optional(item.get("sequencer")),
        time=_time(record.get("eventTime")),
        trigger=trigger,
    )


def _from_batch(task: Mapping[str, Any], trigger: str) -> Event:
    """A task of S3 Batch Operations; its second version names the bucket, its first one the bucket's ARN."""
    bucket = task.get("s3Bucket") or _text(task.get("s3BucketArn"), "s3BucketArn").rpartition(":")[2]
    return Event(
        kind="created",
        bucket=_text(bucket, "s3Bucket"),
        key=_unquoted(_text(task.get("s3Key"), "s3Key")),
        version_id=_version(task.get("s3VersionId")),
        trigger=trigger,
    )


_HINT = "send S3's events here, from EventBridge, or as notifications, by SNS or not; docs/guides/events.md"


def _document(message: object) -> Mapping[str, Any]:
    if isinstance(message, str | bytes):
        try:
            message = msgspec.json.decode(message)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise EventNotUnderstood(f"the message is not JSON: {error}", hint=_HINT) from None
    return _mapping(message, "the message")


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise EventNotUnderstood(f"{name} is {_kind_of(value)}, not an object", hint=_HINT)
    return value


def _text(value: object, name: str) -> str:
    """A text that must be there, and that UTF-8 can hold: keys are UTF-8."""
    if not isinstance(value, str) or not value:
        raise EventNotUnderstood(f"{name} is {_kind_of(value)}, not a name", hint=_HINT)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise EventNotUnderstood(f"{name} holds half a character: {value[:_SHOWN]!a}") from None
    return value


def _unquoted(key: str) -> str:
    """A key as forms encode it: `+` for a space, `%2B` for a plus sign."""
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        raise EventNotUnderstood(f"key is not UTF-8 behind its percent signs: {key[:_SHOWN]!r}") from None


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _version(value: object) -> str | None:
    """The version's id; `null` is what a bucket without versions says, and is given again and again."""
    text = _optional(value)
    return None if text == "null" else text


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None  # nothing is decided by it
    return time if time.tzinfo is not None else None


def _kind_of(value: object) -> str:
    if isinstance(value, str):
        return "a text" if value else "empty"
    return "not there" if value is None else f"a {type(value).__name__}"


def _shown(told: Mapping[str, Any]) -> str:
    """The names that it has rather than what they say, which may be secret."""
    text = ", ".join(str(name) for name in list(told)[:8]) or "it is empty"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
