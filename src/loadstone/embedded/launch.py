"""Starting the server process, and waiting until it answers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from loadstone.embedded import data_folder
from loadstone.embedded.account import Account, current_account
from loadstone.embedded.address import free_port, make_socket_folder, new_password, socket_url, tcp_url
from loadstone.embedded.binaries import Binaries, find_binaries
from loadstone.embedded.process import is_alive, read_pid_file, server_name
from loadstone.errors import DatabaseUnavailable

__all__ = ["Launched", "Options", "launch", "wait_until_ready"]

_START_SECONDS = 120.0
_PORT = 5432
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}

# Either way the server is a grandchild, so that no program has a child that it does not expect.
_SHARED = '"$@" </dev/null >&2 & echo $!'
# A private one has a guard, whose standard input is a pipe that we hold: when we end, however we end, it
# reads the end of the pipe and stops the server. (PR_SET_PDEATHSIG would fire when the *thread* that started
# it ends, and is unknown outside Linux.)
_PRIVATE = (
    '"$@" </dev/null >&2 & server=$!; echo $server; read -r _; kill -INT $server 2>/dev/null; wait $server'
)


@dataclass(frozen=True, slots=True)
class Options:
    """What a server is started with; see `EmbeddedServer.start`."""

    private: bool = False
    durable: bool = True
    tcp: bool = False
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Launched:
    """A server that answers.

    Attributes:
        binaries: where it was found, not where a copy of it may run.
        guard: of a private server: the process that stops it when we end.
    """

    binaries: Binaries
    url: str
    pid: int
    version: str
    guard: subprocess.Popen[bytes] | None


def launch(folder: Path, options: Options, *, port: int | None = None) -> Launched:
    """Starts a server, making its data folder where there is none; the caller holds the folder's lock.

    Raises:
        DatabaseUnavailable: it did not come up.
    """
    account = current_account(folder)
    major = data_folder.major_of(folder)
    binaries = find_binaries(major=major)
    runnable = account.runnable(binaries)
    if major is None:
        data_folder.create(folder, runnable, account)
    data_folder.clear_stale_files(folder)
    port = port or (free_port() if options.tcp else _PORT)
    settings = {
        "port": str(port),
        "listen_addresses": "127.0.0.1" if options.tcp else "",
        **({} if options.durable else _NOT_DURABLE),
        **options.settings,
        "cluster_name": server_name(folder),
    }
    pid, guard = _spawn(folder, runnable, account, settings, private=options.private)
    url = socket_url(folder, port)
    version = wait_until_ready(folder, pid, url)
    if options.tcp:
        _set_password(url, new_password(folder))
        url = tcp_url(folder, port) or url
    return Launched(binaries, url, pid, version, guard)


def wait_until_ready(folder: Path, pid: int, url: str) -> str:
    """Connects until it succeeds; returns the server's version.

    Raises:
        DatabaseUnavailable: the server ended, or does not answer in time.
    """
    log = data_folder.beside(folder, ".log")
    limit = time.monotonic() + _START_SECONDS
    while True:
        answer = _ask_version(url)
        noted = read_pid_file(folder)
        # What answers may be another server in the same folder, while ours is about to give up.
        if answer.version and noted and noted.pid == pid:
            return answer.version
        ended = not is_alive(pid)
        if ended or time.monotonic() > limit:
            reason = _last_complaint(log) if ended else f"it does not answer: {answer.refusal}"
            raise DatabaseUnavailable(
                f"the embedded PostgreSQL did not start: {reason}", where=str(folder), hint=f"see {log}"
            )
        time.sleep(0.02)


class _Answer(NamedTuple):
    version: str | None
    refusal: str


def _ask_version(url: str) -> _Answer:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            return _Answer((connection.info.parameter_status("server_version") or "").split()[0], "")
    except psycopg.OperationalError as error:
        return _Answer(None, str(error))


def _spawn(
    folder: Path, binaries: Binaries, account: Account, settings: dict[str, str], *, private: bool
) -> tuple[int, subprocess.Popen[bytes] | None]:
    """Starts the server process; returns its pid and, where it is private, the guard."""
    sockets = make_socket_folder(folder, account)
    with account.reach(folder) as reach, data_folder.beside(folder, ".log").open("ab") as log:
        command: Sequence[str] = [
            str(binaries.postgres), "-D", reach.path, "-k", reach.path if sockets == folder else str(sockets),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ]  # fmt: skip
        guard = subprocess.Popen(
            ["/bin/sh", "-c", _PRIVATE if private else _SHARED, "sh", *command],
            stdin=subprocess.PIPE if private else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=data_folder.server_environment(),
            cwd="/",
            start_new_session=True,
            **reach.options,
        )
        assert guard.stdout is not None  # noqa: S101 - a pipe, as asked for
        with guard.stdout as answer:
            pid = int(answer.readline())
    if private:
        return pid, guard
    guard.wait()
    return pid, None


def _last_complaint(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-50:]
    serious = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return (serious or lines or ["it said nothing"])[-1]


def _set_password(url: str, password: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(password)))
