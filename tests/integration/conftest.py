"""Landing places for what is tested from file to table."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.bucket import Bucket
from fixtures.landing import Landing


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
