"""Terminals, pipes, and being interrupted."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time

import psycopg

from fixtures.commandline import CommandLine
from fixtures.foreground import background, foreground

CSV = "id,v\n" + "".join(f"{i},{i}\n" for i in range(1000))


def on_a_terminal(loadstone: CommandLine, *words: str, **variables: str) -> tuple[int, str]:
    """Runs a command whose stdout and stderr are a terminal; returns its exit status and what was shown."""
    ours, theirs = pty.openpty()
    environment = {**loadstone.environment, "TERM": "xterm", "COLUMNS": "100", **variables}
    environment = {
        name: value for name, value in environment.items() if name != "NO_COLOR" or name in variables
    }
    process = subprocess.Popen(
        loadstone.command(*words),
        cwd=loadstone.folder,
        env=environment,
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 65536):
            shown += block
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(ours)
    return process.wait(), shown.decode()


def test_a_pipe_gets_plain_lines(loadstone: CommandLine) -> None:
    loadstone.write("a.csv", CSV)
    result = loadstone("load", "a.csv")
    assert "\x1b" not in result.out + result.err
    assert result.out.count("\n") == 1


def test_a_terminal_gets_colours_unless_they_are_not_wanted(loadstone: CommandLine) -> None:
    loadstone.write("a.csv", CSV)
    code, shown = on_a_terminal(loadstone, "load", "a.csv")
    assert code == 0
    assert "\x1b[32mloaded" in shown
    assert "1,000 rows" in shown
    loadstone.write("b.csv", CSV)
    code, shown = on_a_terminal(loadstone, "load", "b.csv", NO_COLOR="1")
    assert code == 0
    assert "\x1b[3" not in shown


def test_what_doctor_finds_fits_the_terminal(loadstone: CommandLine) -> None:
    code, shown = on_a_terminal(loadstone, "doctor", "--to", "postgresql://app@127.0.0.1:9/app")
    assert code == 1
    assert "\x1b[31m\x1b[1mfailed" in shown
    lines = re.sub(r"\x1b\[\d+m", "", shown).splitlines()
    assert max(map(len, lines)) <= 100
    texts = [line[32:] for line in lines if line.startswith(("failed ", " " * 32))]
    assert "127.0.0.1:9/app: cannot connect: connection refused" in " ".join(texts).lower()
    assert "-> nothing listens there: is the server running" in " ".join(texts)


def test_an_interrupted_load_leaves_nothing_and_exits_with_130(
    loadstone: CommandLine, connection: psycopg.Connection, database_url: str
) -> None:
    loadstone.write("a.csv", CSV)
    loadstone("load", "a.csv")
    loadstone.write("a.csv", CSV.replace("999,999\n", "999,1\n"))
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
        with foreground():
            process = waiting(loadstone, connection)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("error: interrupted; what was not committed is undone\n")
    assert connection.execute("SELECT count(*), max(v) FROM a").fetchone() == (1000, 999)
    assert states(connection) == ["loaded"]
    assert loadstone("load", "a.csv", "--json").document["loads"][0]["state"] == "loaded"


def test_a_copy_that_waits_for_another_session_heeds_ctrl_c(
    loadstone: CommandLine, connection: psycopg.Connection, database_url: str
) -> None:
    connection.execute("CREATE TABLE a (id integer UNIQUE, v integer)")
    loadstone.write("a.csv", CSV)
    loadstone.write("pipeline.yaml", "limits: {lock_timeout: 600}\n")
    with psycopg.connect(database_url) as blocker:
        blocker.execute("INSERT INTO a (id) VALUES (500)")
        with foreground():
            process = waiting(loadstone, connection)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        blocker.rollback()
    assert time.monotonic() - started < 300, "it waited for lock_timeout"
    assert process.returncode == 130, err
    assert connection.execute("SELECT count(*) FROM a").fetchone() == (0,)
    assert states(connection) == []


def test_in_a_scripts_background_ctrl_c_is_not_meant_for_a_load_but_sigterm_is(
    loadstone: CommandLine, connection: psycopg.Connection, database_url: str
) -> None:
    connection.execute("CREATE TABLE a (id integer, v integer)")
    loadstone.write("a.csv", CSV)
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
        with background():
            process = waiting(loadstone, connection)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "\nerror: interrupted; what was not committed is undone\n"
    assert states(connection) == []


def test_a_reader_that_has_enough_is_no_error_message(loadstone: CommandLine) -> None:
    loadstone.write("a.csv", CSV)
    loadstone("load", "a.csv")
    reading, writing = os.pipe()
    os.close(reading)
    process = loadstone.start("history", "--json", stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode == 1


def waiting(loadstone: CommandLine, connection: psycopg.Connection) -> subprocess.Popen[str]:
    """A load of `a.csv` that waits for a lock of another session."""
    process = loadstone.start("load", "a.csv", "--wait")
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while connection.execute(waits).fetchone() is None:
        assert process.poll() is None, process.communicate()
    return process


def states(connection: psycopg.Connection) -> list[str]:
    """Of all rows in the ledger."""
    return [state for (state,) in connection.execute("SELECT state FROM loadstone.loads ORDER BY load_id")]
