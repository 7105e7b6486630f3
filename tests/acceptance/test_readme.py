"""What the README says is what runs: its pipeline, its commands and its Python, word for word."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fixtures.commandline import CommandLine

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert found, f"the README has no {language} block"
    return found[1]


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> CommandLine:
    """A folder with the README's pipeline.yaml; the bucket in it is a folder, all else as it stands."""
    text = block("yaml")
    assert "source: s3://acme-landing" in text
    (tmp_path / "pipeline.yaml").write_text(text.replace("s3://acme-landing", "landing"), encoding="utf-8")
    folder = tmp_path / "landing" / "telemetry"
    folder.mkdir(parents=True)
    (folder / "day1.csv").write_text(
        "timestamp,device_id,odometer_km\n"
        "2024-01-01 10:00:00Z,bmw-1,10\n"
        "2024-01-01 10:00:00Z,bmw-2,-5\n"
        "2024-01-01 10:15:00Z,bmw-1,n/a\n",
        encoding="utf-8",
    )
    return CommandLine(tmp_path, {"DATABASE_URL": database_url})


def test_the_commands_of_the_readme_do_what_it_says(
    shell: CommandLine, connection: psycopg.Connection
) -> None:
    listed = re.findall(r"`loadstone ([^`>]+?)(?: > mend\.csv)?`", README.split("## What it promises")[0])
    assert {words.split()[0] for words in listed} == {
        "init", "plan", "validate", "load", "history", "rejects", "replay", "undo", "run", "doctor", "deploy"
    }  # fmt: skip
    (shell.folder / "data").mkdir(exist_ok=True)
    (shell.folder / "data" / "shops.csv").write_text("id,town\n1,Bonn\n", encoding="utf-8")
    assert "merge by id" in shell("init", "data/", "--file", "first.yaml").out
    assert "car_data" in shell("validate").out
    assert "3 rows read: 2 inserted, 1 rejected; 1 cell mended" in shell("plan").out
    assert "2 rows" in shell("load").out
    assert "skipped" in shell("load").out
    number = str(connection.execute("SELECT load_id FROM loadstone.loads").fetchone()[0])  # type: ignore[index]
    assert "car_data" in shell("history").out
    assert "not_an_integer" in shell("rejects", number).out
    mend = shell("rejects", number, "--format", "csv").out
    (shell.folder / "mend.csv").write_text(mend.replace("n/a", "11"), encoding="utf-8")
    for words in listed:
        if words.startswith("replay") and "--rejects" in words:
            shell(*[number if word == "17" else word for word in shlex.split(words)])
    rows = connection.execute("SELECT device_id, odometer_km, _row FROM car_data ORDER BY _row").fetchall()
    assert rows == [("bmw-1", 10, 1), ("bmw-2", 0, 2), ("bmw-1", 11, 3)]
    shell("replay", number)
    newest = str(connection.execute("SELECT max(load_id) FROM loadstone.loads").fetchone()[0])  # type: ignore[index]
    shell("undo", newest)
    assert connection.execute("SELECT count(*) FROM car_data").fetchone() == (0,)
    (shell.folder / "landing" / "telemetry" / "day2.csv").write_text(
        "timestamp,device_id,odometer_km\n2024-01-02 10:00:00Z,bmw-3,20\n", encoding="utf-8"
    )
    shell("run", "--once")
    assert ("bmw-3",) in connection.execute("SELECT device_id FROM car_data").fetchall()
    assert "last load" in shell("doctor").out
    assert "Make a stack on AWS" in shell("deploy", "--help").out  # what it makes is tested on an emulator


def test_the_python_of_the_readme_runs_as_it_stands(shell: CommandLine) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block("python")],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["loaded", "2", "1"]


def test_a_file_is_loaded_without_a_pipeline_by_key(
    shell: CommandLine, database_url: str, connection: psycopg.Connection
) -> None:
    (shell.folder / "pipeline.yaml").unlink()
    (shell.folder / "orders.csv").write_text("order_id,total\n1,10.50\n2,7\n1,11.00\n", encoding="utf-8")
    command = block("console").splitlines()[0].removeprefix("$ loadstone ")
    shell(*shlex.split(command.replace("postgresql://localhost/shop", database_url)))
    rows = connection.execute("SELECT order_id, total::text FROM orders ORDER BY 1").fetchall()
    assert rows == [(1, "11.00"), (2, "7")]
