"""A server's data folder: made whole or not at all, by one at a time, cleared of what a crash left."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadstone.embedded.account import Account
from loadstone.embedded.binaries import Binaries
from loadstone.embedded.process import is_postgres, read_pid_file, servers_in, wait_until_empty
from loadstone.errors import ConfigurationError, DatabaseUnavailable

__all__ = ["beside", "clear_stale_files", "create", "lock", "major_of", "server_environment"]

_CHILDREN_SECONDS = 10.0


def beside(folder: Path, suffix: str) -> Path:
    """A file next to the data folder, such as its log."""
    return folder.with_name(folder.name + suffix)


def server_environment() -> dict[str, str]:
    """What PostgreSQL's programs see: nothing of ours, as PGDATA, PGPORT and a locale change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """One process at a time starts a server in this folder.

    Raises:
        ConfigurationError: we may not write there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = beside(folder, ".lock").open("w")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written: {error.strerror}",
            where=str(folder.parent),
            hint="name a data folder in a place that you may write to",
        ) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def major_of(folder: Path) -> int | None:
    """The major version that made the data folder; None where there is no data folder yet.

    Raises:
        ConfigurationError: the folder holds something else, or is not ours to read.
    """
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return None
        return int((folder / "PG_VERSION").read_text(encoding="ascii"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        what, hint = "not empty, and not a data folder of PostgreSQL", "name a folder that does not exist yet"
    except PermissionError:
        what, hint = (
            "the data folder belongs to another user",
            "run as that user, or name another folder",
        )
    raise ConfigurationError(what, where=str(folder), hint=hint)


def create(folder: Path, binaries: Binaries, account: Account) -> None:
    """Runs initdb beside the folder and renames the result, so that a half-made data folder is never seen.

    Raises:
        DatabaseUnavailable: initdb failed; its message is the reason.
    """
    unfinished = beside(folder, ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    try:
        with account.reach(unfinished) as reach:
            # trust for the socket, whose folder nobody else may enter; over TCP only who has the password.
            command = [
                str(binaries.initdb), "--pgdata", reach.path, "--username", "postgres", "--encoding", "UTF8",
                "--locale", "C.UTF-8", "--auth-local", "trust", "--auth-host", "scram-sha-256",
                "--no-sync", "--no-instructions",
            ]  # fmt: skip
            options = {**reach.options, "env": server_environment(), "cwd": "/"}
            made = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        if made.returncode:
            lines = made.stderr.strip().splitlines()
            serious = [line for line in lines if "error:" in line or "FATAL:" in line]
            reason = (serious or lines or [f"exit code {made.returncode}"])[0]
            raise DatabaseUnavailable(f"the data folder could not be made: {reason}", where=str(folder))
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def clear_stale_files(folder: Path) -> None:
    """Removes a dead server's pid file where PostgreSQL itself would be fooled by it.

    It asks only whether the process exists. A zombie does (where nobody reaps, as in many containers), and
    so does an unrelated process that carries the number today.

    Raises:
        DatabaseUnavailable: children of a dead server still run.
    """
    if not wait_until_empty(folder, _CHILDREN_SECONDS):
        raise DatabaseUnavailable(
            f"processes {', '.join(map(str, servers_in(folder)))} of a server that is gone still run",
            where=str(folder),
            hint="end them: they hold the data folder's memory",
        )
    noted = read_pid_file(folder)
    if noted is None or is_postgres(noted.pid):
        return  # nothing there, or a server that somebody started by hand: PostgreSQL knows what to say
    for name in ("postmaster.pid", ".s.PGSQL.*.lock"):
        for file in folder.glob(name):
            file.unlink(missing_ok=True)
