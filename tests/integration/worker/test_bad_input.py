"""What comes amiss on its way from a bucket: the same outcome by the worker and by the function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import psycopg
import pytest
from psycopg import sql

from fixtures.answering import Answer, AnsweringServer
from fixtures.carriers import Carrier, FunctionCarrier, WorkerCarrier
from fixtures.queues import EventQueue
from fixtures.secrets import Secrets
from fixtures.secure import SecureServer
from fixtures.workers import Harbour

EVENTS = Path(__file__).parents[2] / "events"
A = "id,v\n1,a\n2,b\n"
ROWS_A = [(1, "a"), (2, "b")]
NAMES = ["a b", "a+b", "a%2Bb", "100%", "%", "Jürgen été 日本 🚗", "a&b=c?d#e;f", "it's", "a  b+ %20"]
#: The most that a message of SQS may be.
MEBIBYTE = 1 << 20

FIRST, SECOND = "first p@ss'w\\ord/%&", "second-word"

_roles = count(1)


@pytest.fixture(params=[WorkerCarrier, FunctionCarrier], ids=["worker", "function"])
def carrier(request: pytest.FixtureRequest, harbour: Harbour) -> Carrier:
    made: Carrier = request.param(harbour)
    return made


def notified(queue: EventQueue, key: str) -> dict[str, Any]:
    """What S3 itself says of a key, which it encodes."""
    told: dict[str, Any] = json.loads((EVENTS / "s3_notification_put.json").read_text())
    told["Records"][0]["s3"]["bucket"]["name"] = queue.bucket.name
    told["Records"][0]["s3"]["object"] = {"key": key}
    return told


def by_topic(told: dict[str, Any]) -> dict[str, Any]:
    """The same by SNS, which wraps it."""
    envelope: dict[str, Any] = json.loads((EVENTS / "sns_envelope.json").read_text())
    return {**envelope, "Message": json.dumps(told)}


def letters(queue: EventQueue) -> dict[str, str]:
    return {letter["loadstone.code"]: letter["loadstone.reason"] for letter in queue.dead_letters()}


def by_store(carrier: Carrier, store: AnsweringServer) -> Carrier:
    """The same, whose objects are in another store."""
    shell = carrier.harbour.shell
    variables = {**shell.variables, "AWS_ENDPOINT_URL_S3": store.url}
    return replace(carrier, harbour=replace(carrier.harbour, shell=replace(shell, variables=variables)))


def test_keys_of_all_kinds_come_through_every_way_that_s3_tells_of_them(
    carrier: Carrier, queue: EventQueue
) -> None:
    keys = []
    for number, name in enumerate(NAMES):
        told = {
            "eventbridge": queue.event,
            "notification": lambda key: notified(queue, quote_plus(key)),
            "slashes": lambda key: notified(queue, quote_plus(key, safe="/")),
            "percent": lambda key: notified(queue, quote(key)),
            "sns": lambda key: by_topic(notified(queue, quote_plus(key))),
            "sns-eventbridge": lambda key: by_topic(queue.event(key)),
        }
        for way, tell in told.items():
            key = f"{way}/{name}.csv"
            queue.bucket.put(key, f"id,v\n{number},{way}\n")
            queue.send(tell(key))
            keys.append(key)
    said = carrier.work()
    assert letters(queue) == {}, said
    found = carrier.harbour.query("SELECT key, state FROM loadstone.loads")
    assert sorted(found) == sorted((key, "loaded") for key in keys)


def test_an_object_without_a_byte_is_put_aside_and_a_folders_marker_is_nothing(
    carrier: Carrier, queue: EventQueue
) -> None:
    for key in ("empty.csv", "folder.csv/", "in/folder.csv/"):
        queue.put(key, "")
        queue.send(notified(queue, quote_plus(key)))
    said = carrier.work()
    assert [letter["loadstone.uri"] for letter in queue.dead_letters()] == [queue.bucket.uri("empty.csv")] * 2
    assert letters(queue) == {"format_error": "the file is empty"}
    assert queue.counts() == (0, 0)
    assert carrier.harbour.query("SELECT DISTINCT key, state, error_code FROM loadstone.loads") == [
        ("empty.csv", "failed", "format_error")
    ]
    assert "folder.csv" not in carrier.harbour.shell("history").out, said


def test_a_key_that_cannot_be_asked_for_is_put_aside_with_a_way_out(
    carrier: Carrier, queue: EventQueue
) -> None:
    pipeline = carrier.harbour.shell.folder / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace('["**/*.csv", "*.csv"]', '["in/**"]'))
    queue.send(queue.event("in//day.csv"))
    said = carrier.work()
    assert "copy the object to a key without" in said
    ((code, reason),) = letters(queue).items()
    assert code == "source_error"
    assert "cannot be read" in reason


def test_an_object_that_went_or_changed_before_its_event_was_read_is_no_failure(
    carrier: Carrier, queue: EventQueue
) -> None:
    queue.put("gone.csv", A)
    queue.bucket.delete("gone.csv")
    queue.put("newer.csv", "id,v\n9,old\n")
    queue.bucket.put("newer.csv", A)
    carrier.work()
    assert carrier.harbour.rows() == ROWS_A
    assert queue.counts() == (0, 0)
    assert letters(queue) == {}
    found = carrier.harbour.query("SELECT key, state FROM loadstone.loads ORDER BY key")
    assert found == [("gone.csv", "removed"), ("newer.csv", "loaded")]


def test_events_of_a_bucket_that_is_not_the_source_are_let_go_and_nothing_is_asked_of_it(
    carrier: Carrier, queue: EventQueue
) -> None:
    foreign = queue.event("day.csv")
    foreign["detail"]["bucket"]["name"] = "somebody-elses"
    queue.send(foreign)
    direct = notified(queue, "day.csv")
    direct["Records"][0]["s3"]["bucket"]["name"] = "somebody-elses"
    queue.send(by_topic(direct))
    carrier.work()
    assert queue.counts() == (0, 0)
    assert letters(queue) == {}
    assert not carrier.harbour.exists("orders")


def test_a_message_as_long_as_any_is_read_to_its_end(carrier: Carrier, queue: EventQueue) -> None:
    queue.bucket.put("day.csv", A)
    long = notified(queue, "day.csv")
    foreign = notified(queue, "k" * 900)["Records"][0]
    foreign["s3"]["bucket"]["name"] = "somebody-elses"
    size = len(json.dumps(foreign)) + 2
    long["Records"] += [foreign] * ((MEBIBYTE - 2_000) // size)
    assert MEBIBYTE - 3_000 < len(json.dumps(long)) <= MEBIBYTE
    queue.send(long)
    said = carrier.work()
    assert carrier.harbour.rows() == ROWS_A, said
    assert queue.counts() == (0, 0)


def test_an_object_whose_key_kms_refuses_is_put_aside_with_what_to_allow(
    carrier: Carrier, queue: EventQueue
) -> None:
    refusal = "User: arn:aws:sts::1:assumed-role/loader is not authorized to perform: kms:Decrypt on key/1"
    queue.tell("day.csv")
    with AnsweringServer(Answer.s3_error(403, "AccessDenied", refusal)) as store:
        said = by_store(carrier, store).work()
    assert "allow kms:Decrypt on it in the role's policy" in said
    assert letters(queue) == {
        "key_denied": f"the key that the object is encrypted with may not be used: {refusal}"
    }
    assert queue.counts() == (0, 0)
    found = carrier.harbour.query("SELECT key, state, error_code, is_current FROM loadstone.loads")
    assert found == [("day.csv", "failed", "key_denied", False)]
    (letter,) = queue.dead_letters()
    assert letter["loadstone.load_id"] == "1"


def test_where_a_clock_is_wrong_messages_come_again_until_it_is_right(
    carrier: Carrier, queue: EventQueue
) -> None:
    queue.tell("day.csv")
    said = "The difference between the request time and the current time is too large."
    with AnsweringServer(Answer.s3_error(403, "RequestTimeTooSkewed", said)) as store:
        told = by_store(carrier, store).work()
    assert "this machine's clock is right" in told
    assert queue.counts() == (0, 1)
    assert letters(queue) == {}
    queue.put("day.csv", A)
    carrier.work()
    assert carrier.harbour.rows() == ROWS_A


@dataclass
class Vault:
    """A database that asks a role for its password, and a secret that should hold it.

    Attributes:
        carrier: which is told of the secret alone.
    """

    carrier: Carrier
    server: SecureServer
    secrets: Secrets
    role: str
    name: str

    def says(self, password: str) -> dict[str, Any]:
        place = {"host": "127.0.0.1", "port": self.server.port, "dbname": self.role}
        return {"username": self.role, "password": password, "engine": "postgres", **place}

    def rotate(self, password: str) -> None:
        """In the database alone; whoever is connected has to log in again."""
        self.server.change_password(self.role, password)
        with psycopg.connect(self.server.server.url, autocommit=True) as connection:
            ends = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
            connection.execute(ends, [self.role])


@pytest.fixture
def vault(carrier: Carrier, secure_server: SecureServer, secrets: Secrets) -> Iterator[Vault]:
    role = f"sailor_{next(_roles)}"
    name = f"loadstone/vault-{role}"
    with psycopg.connect(secure_server.server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(role)))
        secure_server.change_password(role, FIRST)
        shell = carrier.harbour.shell
        variables = {**shell.variables, "LOADSTONE_DATABASE_URL": f"secretsmanager://{name}"}
        url = urlsplit(secure_server.server.url)._replace(path=f"/{role}").geturl()
        carrier.harbour = replace(
            carrier.harbour, shell=replace(shell, variables=variables), database_url=url
        )
        yield Vault(carrier, secure_server, secrets, role, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(role)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "there is no such secret"),
        ("postgresql://app:s3cret@[broken/db", "the destination's URL cannot be understood"),
    ],
)
def test_a_secret_that_is_missing_or_malformed_puts_nothing_aside(
    vault: Vault, queue: EventQueue, value: str | None, reason: str
) -> None:
    carrier, client = vault.carrier, vault.secrets.client
    if value is not None:
        client.create_secret(Name=vault.name, SecretString=value)
    queue.put("day.csv", A)
    said = carrier.work()
    assert reason in said
    assert "s3cret" not in said
    assert sum(queue.counts()) == 1
    assert letters(queue) == {}
    change = client.create_secret if value is None else client.put_secret_value
    named = {"Name" if value is None else "SecretId": vault.name}
    change(**named, SecretString=json.dumps(vault.says(FIRST)))
    queue.tell("day.csv")
    carrier.work()
    assert carrier.harbour.rows() == ROWS_A


def test_a_password_that_is_rotated_while_it_works_is_picked_up_and_amid_the_rotation_nothing_is_put_aside(
    vault: Vault, queue: EventQueue
) -> None:
    vault.secrets.client.create_secret(Name=vault.name, SecretString=json.dumps(vault.says(FIRST)))
    harbour = vault.carrier.harbour
    with vault.carrier.working() as shift:
        queue.put("day1.csv", "id,v\n1,a\n")
        shift.until(lambda: harbour.rows() == [(1, "a")], "the first load")
        vault.rotate(SECOND)
        vault.secrets.change(vault.name, vault.says(SECOND))
        queue.put("day2.csv", "id,v\n2,b\n")
        shift.until(lambda: harbour.rows() == ROWS_A, "the load after the rotation")
        vault.rotate("third")  # and the secret not yet
        queue.put("day3.csv", "id,v\n3,c\n")
        shift.until_given_back()
    assert queue.counts() == (0, 1)
    assert letters(queue) == {}
    assert harbour.states() == ["loaded*"] * 2


def test_a_worker_whose_queue_vanishes_finishes_what_it_has_begun_and_says_why_it_ends(
    harbour: Harbour, queue: EventQueue
) -> None:
    with harbour.worker() as process:
        queue.put("day1.csv", "id,v\n1,a\n")
        harbour.await_rows([(1, "a")])
        with harbour.locked():
            queue.put("day2.csv", "id,v\n2,b\n")
            harbour.await_waiting()
            queue.client.delete_queue(QueueUrl=queue.url)
        assert process.wait(60) == 1
        assert process.stderr is not None
        said = process.stderr.read()
    assert f"error: {queue.url}: there is no such queue" in said
    assert "hint: check the URL" in said
    assert harbour.rows() == ROWS_A
    assert harbour.states() == ["loaded*"] * 2
    gone = harbour.shell("redrive", code=1)
    assert "there is no such queue" in gone.err
    queue.client.create_queue(QueueName=queue.url.rsplit("/", 1)[1])  # for the fixture to take away
