"""Queues and their dead letters, without a worker: what is lost when, which is nothing ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fixtures.bucket import Bucket, BucketServer
from fixtures.queues import EventQueue, queue_for
from loadstone.errors import QueueError, QueueUnavailable, UsageError
from loadstone.platform.clock import SystemClock
from loadstone.ports import Refusal
from loadstone.triggers.dead_letters import letters, put_back
from loadstone.triggers.queue_trigger import QueueTrigger
from loadstone.triggers.sqs import Message, Queue
from loadstone.wiring.redrive import open_redrive

_REFUSAL = Refusal("format_error", "the file is empty", "s3://b/k", 7)


@contextmanager
def trigger_of(queue: EventQueue, **options: object) -> Iterator[QueueTrigger]:
    made = QueueTrigger(Queue(queue.url), SystemClock(), wait_seconds=0, **options)  # type: ignore[arg-type]
    yield made
    made.close()


def test_what_is_worked_on_is_extended_again_and_again_and_deleted_when_it_is_done(
    s3: Bucket, bucket_server: BucketServer
) -> None:
    beats = threading.Semaphore(0)
    with (
        queue_for(s3, visibility=1, environment=bucket_server.environment) as queue,
        trigger_of(queue, on_beat=lambda _: beats.release()) as trigger,
    ):
        queue.tell("day.csv")
        (delivery,) = trigger.receive(10)
        for _ in range(5):  # at a third of the time-out each: by now it would be another's
            assert beats.acquire(timeout=60)
        assert queue.counts() == (0, 1)
        delivery.done()
        assert queue.counts() == (0, 0)


def test_a_queue_that_vanishes_is_an_error_that_says_so(s3: Bucket, bucket_server: BucketServer) -> None:
    with queue_for(s3, environment=bucket_server.environment) as queue, trigger_of(queue) as trigger:
        trigger.check()
        queue.client.delete_queue(QueueUrl=queue.url)
        for ask in (trigger.check, lambda: trigger.receive(1)):
            with pytest.raises(QueueError, match="there is no such queue"):
                ask()
        queue.client.create_queue(QueueName=queue.url.rsplit("/", 1)[1])  # for the fixture to take away


def test_what_failed_for_now_stays_away_for_a_while_and_what_is_given_back_is_there_at_once(
    queue: EventQueue,
) -> None:
    with trigger_of(queue) as trigger:
        queue.tell("day.csv")
        (delivery,) = trigger.receive(10)
        delivery.give_back()
        assert queue.counts() == (1, 0)
        (delivery,) = trigger.receive(10)
        delivery.retry()
        assert queue.counts() == (0, 1)
        assert list(trigger.receive(10)) == []


def test_a_letter_keeps_the_attributes_of_its_message_beside_its_reason_and_loses_the_reason_on_its_way_back(
    queue: EventQueue,
) -> None:
    attributes = {"sender": {"DataType": "String", "StringValue": "ops"}}
    queue.client.send_message(QueueUrl=queue.url, MessageBody="x", MessageAttributes=attributes)
    with trigger_of(queue) as trigger:
        (delivery,) = trigger.receive(1)
        delivery.refuse(Refusal("broken", "line 1\x00 of \udcff" + "a" * 5_000))
    (letter,) = queue.dead_letters()
    assert letter["sender"] == "ops"
    assert letter["loadstone.reason"].startswith("line 1\ufffd of \ufffdaaa")
    assert len(letter["loadstone.reason"]) == 1_000
    (moved,) = open_redrive(queue.dead_url, queue.url, only_look=False).run()
    assert moved.code == "broken"
    (message,), _ = Queue(queue.url).receive(1, visibility=30)
    assert message.attributes == attributes


def test_dead_letters_that_cannot_be_sent_leave_the_message_where_it_was(
    queue: EventQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trigger_of(queue) as trigger:
        queue.tell("day.csv")
        (delivery,) = trigger.receive(1)
        assert trigger.dead_letters is not None
        monkeypatch.setattr(trigger.dead_letters, "url", trigger.dead_letters.url + "-gone")
        with pytest.raises(QueueError):
            delivery.refuse(_REFUSAL)
    assert queue.counts() == (0, 1)


def test_without_a_dead_letter_queue_nothing_is_thrown_away(queue: EventQueue) -> None:
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": ""})
    with trigger_of(queue) as trigger:
        assert trigger.dead_letters is None
        queue.tell("day.csv")
        (delivery,) = trigger.receive(1)
        delivery.refuse(_REFUSAL)
    assert queue.counts() == (0, 1)


def _refuse(queue: EventQueue, number: int) -> None:
    with trigger_of(queue) as trigger:
        for key in range(number):
            queue.tell(f"{key}.csv")
        refused = 0
        while refused < number:
            for delivery in trigger.receive(10):
                delivery.refuse(_REFUSAL)
                refused += 1


def test_looking_at_dead_letters_leaves_all_of_them_there(queue: EventQueue) -> None:
    _refuse(queue, 12)
    assert len(list(letters(Queue(queue.dead_url)))) == 12
    assert queue.counts(queue.dead_url) == (12, 0)
    assert len(list(letters(Queue(queue.dead_url), limit=5))) == 5
    assert queue.counts(queue.dead_url) == (12, 0)


def test_a_redrive_that_is_interrupted_loses_nothing(
    queue: EventQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(queue, 3)
    dead, back = Queue(queue.dead_url), Queue(queue.url)

    def interrupted(_message: Message) -> None:
        raise KeyboardInterrupt

    found = letters(dead)
    put_back(next(found), back, dead)
    monkeypatch.setattr(dead, "delete", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put_back(next(found), back, dead)
    found.close()  # as at the end of the program
    assert queue.counts(queue.dead_url) == (2, 0)
    assert queue.counts() == (2, 0)


def test_what_fails_again_while_a_redrive_runs_stays_in_the_dead_letters(
    queue: EventQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(queue, 2)
    dead = Queue(queue.dead_url)
    receive = dead.receive

    def earlier(limit: int, *, visibility: int, wait_seconds: int = 0) -> tuple[list[Message], datetime]:
        messages, _ = receive(limit, visibility=visibility, wait_seconds=wait_seconds)
        return messages, datetime.now(UTC) - timedelta(hours=1)  # as if the redrive had begun then

    monkeypatch.setattr(dead, "receive", earlier)
    assert list(letters(dead)) == []
    assert queue.counts(queue.dead_url) == (2, 0)


def test_the_queue_that_letters_go_back_to_is_found_where_there_is_only_one(queue: EventQueue) -> None:
    _refuse(queue, 1)
    environment: dict[str, str] = {}
    (moved,) = open_redrive(queue.dead_url, None, only_look=False, environment=environment).run()
    assert (moved.code, moved.reason, moved.uri, moved.load_id) == (
        "format_error",
        "the file is empty",
        "s3://b/k",
        7,
    )
    assert queue.counts() == (1, 0)
    with pytest.raises(UsageError, match="no queue is named"):
        open_redrive(None, None, only_look=True, environment=environment)
    with pytest.raises(UsageError, match="0 queues send their dead letters here"):
        open_redrive(queue.url, None, only_look=False, environment=environment)


class _Renewing(BaseHTTPRequestHandler):
    """SQS, to which the keys `OLD` have expired."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        is_old = "Credential=OLD/" in self.headers["Authorization"]
        told = {"__type": "com.amazonaws.sqs#ExpiredToken", "message": "expired"} if is_old else {}
        body = json.dumps(told).encode()
        self.send_response(403 if is_old else 200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_credentials_that_have_expired_are_looked_up_anew_without_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Renewing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "OLD",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    queue = Queue(f"{endpoint}/123456789012/landing")
    for _ in range(2):
        with pytest.raises(QueueUnavailable, match="AWS refuses the credentials"):
            queue.facts()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NEW")
    assert queue.facts().visibility == 30
    server.shutdown()
    server.server_close()
