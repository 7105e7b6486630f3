"""PostgreSQL refuses to run as root; with us it runs for root all the same, and opens no folder to others."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from loadstone.embedded import EmbeddedServer, account, find_binaries
from loadstone.errors import ConfigurationError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="what root gets; this run is an ordinary user's")

#: An ordinary user that every Unix has.
OTHER_USER = pwd.getpwnam("daemon").pw_uid


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that, like /root, only root may enter."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_data_under_a_closed_folder_works_and_the_folder_stays_closed(closed_folder: Path) -> None:
    data = closed_folder / "project" / "data"
    with EmbeddedServer.start(data, private=True, durable=False) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE many AS SELECT generate_series(1, 100000) AS a")
        server.restart()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) FROM many").fetchone() == (100_000,)
        assert Path(f"/proc/{server.pid}").stat().st_uid == data.stat().st_uid != 0
    assert closed_folder.stat().st_mode & 0o777 == 0o700
    assert data.stat().st_mode & 0o777 == 0o700


def test_programs_under_a_closed_folder_are_copied_once(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = find_binaries().folder
    if original.is_relative_to("/usr"):
        pytest.skip("the system's programs are open to everybody")
    site_packages = original.parents[2]
    package = site_packages / original.parents[1].name
    copy = closed_folder / package.name / original.parent.name
    shutil.copytree(original.parent, copy, symlinks=True)
    if (libraries := package.with_name(package.name + ".libs")).is_dir():
        shutil.copytree(libraries, closed_folder / libraries.name, symlinks=True)
    monkeypatch.setenv("LOADSTONE_PG_BIN", str(copy / "bin"))
    cache = Path(tempfile.mkdtemp(dir="/tmp"))
    cache.chmod(0o755)
    monkeypatch.setattr(account, "_CACHE", cache / "loadstone")
    try:
        for _ in range(2):
            with EmbeddedServer.start(closed_folder / "data", durable=False) as server:
                with psycopg.connect(server.url) as connection:
                    assert connection.execute("SELECT 1").fetchone() == (1,)
                assert server.binaries.folder == copy / "bin"
                command = Path(f"/proc/{server.pid}/cmdline").read_text()
                assert command.startswith(str(cache / "loadstone"))
        assert len(list((cache / "loadstone").iterdir())) == 1
        assert closed_folder.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(cache)


def test_a_data_folder_that_an_ordinary_user_made_stays_theirs(closed_folder: Path) -> None:
    data = closed_folder / "data"
    EmbeddedServer.start(data, durable=False).stop()
    for path in (data, *data.rglob("*")):
        os.chown(path, OTHER_USER, OTHER_USER, follow_symlinks=False)
    with EmbeddedServer.start(data, durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == OTHER_USER
    assert {path.stat().st_uid for path in data.rglob("*")} == {OTHER_USER}


def test_programs_that_are_no_installation_of_their_own_are_not_copied(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = closed_folder / "bin"
    programs.mkdir()
    for name in ("postgres", "initdb"):
        (programs / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.4'\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("LOADSTONE_PG_BIN", str(programs))
    with pytest.raises(ConfigurationError, match="not to be run by an ordinary user") as failure:
        EmbeddedServer.start(closed_folder / "data")
    assert "another user than root" in str(failure.value.hint)


def test_a_user_without_a_name_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(ConfigurationError, match=r"user 54321 has none in /etc/passwd") as failure:
        EmbeddedServer.start(tmp_path / "data")
    assert "--to" in str(failure.value.hint)
