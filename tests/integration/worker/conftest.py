"""A bucket, its queue, a database, and workers that read from one and write to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.bucket import Bucket, BucketServer
from fixtures.commandline import CommandLine
from fixtures.queues import EventQueue, queue_for
from fixtures.workers import Harbour

PIPELINE = """
name: harbour
source: {source}
limits: {{attempts: 3, wait_for_slot: 60}}
datasets:
  orders:
    files: ["**/*.csv", "*.csv"]
    table: public.orders
    on_delete: remove_rows
    columns:
      id: {{type: integer, required: true}}
      v: {{type: text}}
"""


@pytest.fixture
def queue(s3: Bucket, bucket_server: BucketServer) -> Iterator[EventQueue]:
    with queue_for(s3, environment=bucket_server.environment) as made:
        yield made


@pytest.fixture
def harbour(tmp_path: Path, database_url: str, queue: EventQueue, bucket_server: BucketServer) -> Harbour:
    """Files land in a bucket, their events in a queue."""
    (tmp_path / "pipeline.yaml").write_text(PIPELINE.format(source=queue.bucket.uri()), encoding="utf-8")
    variables = {
        **bucket_server.environment,
        "LOADSTONE_DATABASE_URL": database_url,
        "LOADSTONE_QUEUE_URL": queue.url,
    }
    return Harbour(CommandLine(tmp_path, variables), database_url, queue)


@pytest.fixture
def quay(tmp_path: Path, database_url: str) -> Harbour:
    """Files land in a folder, which is watched."""
    landing = tmp_path / "landing"
    landing.mkdir()
    (tmp_path / "pipeline.yaml").write_text(PIPELINE.format(source=landing), encoding="utf-8")
    return Harbour(CommandLine(tmp_path, {"LOADSTONE_DATABASE_URL": database_url}), database_url, None)
