"""`deploy/by_hand.sh`, by AWS's own command line, on an emulated AWS: it makes what the template makes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
import yaml

from fixtures.bucket import BucketServer
from fixtures.workers import eventually
from loadstone.deploy.committed import template_text

SCRIPT = Path(__file__).parents[3] / "deploy" / "by_hand.sh"
NAME, BUCKET = "by-hand", "by-hand-landing-123456789012"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-abc"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/loadstone@sha256:" + "0" * 64


@dataclass(frozen=True)
class Made:
    """What the script left in the emulated AWS."""

    endpoint_url: str
    told: str

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    @property
    def function(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client("lambda").get_function_configuration(FunctionName=NAME)
        return found

    @property
    def queue_url(self) -> str:
        url: str = self.client("sqs").get_queue_url(QueueName=NAME)["QueueUrl"]
        return url


@pytest.fixture
def made(request: pytest.FixtureRequest, leave_out: Callable[[str], NoReturn]) -> Made:
    """What the script made, once for all tests."""
    if shutil.which("aws") is None:
        leave_out("deploy/by_hand.sh: no aws on PATH (pip install awscli)")
    found: Made = request.getfixturevalue("made_by_hand")
    return found


@pytest.fixture(scope="module")
def made_by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    program = shutil.which("aws")
    folder = tmp_path_factory.mktemp("by-hand")
    # Versions of it that came before AWS_ENDPOINT_URL, and some of its services, heed the option alone.
    wrapped = folder / "aws"
    wrapped.write_text(f'#!/usr/bin/env bash\nexec {program} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
    wrapped.chmod(0o755)
    with BucketServer() as server:
        environment = {
            **os.environ,
            **server.environment,
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "IMAGE": IMAGE,
            "DATABASE_SECRET_ARN": SECRET,
            "NAME": NAME,
        }
        done = subprocess.run(
            ["bash", str(SCRIPT)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        made = Made(server.endpoint_url, done.stdout)
        yield made
        # moto's own mappings and buckets are shared by all its servers in this process
        mappings = made.client("lambda")
        for one in mappings.list_event_source_mappings(FunctionName=NAME)["EventSourceMappings"]:
            mappings.delete_event_source_mapping(UUID=one["UUID"])
        mappings.delete_function(FunctionName=NAME)


def of_the_template(resource: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(template_text("pipeline"))["Resources"][resource]["Properties"]
    return found


def actions(document: dict[str, Any]) -> set[str]:
    found = set()
    for statement in document["Statement"]:
        if statement.get("Effect") == "Allow":
            named = statement["Action"]
            found |= {named} if isinstance(named, str) else set(named)
    return found


def test_it_says_what_it_made(made: Made) -> None:
    assert f"bucket        {BUCKET}" in made.told
    assert f"aws s3 cp FILE s3://{BUCKET}/" in made.told


def test_the_function_is_told_what_the_template_tells_it(made: Made) -> None:
    told = made.function["Environment"]["Variables"]
    # An image without one has pipeline.yaml, and the secret knows where the database is.
    left_out = {"LOADSTONE_PIPELINE", *(f"LOADSTONE_DATABASE_{part}" for part in ("HOST", "PORT", "NAME"))}
    assert set(told) == set(of_the_template("Function")["Environment"]["Variables"]) - left_out
    assert told["LOADSTONE_SOURCE"] == f"s3://{BUCKET}/"
    assert told["LOADSTONE_DATABASE_URL"] == f"secretsmanager://{SECRET}"
    assert told["LOADSTONE_QUEUE_URL"] == made.queue_url


def test_its_role_may_do_what_the_templates_role_may(made: Made) -> None:
    document = made.client("iam").get_role_policy(RoleName=NAME, PolicyName="load")["PolicyDocument"]
    statements = of_the_template("LoadPolicy")["PolicyDocument"]["Statement"]
    always = [one for one in statements if "Fn::If" not in one]
    wanted = actions({"Statement": always}) | actions(of_the_template("SecretPolicy")["PolicyDocument"])
    assert actions(document) == wanted
    assert not [one for one in document["Statement"] if one["Resource"] == "*"]


def test_failures_of_a_batch_come_back_and_the_fifth_goes_to_the_dead_letters(made: Made) -> None:
    (mapping,) = made.client("lambda").list_event_source_mappings(FunctionName=NAME)["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == int(
        made.function["Environment"]["Variables"]["LOADSTONE_MAX_CONCURRENT_LOADS"]
    )
    queue = made.client("sqs").get_queue_attributes(QueueUrl=made.queue_url, AttributeNames=["All"])
    assert int(queue["Attributes"]["VisibilityTimeout"]) == 6 * made.function["Timeout"]
    redrive = json.loads(queue["Attributes"]["RedrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].endswith(f":{NAME}-dead-letters")


def test_the_bucket_is_private_and_keeps_versions(made: Made) -> None:
    s3 = made.client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_what_lands_is_told_to_the_queue(made: Made) -> None:
    events, sqs, s3 = made.client("events"), made.client("sqs"), made.client("s3")
    (target,) = events.list_targets_by_rule(Rule=NAME)["Targets"]
    queue = sqs.get_queue_attributes(QueueUrl=made.queue_url, AttributeNames=["All"])["Attributes"]
    assert target["Arn"] == queue["QueueArn"]
    (statement,) = json.loads(queue["Policy"])["Statement"]
    rule = events.describe_rule(Name=NAME)["Arn"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
    # The emulator's mapping takes messages and runs no function: another queue shows what comes.
    beside = sqs.create_queue(QueueName="beside")["QueueUrl"]
    arn = target["Arn"].replace(f":{NAME}", ":beside")
    events.put_targets(Rule=NAME, Targets=[{"Id": target["Id"], "Arn": arn}])
    s3.delete_bucket_policy(Bucket=BUCKET)  # it refuses plain HTTP, which is all there is here
    s3.put_object(Bucket=BUCKET, Key="in/a b.csv", Body=b"id\n1\n")
    found: list[dict[str, Any]] = []

    def has_come() -> bool:
        found.extend(sqs.receive_message(QueueUrl=beside).get("Messages", ()))
        return bool(found)

    eventually(has_come, "the message")
    event = json.loads(found[0]["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["detail"]["object"]["key"] == "in/a b.csv"
