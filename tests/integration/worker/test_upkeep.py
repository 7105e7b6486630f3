"""What a worker sees to beside its loads."""

from __future__ import annotations

import json
from pathlib import Path

from fixtures.commandline import CommandLine
from fixtures.workers import Harbour, eventually

OLD = "UPDATE loadstone.rejects SET rejected_at = now() - interval '10 days'"
LEFT = "SELECT count(raw) FROM loadstone.rejects"


def keep(quay: Harbour, retention: str) -> Path:
    """With an old reject in the database, and a retention in the pipeline; the folder that is watched."""
    folder = quay.shell.folder / "landing"
    (folder / "bad.csv").write_text("id,v\n1,a\nx,b\n")
    quay.shell("run", "--once", code=None)
    quay.query(OLD)
    with (quay.shell.folder / "pipeline.yaml").open("a") as file:
        file.write(f"retention: {retention}\n")
    return folder


def test_a_worker_that_runs_once_applies_retention_and_says_what_went(quay: Harbour) -> None:
    keep(quay, "7d")
    shell = CommandLine(quay.shell.folder, {**quay.shell.variables, "LOADSTONE_LOG": "json"})
    lines = [json.loads(line) for line in shell("run", "--once").err.splitlines() if line[0] == "{"]
    (told,) = [line for line in lines if line["event"] == "retention applied"]
    assert (told["pipeline"], told["raw_texts"]) == ("harbour", 1)
    assert quay.query(LEFT) == [(0,)]


def test_a_worker_that_goes_on_applies_retention_beside_its_loads(quay: Harbour) -> None:
    folder = keep(quay, "{raw_texts: 24h, rejects: 9d}")
    with quay.worker():
        eventually(lambda: quay.query("SELECT FROM loadstone.rejects") == [], "the rejects' going")
        (folder / "more.csv").write_text("id,v\n2,b\n")
        quay.await_rows([(1, "a"), (2, "b")])
    assert quay.states() == ["loaded*", "loaded*"]


def test_without_retention_nothing_goes(quay: Harbour) -> None:
    keep(quay, "null")
    quay.shell("run", "--once")
    assert quay.query(LEFT) == [(1,)]
    assert quay.query("SELECT name FROM loadstone.settings") == [("max_concurrent_loads",)]
    assert "nothing says what is to go" in quay.shell("forget", code=2).err
