"""The emulated AWS keeps to AWS's rules where loadstone relies on them, and to itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.bucket import Bucket
from fixtures.lambda_runtime import LambdaRuntime
from fixtures.queues import EventQueue, queue_for
from fixtures.workers import eventually
from loadstone.embedded.process import is_alive
from loadstone.emulated.cloud import EmulatedCloud, aws_environment
from loadstone.emulated.event_source import EventSourceMapping

HANDLER = """
import os, time

def handler(event, context):
    with open("calls", "a") as calls:
        print(*[record["body"] for record in event["Records"]], file=calls)
    bodies = {record["messageId"]: record["body"] for record in event["Records"]}
    if "die" in bodies.values() and not os.path.exists("died"):
        open("died", "w").close()
        os._exit(3)
    if "wait" in bodies.values():
        time.sleep(600)
    if "raise" in bodies.values():
        raise ValueError("no good")
    return {"batchItemFailures": [{"itemIdentifier": name} for name, body in bodies.items() if body == "bad"]}
"""


@pytest.fixture
def queue(s3: Bucket) -> Iterator[EventQueue]:
    with queue_for(s3, visibility=1, most_receipts=3, environment=dict(os.environ)) as made:
        yield made


@contextmanager
def mapping(
    queue: EventQueue, folder: Path, handler: str = "function.handler"
) -> Iterator[EventSourceMapping]:
    (folder / "function.py").write_text(HANDLER)
    runtime = LambdaRuntime({"PYTHONPATH": str(folder)}, handler, folder=str(folder))
    with EventSourceMapping(
        runtime, queue.client, queue_url=queue.url, queue_arn=queue.arn, seconds=20
    ) as running:
        yield running


def calls(folder: Path) -> list[str]:
    path = folder / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_only_what_the_answer_names_comes_again_and_in_the_end_is_a_dead_letter(
    queue: EventQueue, tmp_path: Path
) -> None:
    for body in ("good", "bad", "fine"):
        queue.send(body)
    with mapping(queue, tmp_path) as running:
        eventually(lambda: queue.counts(queue.dead_url) != (0, 0), "a dead letter")
        assert running.failure is None
    assert sorted(" ".join(calls(tmp_path)).split()) == ["bad", "bad", "bad", "fine", "good"]
    assert [letter["body"] for letter in queue.dead_letters()] == ["bad"]
    assert queue.counts() == (0, 0)


def test_a_function_that_ends_or_raises_loses_no_message(queue: EventQueue, tmp_path: Path) -> None:
    queue.send("die")
    with mapping(queue, tmp_path) as running:
        eventually(lambda: calls(tmp_path) == ["die", "die"], "a second try in a new process")
        eventually(lambda: queue.counts() == (0, 0), "its end")
        queue.send("raise")
        eventually(lambda: running.failure == "ValueError: no good", "the reason")
        eventually(lambda: queue.counts(queue.dead_url) != (0, 0), "a dead letter")
    assert calls(tmp_path) == ["die", "die", "raise", "raise", "raise"]


def test_a_handler_that_cannot_be_imported_is_named(queue: EventQueue, tmp_path: Path) -> None:
    queue.send("good")
    with mapping(queue, tmp_path, "function.nothing") as running:
        eventually(lambda: "nothing" in (running.failure or ""), "the reason")
    assert calls(tmp_path) == []


def test_a_function_ends_with_the_process_that_started_it_even_by_kill_9(tmp_path: Path) -> None:
    (tmp_path / "function.py").write_text(HANDLER)
    starter = """
import os, sys, time
from loadstone.emulated.runtime import LambdaRuntime
with LambdaRuntime(dict(os.environ), "function.handler", output=sys.stderr.buffer) as runtime:
    runtime.begin({"Records": [{"messageId": "1", "body": "wait"}]})
    print(runtime.process.pid, flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", starter],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    function = int(process.stdout.readline())
    eventually(lambda: calls(tmp_path) == ["wait"], "the function at work")
    assert is_alive(function)
    process.kill()
    process.communicate()
    eventually(lambda: not is_alive(function), "the end of the function")


def test_nothing_of_the_users_settings_reaches_the_emulated_cloud_and_they_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.com")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "internal")
    before = dict(os.environ)
    with EmulatedCloud() as cloud:
        settings = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        assert settings == {
            name: value
            for name, value in aws_environment({}, cloud.endpoint_url).items()
            if name.startswith("AWS_")
        }
        assert "AWS_PROFILE" not in settings
        assert os.environ["no_proxy"] == "internal,127.0.0.1"
        cloud.client("s3").create_bucket(Bucket="mine")
    assert dict(os.environ) == before
    with EmulatedCloud() as another:
        assert another.client("s3").list_buckets()["Buckets"] == []
