from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from loadstone.embedded import process
from loadstone.embedded.process import (
    PidFile,
    is_alive,
    is_server,
    read_pid_file,
    send,
    server_name,
    servers_in,
)

WHOLE = "4711\n/data\n1700000000\n5433\n/data\n127.0.0.1\n  1 2\nready\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WHOLE, PidFile(4711, 5433, listens=True)),
        (WHOLE.replace("127.0.0.1", ""), PidFile(4711, 5433, listens=False)),
        ("4711\n/data\n17000", None),
        ("", None),
        ("nonsense\n" * 8, None),
    ],
    ids=["by TCP, too", "by socket alone", "half written", "empty", "not a pid file"],
)
def test_a_pid_file_says_where_the_server_is_or_nothing(
    tmp_path: Path, text: str, expected: PidFile | None
) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    assert read_pid_file(tmp_path) == expected


def test_no_pid_file_means_no_server(tmp_path: Path) -> None:
    assert read_pid_file(tmp_path) is None
    assert read_pid_file(tmp_path / "absent") is None


@pytest.mark.parametrize("has_proc", [True, False], ids=["by /proc", "by ps"])
def test_a_zombie_is_not_alive(monkeypatch: pytest.MonkeyPatch, *, has_proc: bool) -> None:
    monkeypatch.setattr(process, "_HAS_PROC", has_proc and Path("/proc/self/stat").exists())
    child = subprocess.Popen(["sleep", "60"])
    try:
        assert is_alive(child.pid)
        send(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet reaped
        assert not is_alive(child.pid)
    finally:
        child.wait()
    assert not is_alive(child.pid)
    send(child.pid, signal.SIGTERM)  # harmless


@pytest.mark.parametrize("has_proc", [True, False], ids=["by /proc", "by ps"])
def test_another_program_that_names_the_server_is_not_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_proc: bool
) -> None:
    monkeypatch.setattr(process, "_HAS_PROC", has_proc and Path("/proc/self/stat").exists())
    child = subprocess.Popen(["sh", "-c", "sleep 60; :", server_name(tmp_path)], cwd=tmp_path)
    try:
        assert servers_in(tmp_path) == []
        assert not is_server(child.pid, tmp_path)
    finally:
        child.kill()
        child.wait()
