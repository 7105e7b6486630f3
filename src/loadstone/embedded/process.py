"""What the operating system knows of a server that may have been started by another command."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PidFile", "is_alive", "is_server", "read_pid_file", "send", "servers_in", "wait_until_empty"]

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


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    return _state(pid) not in {"", "Z", "X"}


def is_server(pid: int, data_folder: Path) -> bool:
    """Whether the process is a living PostgreSQL server in this data folder.

    A pid alone proves nothing: after a crash or a reboot another program may carry it.
    """
    return is_alive(pid) and pid in servers_in(data_folder)


def servers_in(data_folder: Path) -> list[int]:
    """The living PostgreSQL processes, the server and its children, that work in this data folder."""
    if not _HAS_PROC:
        return _servers_by_ps(data_folder)
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The server and every child of it changes to the data folder before it does anything else.
            is_postgres = (entry / "comm").read_text(encoding="utf-8").strip() == "postgres"
            if is_postgres and (entry / "cwd").samefile(data_folder):
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, a zombie, or another user's
    return found


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


def _servers_by_ps(data_folder: Path) -> list[int]:
    listed = [
        line.split(None, 3) for line in _ps("-A", "-ww", "-o", "pid=,ppid=,stat=,command=").splitlines()
    ]
    rows = [(int(r[0]), int(r[1]), r[3]) for r in listed if len(r) == len(("pid", "ppid", "stat", "command"))]
    servers = {pid for pid, _, command in rows if "postgres" in command and f"-D {data_folder} " in command}
    return [pid for pid, parent, _ in rows if pid in servers or parent in servers]


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout
