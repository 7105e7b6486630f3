"""What only folders have: links, permissions, pipes, times."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadstone.errors import ObjectChanged, ObjectMissing
from loadstone.sources.local import LocalSource


def keys(folder: Path, *patterns: str) -> list[str]:
    return [version.key for version in LocalSource(folder).list(patterns or ("**",))]


def test_times_are_kept_to_the_microsecond(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    os.utime(tmp_path / "a.csv", ns=(0, 1_700_000_000_123_456_789))
    version = LocalSource(tmp_path).head("a.csv")
    assert version.modified == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
    assert version.uri == str(tmp_path / "a.csv")
    assert version.identity == "file:1@2023-11-14T22:13:20.123456+00:00"


def test_links_to_files_are_followed_and_links_to_folders_only_where_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("x")
    (tmp_path / "link.csv").symlink_to("real/a.csv")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere.csv").symlink_to("gone")
    assert keys(tmp_path) == ["link.csv", "real/a.csv"]
    assert keys(tmp_path, "loop/real/*") == ["loop/real/a.csv"]
    with pytest.raises(ObjectMissing, match="leads nowhere"):
        LocalSource(tmp_path).head("nowhere.csv")


def test_a_file_that_grows_while_it_is_read_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 1000)
    source = LocalSource(tmp_path)
    with source.open(source.head("a.csv")) as stream:
        stream.read(1000)
        with path.open("ab") as more:
            more.write(b"y")
        with pytest.raises(ObjectChanged, match="while it was read") as caught:
            list(iter(lambda: stream.read(1000), b""))
    assert "1,000 bytes" in str(caught.value)
    assert "rename" in str(caught.value.hint)


def test_a_file_replaced_by_renaming_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"old")
    (tmp_path / "new").write_bytes(b"newer")
    source = LocalSource(tmp_path)
    with source.open(source.head("a.csv")) as stream:
        (tmp_path / "new").rename(tmp_path / "a.csv")
        assert stream.read(10) == b"old"
        assert stream.read(10) == b""


def test_a_pipe_in_the_files_place_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"old")
    source = LocalSource(tmp_path)
    version = source.head("a.csv")
    (tmp_path / "a.csv").unlink()
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(Exception, match="pipe"), source.open(version):
        pass


_AS_NOBODY = """
import os, sys
import loadstone.sources.local
from loadstone.errors import AccessDenied
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
source = loadstone.sources.local.LocalSource(sys.argv[1])
reads = lambda: source.open(source.head("secret.csv")).__enter__()
lists = lambda: list(source.list(["**"]))
for attempt in (reads, lists):
    try:
        attempt()
    except AccessDenied as error:
        print(error, "|", error.hint)
"""


def test_what_may_not_be_read_is_access_denied() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        secret, closed = Path(folder, "secret.csv"), Path(folder, "closed")
        secret.write_text("x")
        secret.chmod(0)
        closed.mkdir(mode=0)
        answer = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, folder], capture_output=True, text=True, check=True
        )
        closed.chmod(0o700)
    lines = answer.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{secret}: permission denied | let the user with id")
    assert lines[1].startswith(f"{closed}/: permission denied")


def test_thousands_of_files_are_listed_in_order(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:02}").mkdir()
        for other in range(50):
            (tmp_path / f"{number:02}" / f"{other:02}.csv").touch()
    found = keys(tmp_path, "**/*.csv")
    assert len(found) == 2_500
    assert found == sorted(found)
