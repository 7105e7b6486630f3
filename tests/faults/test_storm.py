"""Whatever comes twice, late or out of order, and whoever dies: the tables equal the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.storm import Storm
from fixtures.bucket import Bucket, BucketServer
from fixtures.commandline import CommandLine
from fixtures.queues import EventQueue, queue_for
from loadstone.embedded import EmbeddedServer

pytestmark = pytest.mark.faults

_SHORT, _LONG = 100, 2_000


@pytest.fixture
def queue(s3: Bucket, bucket_server: BucketServer, is_all: bool) -> Iterator[EventQueue]:
    """What a killed worker had comes again soon."""
    with queue_for(
        s3,
        visibility=10 if is_all else 4,
        most_receipts=50,
        environment=bucket_server.environment,
    ) as made:
        yield made


@pytest.fixture
def is_all(rounds: int) -> bool:
    """Whether all of it is wanted."""
    return rounds > 10


def test_after_a_storm_the_tables_equal_the_bucket(
    queue: EventQueue,
    server: EmbeddedServer,
    bucket_server: BucketServer,
    tmp_path: Path,
    is_all: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    variables = {
        **bucket_server.environment,
        "LOADSTONE_DATABASE_URL": server.url,
        "LOADSTONE_QUEUE_URL": queue.url,
    }
    storm = Storm(
        CommandLine(tmp_path, variables),
        queue,
        server,
        objects=_LONG if is_all else _SHORT,
        workers=4 if is_all else 2,
        kill_every=120 if is_all else 90,
        pace=0.04 if is_all else 0.0,
    )
    report = storm.run()
    with capsys.disabled():
        print(f"\nstorm: {report}")  # noqa: T201 - what the storm is for, besides
    storm.verify()
