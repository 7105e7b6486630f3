"""Messages as AWS documents them, and what becomes of those that are something else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.ordering import is_older
from loadstone.errors import EventNotUnderstood, Terminal
from loadstone.model.event import Event
from loadstone.triggers.s3_event import parse_events

EVENTS = Path(__file__).parents[2] / "events"

#: What S3 takes as a key: any UTF-8 text of up to 1,024 bytes.
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)

BUCKET = "amzn-s3-demo-bucket"
NOVEMBER = datetime(2021, 11, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PUT = Event(
    "created",
    BUCKET,
    "HappyFace.jpg",
    "096fKKXTRTtl3on89fVO.nfljtsv6qko",
    "0055AED6DCD90281E5",
    EPOCH,
    "sqs",
)
CREATED = Event(
    "created",
    BUCKET + "1",
    "example-key",
    "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    "617f08299329d189",
    NOVEMBER,
    "sqs",
)


def parsed(name: str) -> list[Event]:
    return parse_events((EVENTS / name).read_text(), trigger="sqs")


def notification(**item: Any) -> dict[str, Any]:
    told = json.loads((EVENTS / "s3_notification_put.json").read_text())
    told["Records"][0]["s3"]["object"].update(item)
    return told


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eventbridge_object_created.json", CREATED),
        (
            "eventbridge_object_created_unversioned.json",
            Event(
                "created",
                BUCKET + "1",
                "reports/2021 Q4/costs+fees 100%.csv",
                None,
                "617f08299329d189",
                NOVEMBER,
                "sqs",
            ),
        ),
        (
            "eventbridge_delete_marker_created.json",
            Event(
                "removed",
                BUCKET + "1",
                "example-key",
                "1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF",
                "617f0837b476e463",
                NOVEMBER,
                "sqs",
            ),
        ),
        (
            "eventbridge_permanently_deleted_by_lifecycle.json",
            Event(
                "removed",
                BUCKET + "1",
                "example-key",
                "mtB0cV.jejK63XkRNceanNMC.qXPWLeK",
                "617b398000000000",
                NOVEMBER,
                "sqs",
            ),
        ),
        (
            "eventbridge_object_restore_completed.json",
            Event(
                "created",
                BUCKET + "1",
                "example-key",
                "KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3",
                None,
                NOVEMBER,
                "sqs",
            ),
        ),
        ("s3_notification_put.json", PUT),
        (
            "s3_notification_unversioned.json",
            Event(
                "created",
                BUCKET,
                "reports/2021 Q4/costs+fees 100%.csv",
                None,
                "0055AED6DCD90281E5",
                EPOCH,
                "sqs",
            ),
        ),
        (
            "s3_notification_delete_marker.json",
            Event("removed", BUCKET, "HappyFace.jpg", "bYVkZ9.marker", "0055AED6DCD90281E6", EPOCH, "sqs"),
        ),
        (
            "s3_notification_lifecycle_expiration.json",
            Event("removed", BUCKET, "expiration/delete", None, "0055AED6DCD90281E5", EPOCH, "sqs"),
        ),
        ("sns_envelope.json", PUT),
        ("sns_lambda.json", PUT),
        (
            "s3_batch_1.json",
            Event("created", BUCKET + "1", "customer images/1+1.jpg", "1", None, None, "sqs"),
        ),
        ("s3_batch_2.json", Event("created", BUCKET, "customerImage1.jpg", None, None, None, "sqs")),
    ],
)
def test_each_documented_shape_gives_its_event(name: str, expected: Event) -> None:
    assert parsed(name) == [expected]


def test_a_batch_of_a_queue_gives_all_its_events_whatever_brought_them_to_it() -> None:
    assert parsed("sqs_batch.json") == [PUT, PUT, CREATED]


@pytest.mark.parametrize(
    "name", ["s3_test_event.json", "eventbridge_object_tags_added.json", "s3_notification_replication.json"]
)
def test_what_changes_no_object_is_understood_and_no_event(name: str) -> None:
    assert parsed(name) == []


def test_text_bytes_and_what_a_function_is_invoked_with_are_read_alike() -> None:
    text = (EVENTS / "s3_notification_put.json").read_text()
    forms = [text, text.encode(), json.loads(text)]
    assert [parse_events(form, trigger="sqs") for form in forms] == [[PUT]] * 3


@given(key=keys)
def test_any_key_comes_through_both_encodings(key: str) -> None:
    created = json.loads((EVENTS / "eventbridge_object_created.json").read_text())
    created["detail"]["object"]["key"] = key
    messages = [
        json.dumps(created),
        json.dumps(created, ensure_ascii=False),
        json.dumps(notification(key=quote_plus(key))),
        json.dumps(notification(key=quote_plus(key, safe="/"))),
        json.dumps(notification(key=quote(key))),  # with %20 for spaces, as other stores have it
        json.dumps({"Type": "Notification", "TopicArn": "t", "Message": json.dumps(created)}),
    ]
    assert [event.key for message in messages for event in parse_events(message, trigger="sqs")] == [key] * 6


def test_where_the_key_is_given_a_second_time_as_it_is_that_one_counts() -> None:
    told = notification(key="a%252Bb+c.csv", urlDecodedKey="a%2Bb c.csv")
    assert [event.key for event in parse_events(told, trigger="hand")] == ["a%2Bb c.csv"]


@pytest.mark.parametrize("none", [None, "", "null"])
def test_a_version_id_that_names_no_version_is_none(none: str | None) -> None:
    (event,) = parse_events(notification(versionId=none), trigger="sqs")
    assert event.version_id is None


def test_sequencers_of_a_put_and_the_delete_after_it_keep_their_order() -> None:
    (created,), (removed,) = (
        parsed("s3_notification_put.json"),
        parsed("s3_notification_delete_marker.json"),
    )
    assert is_older(created.sequencer, removed.sequencer)


def test_minio_says_s3_before_the_name_of_an_event() -> None:
    told = notification()
    told["Records"][0]["eventName"] = "s3:ObjectCreated:Put"
    assert parse_events(told, trigger="sqs") == [PUT]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "the message is a list"),
        ("3", "the message is a int"),
        ("{}", "not about S3 objects: it is empty"),
        ({"detail-type": "x", "source": "aws.ec2"}, "not about S3 objects: detail-type, source"),
        ({"Records": [3]}, "Records is a int"),
        ({"Records": [{"eventSource": "aws:kinesis"}]}, "a record is not about S3 objects"),
        ({"Records": [{"eventSource": "aws:sqs"}]}, "the message is not there"),
        ({"Records": [{"s3": {}, "eventName": "ObjectCreated:Put"}]}, "bucket is not there"),
        (notification(key=None), "key is not there"),
        (notification(key=""), "key is empty"),
        (notification(key="%ff"), "not UTF-8"),
        (notification(urlDecodedKey="\ud800"), "half a character"),
        ({"source": "aws.s3", "detail-type": "Object Created"}, "detail is not there"),
        ({"source": "aws.s3", "detail-type": "Object Created", "detail": "x"}, "detail is a text"),
    ],
)
def test_what_is_not_understood_says_why(message: str | bytes | dict[str, Any], reason: str) -> None:
    with pytest.raises(EventNotUnderstood, match=reason) as caught:
        parse_events(message, trigger="sqs")
    assert isinstance(caught.value, Terminal)


def test_a_topic_that_wants_to_be_confirmed_is_told_from_an_event() -> None:
    with pytest.raises(EventNotUnderstood, match="SubscriptionConfirmation") as caught:
        parsed("sns_subscription_confirmation.json")
    assert "confirm" in str(caught.value.hint)


def test_envelopes_without_end_are_refused() -> None:
    message = "{}"
    for _ in range(6):
        message = json.dumps({"Type": "Notification", "TopicArn": "t", "Message": message})
    with pytest.raises(EventNotUnderstood, match="envelope"):
        parse_events(message, trigger="sqs")


def test_six_megabytes_of_something_else_make_a_short_message() -> None:
    with pytest.raises(EventNotUnderstood) as caught:
        parse_events(json.dumps({"x" * 6_000_000: "secret"}), trigger="sqs")
    assert len(str(caught.value)) < 200
    assert "secret" not in str(caught.value)


def test_six_megabytes_of_events_are_all_read() -> None:
    records = notification(key="k" * 900)["Records"] * 4_000
    message = json.dumps({"Records": records})
    assert len(message) > 6_000_000
    assert len(parse_events(message, trigger="sqs")) == 4_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def holes(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a document something stands."""
    found = [path] if path else []
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in items if isinstance(document, dict | list) else ():
        found += holes(value, (*path, name)) if isinstance(value, dict | list) else [(*path, name)]
    return found


@given(data=st.data())
def test_a_documented_message_with_anything_in_place_of_a_part_is_read_or_refused(data: Any) -> None:
    told = json.loads(data.draw(st.sampled_from(sorted(EVENTS.glob("*.json")))).read_text())
    *path, last = data.draw(st.sampled_from(holes(told)))
    place = told
    for step in path:
        place = place[step]
    place[last] = data.draw(json_values)
    try:
        events = parse_events(told, trigger="sqs")
    except EventNotUnderstood:
        return
    assert all(event.bucket and event.key for event in events)
