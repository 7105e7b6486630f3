"""A loader that is killed leaves the old rows or the new ones, and the next one finishes the work."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from faults.scene import Scene
from loadstone.embedded import EmbeddedServer

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("mode", ["append", "merge", "replace"])
def test_killed_at_random_moments_the_table_equals_the_file_exactly_once(
    mode: str, folder: Path, database_url: str, rounds: int
) -> None:
    scene = Scene(folder, database_url, mode=mode)
    moments = random.Random(f"kill {mode}")
    before = scene.expected(scene.write("items.csv", seed=0))[0]
    started = time.monotonic()
    assert [outcome["state"] for outcome in scene.load("items.csv")] == ["loaded"]
    duration = time.monotonic() - started
    for seed in range(1, rounds + 1):
        path = scene.write("items.csv", seed)
        after = scene.expected(path)[0]
        process = scene.start("items.csv")
        _kill_after(process, moments.uniform(0.1, 1.05) * duration)
        with psycopg.connect(database_url, autocommit=True) as connection:
            assert scene.table(connection) in _possible(mode, before, after), "half a load is visible"
        (outcome,) = scene.load("items.csv")
        assert outcome["state"] in {"loaded", "skipped"}, outcome
        if mode == "merge":
            _verify_merged(scene, database_url, before, after)
            before = sorted(({row[0]: row for row in before} | {row[0]: row for row in after}).values())
        else:
            scene.verify("items.csv")
            before = after


def test_a_server_that_crashes_under_the_load_changes_nothing(
    folder: Path, server: EmbeddedServer, rounds: int
) -> None:
    scene = Scene(folder, server.url)
    moments = random.Random("crash")
    for seed in range(max(1, rounds // 2)):
        scene.write("items.csv", seed)
        process = scene.start("items.csv")
        try:
            process.wait(timeout=moments.uniform(0.3, 0.8))
        except subprocess.TimeoutExpired:
            server.crash()
            server.restart()
        outcomes = Scene.outcomes(process)
        if outcomes[0]["state"] != "loaded":
            outcomes = scene.load("items.csv")
        assert outcomes[0]["state"] in {"loaded", "skipped"}, outcomes
        scene.verify("items.csv")


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()


def _possible(
    mode: str, before: list[tuple[int, str, int]], after: list[tuple[int, str, int]]
) -> list[object]:
    if mode == "merge":
        merged = {row[0]: row for row in before} | {row[0]: row for row in after}
        return [sorted(before), sorted(merged.values())]
    return [sorted(before), sorted(after)]


def _verify_merged(
    scene: Scene, url: str, before: list[tuple[int, str, int]], after: list[tuple[int, str, int]]
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        assert scene.table(connection) == _possible("merge", before, after)[1]
        loaded = connection.execute(
            "SELECT count(*) FROM loadstone.loads WHERE is_current AND state = 'loaded'"
        ).fetchone()
        assert loaded == (1,)
