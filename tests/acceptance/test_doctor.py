"""`loadstone doctor` says what is wrong, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fixtures.answering import Answer, AnsweringServer
from fixtures.bucket import Bucket
from fixtures.commandline import CommandLine
from fixtures.databases import name_of
from loadstone.embedded import EmbeddedServer
from loadstone.platform.aws_facts import BucketFacts, bucket_facts
from loadstone.wiring.doctor_aws import clock_check

PIPELINE = """
source: {source}
datasets:
  cities:
    files: "cities*.csv"
    table: public.cities
"""


def states(line: CommandLine, *words: str, code: int) -> dict[str, tuple[str, str, str]]:
    """What each check found: its state, what it says, and its hint."""
    document = line("doctor", "--json", *words, code=code).document
    checks = document["checks"]
    assert document["failed"] == sum(check["state"] == "failed" for check in checks)
    return {check["name"]: (check["state"], check["what"], check["hint"] or "") for check in checks}


@pytest.fixture
def queue(s3: Bucket) -> Iterator[str]:
    """A queue with dead letters after 5 receipts, in the environment of `s3`."""
    client: Any = boto3.client("sqs", endpoint_url=s3.endpoint_url)
    dead = client.create_queue(QueueName=f"{s3.name}-dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    url = client.create_queue(QueueName=s3.name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    yield url
    for each in (url, dead):
        client.delete_queue(QueueUrl=each)


@pytest.fixture
def topic(s3: Bucket) -> Iterator[str]:
    """A topic that somebody listens to."""
    client: Any = boto3.client("sns", endpoint_url=s3.endpoint_url)
    arn = client.create_topic(Name=s3.name)["TopicArn"]
    client.subscribe(TopicArn=arn, Protocol="sms", Endpoint="+15551234567")
    yield arn
    client.delete_topic(TopicArn=arn)


@pytest.fixture
def clerk(database_url: str, connection: psycopg.Connection) -> Iterator[str]:
    """The URL of a role that owns nothing."""
    role = f"doctors_clerk_of_{name_of(database_url)}"
    connection.execute(f'CREATE ROLE "{role}" LOGIN')
    yield make_conninfo(database_url, user=role)
    connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


def test_without_aws_and_all_is_well(loadstone: CommandLine) -> None:
    loadstone.write("data/cities1.csv", "id,city\n1,Ulm\n")
    loadstone.write("pipeline.yaml", PIPELINE.format(source="data"))
    before = states(loadstone, code=0)
    assert before["configuration"] == ("ok", "pipeline.yaml: 1 dataset", "")
    assert before["credentials"] == ("skipped", "nothing here is in AWS", "")
    assert before["schema"][:2] == ("ok", "not there yet: the first load makes it")
    assert before["tables"][:2] == ("ok", "1 table may be loaded, or made")
    loadstone("load")
    after = states(loadstone, code=0)
    assert after["schema"][1].endswith("with all privileges")
    assert after["dataset cities"][:2] == (
        "ok",
        "last load just now (loaded, load 1), newest object just now",
    )
    assert {name for name, found in after.items() if found[0] == "skipped"} == {
        "credentials", "queue", "function", "topic", "encryption",
    }  # fmt: skip


def test_a_pipeline_in_aws_and_all_is_well(
    loadstone: CommandLine, s3: Bucket, queue: str, topic: str
) -> None:
    s3.keep_versions()
    arn = f"arn:aws:sqs:us-east-1:123456789012:{s3.name}"
    told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.client.put_bucket_notification_configuration(Bucket=s3.name, NotificationConfiguration=told)
    sqs: Any = boto3.client("sqs", endpoint_url=s3.endpoint_url)
    sqs.purge_queue(QueueUrl=queue)  # of the event that S3 tests it with
    s3.put("cities1.csv", "id,city\n1,Ulm\n")
    uri = s3.put("conf/pipeline.yaml", PIPELINE.format(source=s3.uri()))
    found = states(loadstone, "-f", uri, "--queue", queue, "--topic", topic, code=0)
    assert found["configuration"][:2] == ("ok", f"{uri}: 1 dataset")
    assert "account 123456789012, region us-east-1" in found["credentials"][1]
    assert found["clock of AWS"][0] == "ok"
    assert found["clock of the database"][0] == "ok"
    assert found["bucket"][:2] == ("ok", f"s3://{s3.name} is there")
    assert found["versions"][:2] == ("ok", "the bucket keeps them")
    assert found["events"][:2] == ("ok", "go to SQS")
    assert found["source"][:2] == ("ok", f"{s3.uri()} can be listed and read")
    assert found["queue"][:2] == ("ok", "2 waiting, 0 in work")
    assert found["dead letters"] == ("ok", "none; a message goes there after 5 receipts", "")
    assert found["topic"][0] == "ok"


def test_a_pipeline_in_aws_and_nothing_is_well(loadstone: CommandLine, s3: Bucket, queue: str) -> None:
    sqs: Any = boto3.client("sqs", endpoint_url=s3.endpoint_url)
    sqs.send_message(QueueUrl=queue.replace(s3.name, f"{s3.name}-dead"), MessageBody="{}")
    loadstone.write("pipeline.yaml", PIPELINE.format(source=s3.uri()))
    nobody = f"arn:aws:sns:us-east-1:123456789012:{s3.name}-nobody"
    found = states(loadstone, "--queue", queue, "--topic", nobody, code=1)
    assert found["versions"][0] == "ok"
    assert "put-bucket-versioning" in found["versions"][2]
    assert found["events"][:2] == ("failed", "the bucket sends none, so that nothing comes to the queue")
    assert "put-bucket-notification-configuration" in found["events"][2]
    assert found["dead letters"][:2] == ("failed", "1 waiting")
    assert "loadstone redrive" in found["dead letters"][2]
    assert found["topic"][0] == "failed"
    assert "does not exist" in found["topic"][1]
    assert found["source"][1].endswith("nothing in it matches a dataset now")
    gone = states(loadstone, "--queue", queue + "-gone", code=1)
    assert gone["queue"][0] == "failed"
    assert gone["dead letters"] == ("skipped", "see queue", "")
    loadstone.write("pipeline.yaml", PIPELINE.format(source="s3://no-such-bucket-anywhere"))
    nowhere = states(loadstone, code=1)
    assert (nowhere["bucket"][0], nowhere["events"][0]) == ("failed", "skipped")
    assert nowhere["source"][0] == "failed"


def test_without_credentials_what_needs_them_is_skipped(
    loadstone: CommandLine, s3: Bucket, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    loadstone.write("pipeline.yaml", PIPELINE.format(source=s3.uri()))
    found = states(loadstone, "--queue", queue, code=1)
    assert found["credentials"][:2] == ("failed", "AWS credentials: no AWS credentials were found")
    assert found["bucket"] == found["queue"] == ("skipped", "see credentials", "")
    assert found["database"][0] == "ok"


def test_a_pipeline_with_mistakes_is_the_first_thing_that_is_told(loadstone: CommandLine) -> None:
    loadstone.write("pipeline.yaml", "datasets:\n  cities:\n    filse: x\n")
    found = states(loadstone, code=1)
    assert found["configuration"][0] == "failed"
    assert "pipeline.yaml:3:5" in found["configuration"][1]
    assert found["database"] == ("skipped", "see configuration", "")


def test_a_database_that_does_not_answer_is_told(loadstone: CommandLine) -> None:
    found = states(loadstone, "--to", "postgresql://app:s3cret@127.0.0.1:9/app", code=1)
    assert found["database"][0] == "failed"
    assert "nothing listens there" in found["database"][2]
    assert "s3cret" not in str(found)


def test_privileges_that_are_lacking_are_named(
    loadstone: CommandLine, connection: psycopg.Connection, clerk: str
) -> None:
    loadstone.write("pipeline.yaml", PIPELINE.format(source="data"))
    loadstone.write("data/cities1.csv", "id,city\n1,Ulm\n")
    without = states(loadstone, "--to", clerk, code=1)
    assert without["schema"][0] == "failed"
    assert "may not make it" in without["schema"][1]
    assert "loadstone migrate --grants" in without["schema"][2]
    assert without["table public.cities"][1].endswith("lacks CREATE on schema public")
    loadstone("load")
    role = connection.execute(
        "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname ~ 'doctors_clerk'"
    ).fetchone()
    assert role
    closed = states(loadstone, "--to", clerk, code=1)
    assert closed["schema"][1].endswith("lacks USAGE on schema loadstone")
    assert closed["table public.cities"][1].endswith("lacks SELECT, INSERT, DELETE")
    connection.execute(loadstone("migrate", "--grants", role[0].strip('"')).out)
    assert states(loadstone, "--to", clerk, code=0)["tables"][0] == "ok"
    connection.execute(f"REVOKE INSERT, DELETE ON public.cities FROM {role[0]}")
    granted = states(loadstone, "--to", clerk, code=1)
    assert granted["schema"][0] == "ok"
    assert granted["table public.cities"][1].endswith("lacks INSERT, DELETE")
    connection.execute(f"GRANT INSERT, DELETE ON public.cities TO {role[0]}")
    assert states(loadstone, "--to", clerk, code=0)["tables"][0] == "ok"


def test_a_last_load_that_failed_is_told(loadstone: CommandLine) -> None:
    loadstone.write(
        "pipeline.yaml",
        PIPELINE.format(source="data") + "    columns: {id: {type: integer}}\n    reject_limit: 0\n",
    )
    loadstone.write("data/cities1.csv", "id\nx\n")
    loadstone("load", code=1)
    found = states(loadstone, code=1)
    assert found["dataset cities"][0] == "failed"
    assert "1 failed within a day" in found["dataset cities"][1]


def test_for_people_a_check_is_a_line_and_a_hint_is_another(alone: CommandLine) -> None:
    alone.write("pipeline.yaml", PIPELINE.format(source="nowhere"))
    told = alone("doctor", code=1).out.splitlines()
    assert told[0] == "ok       configuration          pipeline.yaml: 1 dataset"
    assert told[2].startswith("failed   source                 ")
    assert "skipped  database               none is named: the first load starts an embedded one" in told
    assert told[-1] == "1 ok, 1 failed, 5 skipped"
    assert "\x1b" not in "".join(told)
    quiet = alone("doctor", "--quiet", code=1).out.splitlines()
    assert [line.split()[:2] for line in quiet if not line.startswith(" ")] == [["failed", "source"]]


def test_nothing_is_changed(loadstone: CommandLine, connection: psycopg.Connection, folder: Path) -> None:
    loadstone("doctor")
    assert connection.execute("SELECT to_regnamespace('loadstone')").fetchone() == (None,)
    assert list(folder.iterdir()) == []


def test_the_embedded_database_is_looked_at_where_it_runs(alone: CommandLine) -> None:
    server = EmbeddedServer.start(alone.folder / ".loadstone/postgres")
    found = states(alone, code=0)
    assert f"PostgreSQL {server.version}" in found["database"][1]


def test_events_that_go_to_eventbridge_are_known(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
    del s3
    with AnsweringServer(Answer(200, body)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        facts = bucket_facts("landing")
    assert facts == BucketFacts(keeps_versions=False, has_eventbridge=True, notified=())


@pytest.mark.parametrize(
    ("seconds", "state", "what"),
    [
        (0.4, "ok", "agrees with this machine's to the second"),
        (-20, "ok", "this machine's is 20 s behind"),
        (3600, "failed", "this machine's is 3,600 s ahead"),
    ],
)
def test_clocks_that_disagree_are_told(seconds: float, state: str, what: str) -> None:
    theirs = datetime(2026, 11, 20, tzinfo=UTC)
    check = clock_check("AWS", theirs, theirs + timedelta(seconds=seconds), within=0.5)
    assert (check.name, check.state, check.what) == ("clock of AWS", state, what)


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ("mode: append\n    on_overwrite: append", "SELECT, INSERT"),
        ("mode: append", "SELECT, INSERT, DELETE"),
        ("mode: merge\n    key: id", "SELECT, INSERT, UPDATE"),
        ("mode: merge\n    key: id\n    on_delete: remove_rows", "SELECT, INSERT, UPDATE, DELETE"),
        ("mode: replace", "SELECT, INSERT, TRUNCATE"),
        ("mode: replace\n    method: delete", "SELECT, INSERT, DELETE"),
    ],
)
def test_what_a_dataset_needs_is_asked_for_and_no_more(
    loadstone: CommandLine, connection: psycopg.Connection, clerk: str, settings: str, needed: str
) -> None:
    connection.execute("CREATE TABLE cities (id integer, city text)")
    loadstone.write("pipeline.yaml", PIPELINE.format(source="data") + f"    {settings}\n")
    found = states(loadstone, "--to", clerk, code=1)
    assert found["table public.cities"][1].endswith(f" lacks {needed}")


def test_a_retention_that_nobody_applies_is_told(
    loadstone: CommandLine, connection: psycopg.Connection
) -> None:
    typed = PIPELINE.format(source="data") + "    columns: {id: {type: integer}}\n"
    loadstone.write("pipeline.yaml", f"{typed}retention: {{raw_texts: 7d, rejects: 30d}}\n")
    loadstone.write("data/cities1.csv", "id\n1\nx\n")
    loadstone("load")
    assert states(loadstone, code=0)["retention"][:2] == ("ok", "applied: raw texts 7d, rejects 30d")
    connection.execute("UPDATE loadstone.rejects SET rejected_at = now() - interval '10 days'")
    told = states(loadstone, code=1)["retention"]
    assert told[:2] == ("failed", "raw texts are older than they should be (raw texts 7d, rejects 30d)")
    assert "loadstone forget" in told[2]
    loadstone("forget")
    assert states(loadstone, code=0)["retention"][0] == "ok"
