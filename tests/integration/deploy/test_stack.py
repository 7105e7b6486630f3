"""A stack is made and deleted, on moto, whose change sets know no updates and no outputs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from fixtures.bucket import BucketServer
from loadstone.deploy.aws import told
from loadstone.deploy.destruction import Destruction
from loadstone.deploy.stack import Resource, Stack
from loadstone.errors import DeploymentFailed

_numbers = count(1)


def template(*queues: str) -> str:
    resources: dict[str, Any] = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": "kept-by-a-stack"},
        }
    }
    resources |= {name: {"Type": "AWS::SQS::Queue"} for name in queues}
    return yaml.safe_dump({"Resources": resources})


@pytest.fixture
def session(bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> boto3.session.Session:
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return boto3.session.Session()


@pytest.fixture
def stack(session: boto3.session.Session) -> Iterator[Stack]:
    made = Stack(session, f"stack-{next(_numbers)}", pause=lambda _: None)
    yield made
    if made.description() is not None:
        list(made.delete())
    if _has_bucket(session):
        session.client("s3").delete_bucket(Bucket="kept-by-a-stack")


def _has_bucket(session: boto3.session.Session) -> bool:
    return any(one["Name"] == "kept-by-a-stack" for one in session.client("s3").list_buckets()["Buckets"])


def make(stack: Stack, text: str) -> None:
    assert stack.prepare(text, {})
    assert list(stack.execute())


def test_a_change_set_says_what_would_be_made_and_makes_nothing(stack: Stack) -> None:
    changes = stack.prepare(template("First"), {})
    assert {(one.action, one.name, one.kind) for one in changes} == {
        ("add", "Bucket", "AWS::S3::Bucket"),
        ("add", "First", "AWS::SQS::Queue"),
    }
    stack.discard()
    assert stack.description() is None


def test_a_stack_is_made_and_tells_its_steps(stack: Stack) -> None:
    stack.prepare(template("First"), {})
    steps = list(stack.execute())
    assert steps[-1].status == "CREATE_COMPLETE"
    assert not any(step.failed for step in steps)


def test_a_stack_that_is_not_there_is_told_so(stack: Stack) -> None:
    with pytest.raises(DeploymentFailed, match="no such stack"):
        stack.outputs()
    with pytest.raises(DeploymentFailed, match="no such stack"):
        list(stack.delete())


@pytest.mark.parametrize(
    ("code", "hint"), [("AccessDenied", "docs/deploy.md"), ("ExpiredTokenException", "log in again")]
)
def test_what_aws_refuses_comes_with_a_way_out(code: str, hint: str) -> None:
    answer = {"Error": {"Code": code, "Message": "no"}}
    with pytest.raises(DeploymentFailed) as error, told("a-stack"):
        raise ClientError(answer, "CreateChangeSet")
    assert str(error.value) == "a-stack: no"
    assert hint in (error.value.hint or "")


def test_destroying_keeps_the_bucket(stack: Stack, session: boto3.session.Session) -> None:
    make(stack, template("First"))
    destruction = Destruction(session, stack, delete_data=False)
    assert {one.resource.name: one.becomes for one in destruction.fates} == {
        "Bucket": "kept",
        "First": "deleted",
    }


def test_destroying_with_the_data_empties_the_bucket_of_every_version(
    stack: Stack, session: boto3.session.Session
) -> None:
    make(stack, template("First"))
    s3 = session.client("s3")
    s3.put_bucket_versioning(Bucket="kept-by-a-stack", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="kept-by-a-stack", Key="a.csv", Body=body)
    s3.delete_object(Bucket="kept-by-a-stack", Key="a.csv")
    destruction = Destruction(session, stack, delete_data=True)
    assert {one.becomes for one in destruction.fates} == {"deleted"}
    destruction._delete_bucket("kept-by-a-stack")
    assert not _has_bucket(session)
    s3.create_bucket(Bucket="kept-by-a-stack")


@pytest.mark.parametrize("kind", ["instance", "cluster"])
def test_of_snapshots_only_what_the_deletion_itself_has_left_goes(
    stack: Stack, session: boto3.session.Session, kind: str
) -> None:
    rds, of = session.client("rds"), "DBInstance" if kind == "instance" else "DBCluster"
    named = {f"{of}Identifier": f"orders-{kind}", "Engine": "postgres", "MasterUsername": "app"}
    named |= {"MasterUserPassword": "secret-word"}
    if kind == "instance":
        named |= {"DBInstanceClass": "db.t4g.medium"}
    getattr(rds, f"create_db_{kind}")(**named)
    snapshot = "DBSnapshot" if kind == "instance" else "DBClusterSnapshot"
    takes = getattr(rds, f"create_{'db' if kind == 'instance' else 'db_cluster'}_snapshot")
    of_it = {f"{of}Identifier": f"orders-{kind}"}
    takes(**of_it, **{f"{snapshot}Identifier": f"own-of-{kind}"})
    make(stack, template("First"))
    destruction = Destruction(session, stack, delete_data=True)
    database = Resource("Database", f"AWS::RDS::{of}", f"orders-{kind}")
    known = destruction._snapshots(database)
    takes(**of_it, **{f"{snapshot}Identifier": f"final-of-{kind}"})
    destruction._delete_snapshots(database, known)
    assert known == destruction._snapshots(database) == [f"own-of-{kind}"]
