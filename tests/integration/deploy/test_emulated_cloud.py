"""The whole of it by the command line: the unmodified pipeline template on an emulator of AWS."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import boto3
import pytest

from fixtures.commandline import CommandLine

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/loadstone@sha256:" + "0" * 64
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-abc123"
REQUIRED = ("--image", IMAGE, "-p", f"DatabaseSecretArn={SECRET}")
SECONDS_TO_START = 60


def program() -> str | None:
    """MiniStack wants other versions than we do: it lives in an environment of its own."""
    return os.environ.get("LOADSTONE_MINISTACK") or shutil.which("ministack")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("ministack")
    variables = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program() or ""],
            cwd=folder,
            env={**os.environ, **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("MiniStack did not start")


@pytest.fixture
def loadstone(
    request: pytest.FixtureRequest, tmp_path: Path, leave_out: Callable[[str], NoReturn]
) -> CommandLine:
    if program() is None:
        leave_out(
            "the pipeline on an emulator: no ministack on PATH (pip install ministack, LOADSTONE_MINISTACK)"
        )
    url: str = request.getfixturevalue("endpoint")
    return CommandLine(
        tmp_path,
        {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        },
    )


def test_a_pipeline_is_deployed_changed_and_destroyed_and_its_bucket_stays(loadstone: CommandLine) -> None:
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
    s3 = boto3.client(
        "s3",
        endpoint_url=loadstone.variables["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    assert bucket in {one["Name"] for one in s3.list_buckets()["Buckets"]}
    assert "no such stack" in loadstone("destroy", "--confirm", "loadstone-pipeline", code=1).err


def test_what_is_deleted_with_the_data_is_said_loudly(loadstone: CommandLine) -> None:
    loadstone("deploy", "--yes", *REQUIRED)
    told = loadstone("destroy", "--delete-data", "--confirm", "loadstone-pipeline")
    assert "DATA WOULD BE DELETED" in told.out
    assert "KEPT" not in told.out
