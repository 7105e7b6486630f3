"""Landing places for what is tested from file to table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fixtures.bucket import Bucket, BucketServer
from fixtures.deployed import Deployed
from fixtures.landing import Landing
from fixtures.secrets import Secrets
from fixtures.secure import SecureServer


@pytest.fixture
def folder_landing(tmp_path: Path, database_url: str) -> Landing:
    return Landing(tmp_path, database_url)


@pytest.fixture
def bucket_landing(s3: Bucket, database_url: str) -> Landing:
    """A bucket that keeps versions."""
    s3.keep_versions()
    return Landing(s3, database_url)


@pytest.fixture(params=["folder", "bucket"])
def landing(request: pytest.FixtureRequest) -> Landing:
    found = request.getfixturevalue(f"{request.param}_landing")
    assert isinstance(found, Landing)
    return found


@pytest.fixture(scope="session")
def secure_server(server_folder: Path) -> Iterator[SecureServer]:
    """A server that asks for passwords and shows a certificate."""
    with SecureServer.running(server_folder) as running:
        yield running


@pytest.fixture
def secrets(bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """AWS as moto plays it, in the environment; secrets go when the test ends."""
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PGSSLMODE", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)
    made = Secrets()
    yield made
    made.forget()


@pytest.fixture
def deployed(s3: Bucket, database_url: str, tmp_path: Path) -> Iterator[Deployed]:
    """The Lambda function and what it works with."""
    with ExitStack() as stack:
        yield Deployed(s3, database_url, tmp_path, stack)
