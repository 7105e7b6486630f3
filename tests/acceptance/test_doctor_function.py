"""`loadstone doctor` on the function that loads, what calls it, and the last event."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import psycopg
import pytest
from msgspec.structs import replace

from fixtures.bucket import Bucket
from fixtures.commandline import CommandLine
from loadstone import __version__
from loadstone.platform.aws_function import EventSource, FunctionFacts
from loadstone.wiring.doctor_function import source_check, state_check, version_check

PIPELINE = "source: {source}\ndatasets: {{cities: {{files: 'cities*.csv'}}}}\n"
ACCOUNT = "123456789012"
FACTS = FunctionFacts("loader", "Active", None, "Successful", None, None, __version__, None)
SOURCE = EventSource(
    "0a1b", f"arn:aws:sqs:us-east-1:{ACCOUNT}:landing", "Enabled", reports_failures=True, problem=None
)


class Deployed:
    """A queue and a function in the cloud that moto plays, named after the bucket."""

    def __init__(self, s3: Bucket) -> None:
        self.name = s3.name
        self.clients: dict[str, Any] = {
            name: boto3.client(name, endpoint_url=s3.endpoint_url)
            for name in ("sqs", "lambda", "iam", "cloudwatch", "cloudformation")
        }
        self.queue: str = self.clients["sqs"].create_queue(QueueName=self.name)["QueueUrl"]
        self.queue_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}"
        service = {"Service": "lambda.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
        role = self.clients["iam"].create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as package:
            package.writestr("code.py", "")
        self.clients["lambda"].create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Role=role["Role"]["Arn"],
            Handler="loadstone.lambda_handler.handler",
            Code={"ZipFile": packed.getvalue()},
            Environment={"Variables": {"LOADSTONE_VERSION": __version__}},
        )

    def call(self, **options: Any) -> str:
        """The queue calls the function from now on."""
        made = self.clients["lambda"].create_event_source_mapping(
            FunctionName=self.name,
            EventSourceArn=self.queue_arn,
            **{"FunctionResponseTypes": ["ReportBatchItemFailures"], **options},
        )
        return str(made["UUID"])

    def close(self) -> None:
        mappings = self.clients["lambda"].list_event_source_mappings(FunctionName=self.name)
        for one in mappings["EventSourceMappings"]:
            self.clients["lambda"].delete_event_source_mapping(UUID=one["UUID"])
        self.clients["lambda"].delete_function(FunctionName=self.name)
        self.clients["iam"].delete_role(RoleName=self.name)
        self.clients["sqs"].delete_queue(QueueUrl=self.queue)


@pytest.fixture
def deployed(s3: Bucket) -> Iterator[Deployed]:
    with closing(Deployed(s3)) as made:
        yield made


def found(line: CommandLine, *words: str) -> dict[str, tuple[str, str, str]]:
    checks = line("doctor", "--json", *words, code=None).document["checks"]
    return {check["name"]: (check["state"], check["what"], check["hint"] or "") for check in checks}


def test_a_function_that_is_well_is_a_line_for_itself_its_version_and_what_calls_it(
    loadstone: CommandLine, deployed: Deployed
) -> None:
    deployed.call()
    told = found(loadstone, "--function", deployed.name, "--queue", deployed.queue)
    assert told["function"] == ("ok", f"{deployed.name}: active, changed just now", "")
    assert told["function's version"] == ("ok", f"{__version__}, as this program's", "")
    assert told["event source"] == ("ok", f"{deployed.name} is enabled", "")


def test_a_function_that_nothing_calls_is_told_with_the_command_that_mends_it(
    loadstone: CommandLine, deployed: Deployed
) -> None:
    told = found(loadstone, "--function", deployed.name)
    assert told["event source"][:2] == ("failed", "no queue's messages come to the function")
    assert "create-event-source-mapping" in told["event source"][2]
    mapping = deployed.call(Enabled=False)
    told = found(loadstone, "--function", deployed.name)
    assert told["event source"][:2] == ("failed", f"{deployed.queue_arn} is turned off: its messages wait")
    assert f"update-event-source-mapping --uuid {mapping} --enabled" in told["event source"][2]
    told = found(loadstone, "--function", deployed.name, "--queue", f"{deployed.queue}-other")
    assert told["event source"][:2] == ("failed", "the queue's messages go elsewhere")


def test_a_function_that_is_not_there_is_told(loadstone: CommandLine, s3: Bucket) -> None:
    told = found(loadstone, "--function", f"{s3.name}-gone")
    assert told["function"][0] == "failed"
    assert "does not exist" in told["function"][1]
    assert told["event source"] == told["function's version"] == ("skipped", "see function", "")


def test_a_stack_knows_the_names_of_what_it_made(loadstone: CommandLine, deployed: Deployed) -> None:
    deployed.call()
    template = {
        "Resources": {"Made": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {
            "QueueUrl": {"Value": deployed.queue},
            "FunctionName": {"Value": deployed.name},
            "TopicArn": {"Value": f"arn:aws:sns:us-east-1:{ACCOUNT}:{deployed.name}-gone"},
        },
    }
    stacks = deployed.clients["cloudformation"]
    stacks.create_stack(StackName=deployed.name, TemplateBody=json.dumps(template))
    try:
        told = found(loadstone, "--stack-name", deployed.name)
        assert told["stack"] == ("ok", deployed.name, "")
        assert told["queue"][:2] == ("ok", "0 waiting, 0 in work")
        assert told["event source"][0] == "ok"
        assert told["topic"][0] == "failed"
    finally:
        stacks.delete_stack(StackName=deployed.name)
    told = found(loadstone, "--stack-name", f"{deployed.name}-gone")
    assert told["stack"][:2] == ("failed", f"{deployed.name}-gone: there is no such stack")
    assert told["function"] == ("skipped", "none is named (--function, or LOADSTONE_FUNCTION)", "")


@pytest.mark.parametrize(
    ("facts", "state", "what", "hint"),
    [
        (replace(FACTS, state="Failed", state_reason="no such image"), "failed", "no such image", "deploy"),
        (replace(FACTS, update="Failed", update_reason="no subnet"), "failed", "no subnet", "deploy"),
        (replace(FACTS, state="Inactive"), "ok", "inactive", "the first event wakes it"),
        (replace(FACTS, state="Pending"), "ok", "pending", "look again"),
        (replace(FACTS, update="InProgress"), "ok", "active", "look again"),
        (replace(FACTS, modified=datetime.now(UTC) - timedelta(hours=3)), "ok", "3 h ago", ""),
    ],
)
def test_each_state_of_a_function_has_its_line(
    facts: FunctionFacts, state: str, what: str, hint: str
) -> None:
    check = state_check(facts)
    assert check.state == state
    assert what in check.what
    assert hint in (check.hint or "")


@pytest.mark.parametrize(
    ("facts", "state", "what"),
    [
        (replace(FACTS, version="0.0.9"), "ok", f"0.0.9; this program is {__version__}"),
        (replace(FACTS, version=None, image="x/loadstone@sha256:0a"), "skipped", "x/loadstone@sha256:0a"),
    ],
)
def test_a_function_of_another_version_is_told(facts: FunctionFacts, state: str, what: str) -> None:
    check = version_check(facts)
    assert (check.state, bool(check.hint)) == (state, True)
    assert what in check.what


@pytest.mark.parametrize(
    ("source", "what", "hint"),
    [
        (replace(SOURCE, reports_failures=False), "its whole batch again", "ReportBatchItemFailures"),
        (replace(SOURCE, problem="PROBLEM: Lambda internal error"), "PROBLEM: Lambda", "log"),
        (replace(SOURCE, state="Disabling"), "turned off", "--enabled"),
    ],
)
def test_what_calls_a_function_wrongly_is_told(source: EventSource, what: str, hint: str) -> None:
    check = source_check("loader", [source], None)
    assert check.state == "failed"
    assert what in check.what
    assert hint in (check.hint or "")


def test_the_last_event_is_told_by_the_ledger_and_the_last_message_by_cloudwatch(
    loadstone: CommandLine, s3: Bucket, deployed: Deployed, connection: psycopg.Connection
) -> None:
    loadstone.write("pipeline.yaml", PIPELINE.format(source=s3.uri()))
    s3.put("cities1.csv", "id\n1\n")
    loadstone("load")
    assert found(loadstone)["last event"][:2] == ("skipped", "no event of S3 has brought an object yet")
    connection.execute(
        "UPDATE loadstone.loads SET sequencer = '00AB', started_at = now() - interval '2 hours'"
    )
    deployed.clients["cloudwatch"].put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "NumberOfMessagesSent",
                "Dimensions": [{"Name": "QueueName", "Value": deployed.name}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=95),
                "Value": 3,
            }
        ],
    )
    told = found(loadstone, "--queue", deployed.queue)
    assert told["last event"][:2] == ("ok", f"2 h ago: {s3.uri('cities1.csv')} (load 1)")
    assert told["queue"][:2] == ("ok", "0 waiting, 0 in work; the last came 1 h ago")
