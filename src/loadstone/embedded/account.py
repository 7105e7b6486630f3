"""As whom the server runs, and how it reaches its files.

PostgreSQL refuses to run as root. For anyone else it simply runs as them. For root it runs as `nobody`, who
then owns the data folder and nothing around it: no parent folder is ever opened to others. Two things may
then be out of reach:

- the data folder, under a parent such as /root with mode 0700: the server gets it as an open file descriptor,
  so that no parent has to be searched;
- the programs, in a virtual environment under such a parent: they are copied once to /var/cache/loadstone.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadstone.embedded.binaries import Binaries
from loadstone.errors import ConfigurationError

__all__ = ["Account", "Reach", "current_account"]

_CACHE = Path("/var/cache/loadstone")


@dataclass(frozen=True, slots=True)
class Reach:
    """A data folder as the server's process can name it.

    Attributes:
        path: to be used in the server's arguments.
        options: for `subprocess`: the user, the descriptors to pass on.
    """

    path: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server runs as.

    Attributes:
        user: its id and group where the server has to change to it; None to run as we are.
    """

    user: tuple[int, int] | None = None

    def own(self, folder: Path) -> None:
        """Hands a folder of ours to the account, and shuts it to everybody else."""
        folder.chmod(0o700)
        if self.user:
            os.chown(folder, *self.user)

    @contextmanager
    def reach(self, data_folder: Path) -> Iterator[Reach]:
        """The data folder for a process that is started within this context."""
        options = self._as_user()
        if not self.user or not Path("/proc/self/fd").is_dir():
            yield Reach(str(data_folder), options)
            return
        descriptor = os.open(data_folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield Reach(f"/proc/self/fd/{descriptor}", {**options, "pass_fds": (descriptor,)})
        finally:
            os.close(descriptor)

    def runnable(self, binaries: Binaries) -> Binaries:
        """The same programs where the account can run them.

        Raises:
            ConfigurationError: it cannot, and they could not be copied.
        """
        if not self.user or self._runs(binaries.folder):
            return binaries
        try:
            copied = _copy(binaries)
        except OSError as error:
            raise ConfigurationError(
                f"not to be run by an ordinary user, and copying the programs failed: {error}",
                where=str(binaries.folder),
                hint="run as another user than root, or put the programs where every user may read them",
            ) from error
        if not self._runs(copied.folder):
            raise ConfigurationError(
                "PostgreSQL's programs cannot be run by an ordinary user",
                where=str(copied.folder),
                hint="run as another user than root",
            )
        return copied

    def _runs(self, folder: Path) -> bool:
        # Trying it is the one test that knows of modes, access lists and mount options alike.
        command = [str(folder / "initdb"), "--version"]
        try:
            done = subprocess.run(
                command, cwd="/", check=False, capture_output=True, timeout=30, **self._as_user()
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0

    def _as_user(self) -> dict[str, Any]:
        if not self.user:
            return {}
        user, group = self.user
        return {"user": user, "group": group, "extra_groups": []}


def current_account(data_folder: Path) -> Account:
    """Who we are; where we are root, the owner of the data folder, or `nobody` where it is still to be made.

    Raises:
        ConfigurationError: we have no name, or are root on a system without a user `nobody`.
    """
    if os.geteuid() != 0:
        if not _has_name(os.geteuid()):
            raise ConfigurationError(
                f"PostgreSQL asks for the name of its user, and user {os.geteuid()} has none in /etc/passwd",
                hint="in a container, run as a user that the image knows, or give a database with --to",
            )
        return Account()
    if (data_folder / "PG_VERSION").exists():
        owner = data_folder.stat()
        if owner.st_uid != 0 and _has_name(owner.st_uid):
            return Account((owner.st_uid, owner.st_gid))
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise ConfigurationError(
            "PostgreSQL does not run as root, and this system has no user nobody",
            hint="run as another user, or give a database with --to",
        ) from error
    return Account((entry.pw_uid, entry.pw_gid))


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _copy(binaries: Binaries) -> Binaries:
    """Copies an installation (`bin`, `lib`, `share`, and a wheel's libraries beside the package)."""
    installation = binaries.folder.parent
    if not (installation / "share").is_dir() or not (installation / "lib").is_dir():
        raise FileNotFoundError(f"{installation} is no installation of PostgreSQL alone")
    package = installation.parent
    stamp = f"{installation}:{binaries.postgres.stat().st_mtime_ns}:{binaries.version}"
    target = _CACHE / f"postgresql-{binaries.version}-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    if not target.exists():
        _CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=_CACHE))
        try:
            shutil.copytree(installation, beside / package.name / installation.name, symlinks=True)
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, beside / libraries.name, symlinks=True)
            _let_everyone_read(beside)
            beside.rename(target)
        except OSError:
            if not target.exists():  # else another process was faster, with the same files
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return Binaries(target / package.name / installation.name / "bin", binaries.version, binaries.origin)


def _let_everyone_read(folder: Path) -> None:
    """Read for all, and search or execute where the owner may: what `chmod -R a+rX` does."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
