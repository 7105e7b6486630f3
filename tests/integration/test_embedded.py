"""The embedded PostgreSQL: one per folder, found again, gone when told."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from loadstone.embedded import EmbeddedServer, find_binaries
from loadstone.embedded.account import current_account
from loadstone.embedded.process import is_alive, servers_in
from loadstone.errors import ConfigurationError, DatabaseUnavailable

START = """
import sys
from loadstone.embedded import EmbeddedServer
server = EmbeddedServer.start(sys.argv[1], {})
print(server.pid, flush=True)
"""


def value(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def python(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder to be; whatever runs there is stopped afterwards."""
    data = tmp_path / "data"
    yield data
    if (data / "PG_VERSION").exists() and (left := EmbeddedServer.find(data)):
        left.stop()
    assert servers_in(data) == []


def test_eight_processes_that_start_it_at_once_get_one_server(folder: Path) -> None:
    starters = [subprocess.Popen(python(START.format(""), folder), stdout=subprocess.PIPE) for _ in range(8)]
    pids = {starter.communicate()[0] for starter in starters}
    assert len(pids) == 1
    assert {starter.returncode for starter in starters} == {0}
    found = EmbeddedServer.find(folder)
    assert found is not None
    assert found.pid == int(pids.pop())


def test_a_shared_server_outlives_the_command_and_is_found_with_its_rows(folder: Path) -> None:
    with psycopg.connect(EmbeddedServer.start(folder).url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS a")
    pid = int(subprocess.check_output(python(START.format(""), folder)))
    found = EmbeddedServer.find(folder)
    assert found is not None
    assert found.pid == pid
    assert found.running
    assert value(found, "SELECT a FROM kept") == 42
    found.stop()
    assert EmbeddedServer.find(folder) is None
    found.stop()  # harmless
    assert value(EmbeddedServer.start(folder), "SELECT a FROM kept") == 42


def test_psql_understands_the_url(folder: Path) -> None:
    server = EmbeddedServer.start(folder, durable=False)
    printed = subprocess.check_output([*server.psql_command(), "-XAtc", "SHOW server_encoding"], text=True)
    assert printed == "UTF8\n"
    assert server.version == find_binaries().version
    assert str(value(server, "SHOW server_version")).startswith(server.version)


def test_a_private_server_dies_with_its_killed_parent(folder: Path) -> None:
    program = START.format("private=True, durable=False") + "sys.stdin.read()"
    with subprocess.Popen(python(program, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        server = os.pidfd_open(pid)
        parent.send_signal(signal.SIGKILL)
    has_ended = select.select([server], [], [], 20)[0]
    os.close(server)
    assert has_ended, "the server outlived its parent"


def test_a_private_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        server = pool.submit(EmbeddedServer.start, folder, private=True, durable=False).result()
    assert threading.active_count() >= 1
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert not server.running


def test_a_private_server_where_one_already_runs_is_refused(folder: Path) -> None:
    running = EmbeddedServer.start(folder, durable=False)
    with pytest.raises(ConfigurationError, match=f"already runs there, as process {running.pid}"):
        EmbeddedServer.start(folder, private=True)
    assert value(running, "SELECT 1") == 1


def test_settings_reach_the_server_and_survive_a_restart(folder: Path) -> None:
    with EmbeddedServer.start(folder, private=True, settings={"max_connections": "23"}) as server:
        url, pid = server.url, server.pid
        assert (value(server, "SHOW max_connections"), value(server, "SHOW fsync")) == ("23", "on")
        server.restart()
        assert server.url == url
        assert server.pid != pid
        assert value(server, "SHOW max_connections") == "23"
    assert not server.running


def test_without_durability_flushes_are_off_and_commits_still_survive_a_crash(server: EmbeddedServer) -> None:
    assert value(server, "SHOW fsync") == "off"
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS a")
    server.crash()
    assert servers_in(server.data_folder) == []
    server.restart()
    assert value(server, "SELECT count(*) FROM kept") == 1000


def test_over_tcp_only_who_has_the_password_gets_in(folder: Path) -> None:
    server = EmbeddedServer.start(folder, tcp=True, durable=False)
    assert value(server, "SELECT inet_server_addr()::text") == "127.0.0.1/32"
    port = psycopg.conninfo.conninfo_to_dict(server.url)["port"]
    for password in ("", ":wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres{password}@127.0.0.1:{port}/postgres")
    found = EmbeddedServer.find(folder)
    assert found is not None
    assert found.url == server.url
    found.restart()
    assert found.url == server.url
    assert value(found, "SELECT 1") == 1


def test_a_data_folder_with_a_very_long_path_works(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30) / "data"
    with EmbeddedServer.start(deep, durable=False) as server:
        assert value(server, "SELECT 1") == 1
        found = EmbeddedServer.find(deep)
        assert found is not None
        assert found.url == server.url


@pytest.mark.parametrize("is_zombie", [True, False], ids=["a zombie", "another program"])
def test_the_pid_of_a_dead_server_may_belong_to(folder: Path, *, is_zombie: bool) -> None:
    server = EmbeddedServer.start(folder, durable=False)
    server.crash()
    pid_file = folder / "postmaster.pid"
    owner = folder.stat().st_uid
    with subprocess.Popen(["true"] if is_zombie else ["sleep", "60"], user=owner) as other:
        if is_zombie:
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        for file in (pid_file, *folder.glob(".s.PGSQL.*.lock")):
            file.write_text(file.read_text().replace(str(server.pid), str(other.pid), 1))
        assert EmbeddedServer.find(folder) is None
        fresh = EmbeddedServer.start(folder, durable=False)
        assert value(fresh, "SELECT 1") == 1
        other.kill()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_running(folder: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="nonsense") as failure:
        EmbeddedServer.start(folder, settings={"max_connections": "nonsense"})
    assert failure.value.hint == f"see {folder}.log"
    assert servers_in(folder) == []
    assert value(EmbeddedServer.start(folder), "SELECT 1") == 1


def test_a_failed_initdb_says_why_and_leaves_no_half_made_folder(
    folder: Path, tmp_path: Path, server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = server_folder / "programs"
    programs.mkdir(mode=0o755)
    failing = (
        "[ $1 = --version ] || { echo 'initdb: error: disk full'; echo 'initdb: removing data'; exit 1; } >&2"
    )
    for name, text in {"postgres": "echo 'postgres (PostgreSQL) 18.4'", "initdb": failing}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("LOADSTONE_PG_BIN", str(programs))
    with pytest.raises(DatabaseUnavailable, match="could not be made: initdb: error: disk full"):
        EmbeddedServer.start(folder)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("data")] == ["data.lock"]


def test_a_folder_that_holds_something_else_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="not a data folder"):
        EmbeddedServer.start(folder)
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_a_file_in_the_folders_place_is_refused(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(ConfigurationError, match="not a data folder"):
        EmbeddedServer.start(folder)


def test_a_place_that_cannot_be_written_is_refused_with_a_way_out() -> None:
    with pytest.raises(ConfigurationError, match="cannot be written") as failure:
        EmbeddedServer.start("/proc/nowhere/data")
    assert "may write" in str(failure.value.hint)


def test_a_data_folder_of_another_major_version_is_refused(folder: Path) -> None:
    EmbeddedServer.start(folder, durable=False).stop()
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(ConfigurationError, match="made by PostgreSQL 9"):
        EmbeddedServer.start(folder)


def test_a_server_started_there_by_hand_is_left_alone(server_folder: Path) -> None:
    data = server_folder / "by-hand"
    made = EmbeddedServer.start(data, durable=False)
    made.stop()
    pg_ctl = str(current_account(data).runnable(made.binaries).folder / "pg_ctl")
    owner = data.stat().st_uid
    options = ["-D", str(data), "-o", f"-k {data} -c listen_addresses=", "-l", str(data / "log")]
    subprocess.run(
        [pg_ctl, *options, "-w", "start"], user=owner, cwd="/", check=True, stdout=subprocess.DEVNULL
    )
    try:
        with psycopg.connect(made.url, autocommit=True) as connection:
            with pytest.raises(DatabaseUnavailable, match="already exists"):
                EmbeddedServer.start(data)
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        stop = [pg_ctl, "-D", str(data), "-m", "fast", "stop"]
        subprocess.run(stop, user=owner, cwd="/", check=True, stdout=subprocess.DEVNULL)
