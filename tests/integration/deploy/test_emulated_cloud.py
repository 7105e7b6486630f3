"""The whole of it by the command line: the unmodified pipeline template on an emulator of AWS."""

from __future__ import annotations

from fixtures.commandline import CommandLine
from fixtures.ministack import MiniStack

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/loadstone@sha256:" + "0" * 64
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-abc123"
REQUIRED = ("--image", IMAGE, "-p", f"DatabaseSecretArn={SECRET}")


def test_a_pipeline_is_deployed_changed_and_destroyed_and_its_bucket_stays(
    loadstone: CommandLine, cloud: MiniStack
) -> None:
    seen = loadstone("deploy", "--dry-run", "--json", *REQUIRED).document
    assert not seen["deployed"]
    assert {"Bucket", "Queue", "DeadLetters", "Function", "Rule"} <= {one["name"] for one in seen["changes"]}
    assert {one["action"] for one in seen["changes"]} == {"add"}

    made = loadstone("deploy", "--yes", *REQUIRED)
    assert "CREATE_COMPLETE" in made.err
    assert "QueueUrl" in made.out

    changed = loadstone("deploy", "--yes", "--json", "-p", "LogRetentionDays=90").document
    assert changed["deployed"]
    bucket = changed["outputs"]["Bucket"]

    wrong = loadstone("destroy", "--confirm", "another", code=2)
    assert "nothing was deleted" in wrong.err
    gone = loadstone("destroy", "--confirm", "loadstone-pipeline", "--json").document
    becomes = {one["name"]: one["becomes"] for one in gone["resources"]}
    assert becomes.pop("Bucket") == becomes.pop("BucketPolicy") == "kept"
    assert set(becomes.values()) == {"deleted"}
    assert bucket in {one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]}
    assert "no such stack" in loadstone("destroy", "--confirm", "loadstone-pipeline", code=1).err


def test_what_is_deleted_with_the_data_is_said_loudly(loadstone: CommandLine) -> None:
    loadstone("deploy", "--yes", *REQUIRED)
    told = loadstone("destroy", "--delete-data", "--confirm", "loadstone-pipeline")
    assert "DATA WOULD BE DELETED" in told.out
    assert "KEPT" not in told.out
