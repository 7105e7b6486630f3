"""What every test may ask for: a real PostgreSQL, a database and an S3 bucket of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from fixtures.bucket import Bucket, BucketServer
from fixtures.databases import create_database, drop_database
from fixtures.pooler import Pooler
from loadstone.embedded import EmbeddedServer, find_binaries

# Among the user properties of a test's report, which reach the terminal from other processes, too.
LEFT_OUT = "left out"

# A shared machine is slow now and then, or pauses; that is no property of the code under test.
hypothesis_settings.register_profile("loadstone", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("loadstone")


def pytest_report_header() -> str:
    binaries = find_binaries()
    return f"PostgreSQL {binaries.version} from {binaries.origin}: {binaries.folder}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    properties = [pair for report in skipped for pair in getattr(report, "user_properties", ())]
    for reason in sorted({reason for name, reason in properties if name == LEFT_OUT}):
        terminalreporter.write_line(f"LEFT OUT: {reason}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for servers' files that the user a server runs as may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="loadstone-tests-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_server(server_folder: Path) -> Iterator[EmbeddedServer]:
    """The one server of the session: never stop or crash it (see `server`)."""
    folder = server_folder / "shared"
    with EmbeddedServer.start(
        folder, private=True, durable=False, settings={"max_connections": "100"}
    ) as server:
        yield server


@pytest.fixture
def database_url(shared_server: EmbeddedServer) -> Iterator[str]:
    """A fresh, empty database."""
    url = create_database(shared_server.url)
    yield url
    drop_database(shared_server.url, url)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to `database_url`, for looking at what happened."""
    with psycopg.connect(database_url, autocommit=True) as open_connection:
        yield open_connection


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, to be stopped, restarted and crashed. Commits survive `crash()`."""
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=server_folder)) / "data"
    folder.parent.chmod(0o711)
    with EmbeddedServer.start(
        folder, private=True, durable=False, settings={"max_connections": "100"}
    ) as own:
        yield own


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[BucketServer]:
    with BucketServer() as running:
        yield running


@pytest.fixture
def s3(bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A fresh bucket; the environment points AWS clients to it."""
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    with bucket_server.bucket() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def pooler(shared_server: EmbeddedServer, server_folder: Path) -> Iterator[Pooler]:
    with Pooler(shared_server.data_folder, server_folder) as running:
        yield running


@pytest.fixture
def leave_out(request: pytest.FixtureRequest) -> Callable[[str], NoReturn]:
    """Skips the test, and says at the end of the run what was left out and why."""

    def skip(reason: str) -> NoReturn:
        request.node.user_properties.append((LEFT_OUT, reason))
        pytest.skip(reason)

    return skip


@pytest.fixture
def pgbouncer_url(
    request: pytest.FixtureRequest, database_url: str, leave_out: Callable[[str], NoReturn]
) -> str:
    """The same database as `database_url`, through pgbouncer in transaction mode."""
    if Pooler.program() is None:
        leave_out("tests through pgbouncer, which is not installed (apt-get install pgbouncer)")
    running: Pooler = request.getfixturevalue("pooler")
    return running.url(database_url)
