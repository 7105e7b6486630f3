"""What the operating system knows of a server that may have been started by another command."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "PidFile",
    "is_alive",
    "is_postgres",
    "is_server",
    "read_pid_file",
    "send",
    "server_name",
    "servers_in",
    "wait_until_empty",
]

_PROC = Path("/proc")
_HAS_PROC = Path("/proc/self/stat").exists()


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` says of the server that wrote it.

    Attributes:
        pid: its process.
        port: names the socket, and is the TCP port where it listens on one.
        listens: whether on TCP, too.
    """

    pid: int
    port: int
    listens: bool


def read_pid_file(data_folder: Path) -> PidFile | None:
    """The pid file; None where there is none, or the server has not yet written all of it."""
    try:
        lines = (data_folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return PidFile(int(lines[0]), int(lines[3]), listens=bool(lines[5].strip()))
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None


def server_name(data_folder: Path) -> str:
    """What a server in this folder is called (its `cluster_name`), so that it can be told from any other."""
    return "loadstone-" + hashlib.sha256(os.fsencode(data_folder.resolve())).hexdigest()[:16]


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    return _state(pid) not in {"", "Z", "X"}


def is_postgres(pid: int) -> bool:
    """Whether the process is a living PostgreSQL server, or a child of one, of whatever data folder."""
    return is_alive(pid) and _program(pid) == "postgres"


def is_server(pid: int, data_folder: Path) -> bool:
    """Whether the process is a living PostgreSQL server in this data folder.

    A pid alone proves nothing: after a crash or a reboot another program may carry it.
    """
    return is_alive(pid) and pid in servers_in(data_folder)


def servers_in(data_folder: Path) -> list[int]:
    """The living PostgreSQL processes, the server and its children, that work in this data folder.

    All of them carry the server's name in their command line. (Their working directory would tell, too,
    but in a container not even root may see that of another user's process.)
    """
    name = server_name(data_folder)
    return [pid for pid, command in _commands() if name in command and is_postgres(pid)]


def send(pid: int, number: signal.Signals) -> None:
    """Sends a signal; a process that is already gone is no error."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until_empty(data_folder: Path, timeout: float) -> bool:
    """Waits until no PostgreSQL process works in the folder; False when `timeout` seconds were not enough."""
    limit = time.monotonic() + timeout
    while servers_in(data_folder):
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


def _state(pid: int) -> str:
    """One letter as `ps` shows it; empty where there is no such process."""
    if not _HAS_PROC:
        return _ps("-o", "stat=", "-p", str(pid)).strip()[:1]
    try:
        # The command stands in parentheses and may itself hold any character; the state follows it.
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _program(pid: int) -> str:
    if not _HAS_PROC:
        return _ps("-o", "ucomm=", "-p", str(pid)).strip()
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _commands() -> Iterator[tuple[int, str]]:
    """The command lines of all processes that we may see."""
    if not _HAS_PROC:
        for line in _ps("-A", "-ww", "-o", "pid=,command=").splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # ended meanwhile
                yield int(entry.name), (entry / "cmdline").read_text(encoding="utf-8", errors="replace")


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout
