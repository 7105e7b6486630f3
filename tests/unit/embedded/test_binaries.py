from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.embedded import Binaries, binaries, find_binaries
from loadstone.errors import ConfigurationError, MissingExtra


def installation(folder: Path, version: str, *programs: str) -> Path:
    """A folder of programs that say this version."""
    folder.mkdir(parents=True)
    for name in programs or ("postgres", "initdb"):
        (folder / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version}"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any PostgreSQL; returns where the system's would be."""
    monkeypatch.delenv("LOADSTONE_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(binaries, "_DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(binaries, "_WHEEL", "no_such_wheel")
    return tmp_path / "debian"


@pytest.mark.usefixtures("bare_machine")
def test_without_any_postgresql_the_error_names_the_extra() -> None:
    with pytest.raises(MissingExtra) as failure:
        find_binaries()
    assert failure.value.hint == "pip install 'loadstone[embedded]'"


def test_the_systems_newest_version_is_taken_by_number_not_by_spelling(bare_machine: Path) -> None:
    for version in ("9", "14", "17"):
        installation(bare_machine / version / "bin", f"{version}.1")
    found = find_binaries()
    assert (found.version, found.major, found.origin) == ("17.1", 17, "the system")
    assert found.folder == bare_machine / "17" / "bin"


def test_a_data_folders_major_version_decides_where_it_exists(bare_machine: Path) -> None:
    for version in ("14", "17"):
        installation(bare_machine / version / "bin", f"{version}.1")
    assert find_binaries(major=14).version == "14.1"
    with pytest.raises(ConfigurationError, match=r"made by PostgreSQL 12, and only 17\.1 .*, 14\.1"):
        find_binaries(major=12)


def test_programs_on_path_are_the_last_resort(bare_machine: Path, tmp_path: Path) -> None:
    installation(tmp_path / "path", "16.4")
    assert find_binaries().origin == "PATH"
    installation(bare_machine / "15" / "bin", "15.2")
    assert find_binaries().origin == "the system"


def test_the_named_folder_comes_before_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    installation(bare_machine / "18" / "bin", "18.1")
    monkeypatch.setenv("LOADSTONE_PG_BIN", str(installation(tmp_path / "mine", "16.9")))
    assert find_binaries().version == "16.9"


@pytest.mark.parametrize("programs", [(), ("postgres",)], ids=["empty", "without initdb"])
def test_a_named_folder_without_postgresql_is_an_error_even_where_there_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_machine: Path, programs: tuple[str, ...]
) -> None:
    installation(bare_machine / "18" / "bin", "18.1")
    named = installation(tmp_path / "named", "1.1", *programs) if programs else tmp_path / "nowhere"
    monkeypatch.setenv("LOADSTONE_PG_BIN", str(named))
    with pytest.raises(ConfigurationError, match="no PostgreSQL programs") as failure:
        find_binaries()
    assert failure.value.where == f"LOADSTONE_PG_BIN={named}"


def test_programs_for_another_machine_are_passed_over(bare_machine: Path) -> None:
    broken = installation(bare_machine / "18" / "bin", "18.1")
    (broken / "postgres").write_bytes(b"\x7fELF of another architecture")
    installation(bare_machine / "15" / "bin", "15.1")
    assert find_binaries().version == "15.1"


@pytest.mark.usefixtures("bare_machine")
def test_psql_is_taken_from_beside_the_server_else_from_path(tmp_path: Path) -> None:
    folder = installation(tmp_path / "server", "18.1")
    found = Binaries(folder, "18.1", "here")
    assert found.psql is None
    on_path = installation(tmp_path / "path", "18.1", "psql")
    assert found.psql == on_path / "psql"
    (folder / "psql").touch()
    assert found.psql == folder / "psql"
