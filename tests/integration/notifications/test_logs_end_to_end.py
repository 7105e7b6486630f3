"""What a load logs, from the command line: one JSON object per line, and no row's content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from fixtures.commandline import CommandLine
from fixtures.receiver import Receiver


def log(text: str) -> list[dict[str, Any]]:
    """The lines of a log among what is written for people."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def with_password(url: str) -> str:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}:s3cr3t-word@{host}").geturl()


def test_every_load_ends_with_a_line_of_its_figures(tmp_path: Path, database_url: str) -> None:
    shell = CommandLine(
        tmp_path, {"LOADSTONE_LOG": "json", "LOADSTONE_DATABASE_URL": with_password(database_url)}
    )
    shell.write("day1.csv", "id,city\n" + "".join(f"{n},Ulm\n" for n in range(200)) + "x-4711,Bonn\n")
    shell.write("pipeline.yaml", "datasets: {days: {files: '*.csv', columns: {id: {type: integer}}}}\n")
    result = shell("load", "day1.csv", "--json")
    assert result.document["loads"][0]["rows_rejected"] == 1
    (line,) = [one for one in log(result.err) if one["event"] == "load finished"]
    assert line["level"] == "info"
    assert {name: line[name] for name in ("dataset", "key", "state", "rows_loaded", "rows_rejected")} == {
        "dataset": "days",
        "key": "day1.csv",
        "state": "loaded",
        "rows_loaded": 200,
        "rows_rejected": 1,
    }
    assert line["load_id"] == result.document["loads"][0]["load_id"]
    assert "4711" not in result.err
    assert "s3cr3t-word" not in result.err


def test_a_failed_load_is_an_error_without_the_row(tmp_path: Path, database_url: str) -> None:
    shell = CommandLine(tmp_path, {"LOADSTONE_LOG": "json", "LOADSTONE_DATABASE_URL": database_url})
    shell.write("day1.csv", "id,city\n1,Ulm\n")
    shell("load", "day1.csv", "--table", "days")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'no' USING DETAIL = 'Key (city)=(Bonn) is blocked', ERRCODE = '53000'; END $$;"
            " CREATE TRIGGER forbid BEFORE INSERT ON days FOR EACH STATEMENT EXECUTE FUNCTION forbid()"
        )
    shell.write("day2.csv", "id,city\n2,Bonn\n")
    file = shell.write("pipeline.yaml", "limits: {attempts: 1}\n")
    result = shell("-f", file, "load", "day2.csv", "--table", "days", code=1)
    (line,) = [one for one in log(result.err) if one["event"] == "load finished"]
    assert (line["level"], line["state"], line["error_code"]) == ("error", "failed", "53000")
    assert "Bonn" not in json.dumps(line)


def test_without_the_variable_nothing_is_logged(tmp_path: Path, database_url: str) -> None:
    shell = CommandLine(tmp_path, {"LOADSTONE_DATABASE_URL": database_url})
    shell.write("day1.csv", "id,city\n1,Ulm\n")
    assert log(shell("load", "day1.csv").err) == []


def test_notify_shows_what_is_due_sends_it_and_says_so(
    tmp_path: Path, database_url: str, receiver: Receiver
) -> None:
    shell = CommandLine(tmp_path, {"LOADSTONE_DATABASE_URL": database_url, "HOOK": receiver.url})
    shell.write("day1.csv", "id,city\n1,Ulm\n")
    shell.write(
        "pipeline.yaml",
        "source: .\nnotify: [{webhook: '${HOOK}', on: loaded}]\ndatasets: {days: {files: '*.csv'}}\n",
    )
    assert shell("notify", "--json").document == {"notifications": []}
    shell("load")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM loadstone.notifications")
    (due,) = shell("notify", "--dry-run", "--json").document["notifications"]
    assert (due["kind"], due["dataset"], due["state"]) == ("loaded", "days", "due")
    assert due["target"].startswith("webhook:127.0.0.1#")
    assert len(receiver.requests) == 1
    assert shell("notify").out.startswith("sent     loaded")
    assert len(receiver.requests) == 2
    assert "nothing is due" in shell("notify").err
