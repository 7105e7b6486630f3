"""From a put to S3 to the row, end to end: what is deployed to AWS, run against an emulated one."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fixtures.commandline import CommandLine
from loadstone.embedded.process import is_alive
from loadstone.wiring.local_database import find_local


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """One folder for all of these, whose server starts once: each example has a database of its own."""
    folder = tmp_path_factory.mktemp("demo-aws")
    yield CommandLine(folder, {})
    if (server := find_local(folder / ".loadstone/postgres")) is not None:
        server.stop()


def rows_of(folder: Path, database: str, sql: str) -> list[tuple[Any, ...]]:
    server = find_local(folder / ".loadstone/postgres")
    assert server is not None
    with psycopg.connect(server.url, dbname=database) as connection:
        return connection.execute(sql.encode()).fetchall()


def function_processes(folder: Path, database: str) -> list[int]:
    """The processes that loaded, as the ledger knows them."""
    workers = rows_of(folder, database, "SELECT DISTINCT worker FROM loadstone.loads")
    return [int(worker.rpartition(":")[2]) for (worker,) in workers]


def test_files_that_land_are_rows_and_a_bad_one_is_mended_redriven_and_loaded(alone: CommandLine) -> None:
    # What the user has set up for AWS is another cloud's: nothing of it may be asked.
    elsewhere = {
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_SESSION_TOKEN": "x",
        "LOADSTONE_QUEUE_URL": "http://127.0.0.1:9/production",
    }
    folder = alone.folder
    told = CommandLine(folder, elsewhere)("demo", "car-telemetry", "--aws", "--rows", 4_000, "--json")
    (example,) = told.document["examples"]
    assert example["ok"]
    assert all(figure["ok"] for figure in example["figures"])

    cloud = example["aws"]
    names = [f"s3://car-telemetry-landing/telemetry/telemetry_000{number}.csv" for number in range(1, 5)]
    assert [one["uri"] for one in cloud["arrivals"]] == names[:3]
    for one in (*cloud["arrivals"], cloud["redriven"]):
        assert one["state"] == "loaded"
        assert 0 < one["seconds_to_commit"] < one["seconds_to_notification"]
    failure, redriven = cloud["failure"], cloud["redriven"]
    assert (failure["uri"], failure["state"], failure["error_code"]) == (names[3], "failed", "format_error")
    assert cloud["dead_letters"] == [
        {
            "uri": names[3],
            "load_id": failure["load_id"],
            "code": "format_error",
            "reason": "the file is empty",
        }
    ]
    assert (redriven["uri"], redriven["rows_read"]) == (names[3], 1_000)
    assert cloud["dead_letters_left"] == 0

    # The database says the same.
    (rows,) = [figure["expected"] for figure in example["figures"] if figure["name"] == "rows in the table"]
    assert rows_of(folder, "demo_car_telemetry", "SELECT count(*) FROM car_data") == [(rows,)]
    ledger = rows_of(
        folder, "demo_car_telemetry", "SELECT uri, state, is_current FROM loadstone.loads ORDER BY load_id"
    )
    good = [(name, "loaded", True) for name in names]
    assert ledger == [*good[:3], (names[3], "failed", False), good[3]]
    notified = rows_of(
        folder, "demo_car_telemetry", "SELECT kind, state FROM loadstone.notifications ORDER BY load_id"
    )
    assert notified == [*[("loaded", "sent")] * 3, ("failed", "sent"), ("loaded", "sent")]

    # Nothing of it is left but files and rows.
    assert not any(is_alive(pid) for pid in function_processes(folder, "demo_car_telemetry"))
    left = {path.name for path in (folder / ".loadstone/demo/car-telemetry").iterdir()}
    assert left == {"data", "pipeline.yaml", "function.log"}


def test_the_screen_tells_each_step_and_what_to_try_next(alone: CommandLine) -> None:
    screen = alone("demo", "table-per-file", "--aws", "--rows", 600).out
    assert "WRONG" not in screen
    steps = [line.split()[0] for line in screen.splitlines() if line and line[0].isalpha()]
    assert steps[:11] == ["loaded"] * 5 + ["put", "failed", "dead", "mended", "redriven", "loaded"]
    assert "tuesday/visits.csv: the file is empty" in screen
    commands = [line.strip() for line in screen.partition("try next:\n")[2].splitlines() if line.strip()]
    assert len(commands) == 3
    for command in commands:
        alone(*shlex.split(command)[1:])


def test_ctrl_c_ends_everything(alone: CommandLine) -> None:
    process = alone.start("demo", "online-retail", "--aws", "--rows", 2_000)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("loaded")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    (function,) = function_processes(alone.folder, "demo_online_retail")
    assert not is_alive(function)


def test_without_the_emulator_the_error_names_what_to_install(folder: Path) -> None:
    without_moto = "import sys; sys.modules['moto'] = None; from loadstone.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", without_moto, "demo", "car-telemetry", "--aws"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "error: the emulated AWS needs a package that is not installed\n"
        "hint: pip install 'loadstone[emulated]'\n"
    )
    assert not list(folder.iterdir())
