"""Where clients find a server: its socket, its port, its password, its URL."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import stat
from pathlib import Path
from urllib.parse import quote

from loadstone.embedded.account import Account
from loadstone.errors import ConfigurationError

__all__ = [
    "free_port",
    "make_socket_folder",
    "new_password",
    "remove_socket_folder",
    "socket_folder",
    "socket_url",
    "tcp_url",
]

_SOCKET_PATH_LIMIT = 100  # the kernel's is 107 bytes on Linux, 103 on macOS


def socket_folder(data_folder: Path) -> Path:
    """The data folder itself, which nobody else may enter; a short one of its own where that is too long."""
    if len(os.fsencode(data_folder / ".s.PGSQL.65535")) <= _SOCKET_PATH_LIMIT:
        return data_folder
    name = hashlib.sha256(f"{os.geteuid()}:{data_folder}".encode()).hexdigest()[:16]
    return Path("/tmp") / f"loadstone-{name}"  # noqa: S108 - checked by make_socket_folder


def make_socket_folder(data_folder: Path, account: Account) -> Path:
    """Makes it, open to the account alone.

    Raises:
        ConfigurationError: somebody else has a folder of that name.
    """
    folder = socket_folder(data_folder)
    if folder == data_folder:
        return folder
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        found = folder.lstat()
        owner = account.user[0] if account.user else os.geteuid()
        # In /tmp anybody may have been first; a folder of theirs would let them stand in for our server.
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid != owner
            or stat.S_IMODE(found.st_mode) != stat.S_IRWXU
        ):
            raise ConfigurationError(
                "in the way of the server's socket, and not made by this program",
                where=str(folder),
                hint=f"remove {folder}, or choose a shorter data folder",
            ) from None
    return folder


def remove_socket_folder(data_folder: Path) -> None:
    """Removes it where it is one of its own."""
    folder = socket_folder(data_folder)
    if folder != data_folder:
        shutil.rmtree(folder, ignore_errors=True)


def socket_url(data_folder: Path, port: int) -> str:
    """The URL by the socket: no password, since the folder's mode decides who may come."""
    return f"postgresql://postgres@/postgres?host={quote(str(socket_folder(data_folder)))}&port={port}"


def tcp_url(data_folder: Path, port: int) -> str | None:
    """The URL by TCP; None where no password was ever set."""
    try:
        password = _password_file(data_folder).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def new_password(data_folder: Path) -> str:
    """The server's password, made up and kept in the data folder when first asked for."""
    file = _password_file(data_folder)
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(secrets.token_urlsafe(18))
    return file.read_text(encoding="ascii")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _password_file(data_folder: Path) -> Path:
    return data_folder / "loadstone.password"
