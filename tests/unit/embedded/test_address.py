from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from loadstone.embedded.account import Account
from loadstone.embedded.address import (
    make_socket_folder,
    new_password,
    remove_socket_folder,
    socket_folder,
    socket_url,
    tcp_url,
)
from loadstone.errors import ConfigurationError

DEEP = Path("/srv") / "a-folder-deep-down" / ("x" * 100)


def test_the_url_survives_spaces_and_signs_in_the_folders_name() -> None:
    folder = Path("/srv/my data & 100%/pg")
    parsed = conninfo_to_dict(socket_url(folder, 5432))
    assert parsed == {"user": "postgres", "dbname": "postgres", "host": str(folder), "port": "5432"}


def test_a_path_too_long_for_a_socket_gets_a_short_folder_that_only_the_owner_enters() -> None:
    short = make_socket_folder(DEEP, Account())
    try:
        assert short == socket_folder(DEEP) != DEEP
        assert len(str(short / ".s.PGSQL.65535")) < 104
        assert short.stat().st_mode & 0o777 == 0o700
        assert make_socket_folder(DEEP, Account()) == short
    finally:
        remove_socket_folder(DEEP)
    assert not short.exists()


def test_a_socket_folder_that_others_may_enter_is_refused() -> None:
    short = socket_folder(DEEP)
    short.mkdir(mode=0o700)
    try:
        short.chmod(0o777)
        with pytest.raises(ConfigurationError, match="not made by this program") as failure:
            make_socket_folder(DEEP, Account())
        assert str(short) in str(failure.value.hint)
    finally:
        short.rmdir()


def test_the_password_is_kept_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    assert tcp_url(tmp_path, 5432) is None
    password = new_password(tmp_path)
    assert len(password) > 20
    assert new_password(tmp_path) == password
    assert password in str(tcp_url(tmp_path, 5432))
    assert (tmp_path / "loadstone.password").stat().st_mode & 0o777 == 0o600
