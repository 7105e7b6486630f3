"""Workers that race, and connections that break around COMMIT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faults.proxy import CuttingProxy
from faults.scene import Scene
from loadstone.embedded import EmbeddedServer

pytestmark = pytest.mark.faults


def test_of_eight_processes_with_one_object_one_loads_and_the_others_answer_at_once(
    folder: Path, database_url: str, rounds: int
) -> None:
    scene = Scene(folder, database_url, rows=20_000)
    for seed in range(max(1, rounds // 4)):
        scene.write("items.csv", seed)
        processes = [scene.start("items.csv", wait=False) for _ in range(8)]
        states = Counter(Scene.outcomes(process)[0]["state"] for process in processes)
        assert states["loaded"] == 1, states
        assert set(states) <= {"loaded", "in_progress", "skipped"}, states
        scene.verify("items.csv")


def test_eight_processes_that_wait_all_answer_with_the_one_load(folder: Path, database_url: str) -> None:
    scene = Scene(folder, database_url, rows=20_000, cap=2)
    scene.write("items.csv", 1)
    processes = [scene.start("items.csv", wait=True) for _ in range(8)]
    states = Counter(Scene.outcomes(process)[0]["state"] for process in processes)
    assert states == {"loaded": 1, "skipped": 7}
    scene.verify("items.csv")


def test_merges_of_the_same_keys_from_eight_processes_never_deadlock(folder: Path, database_url: str) -> None:
    scene = Scene(folder, database_url, mode="merge", rows=5_000)
    names = [f"items{number}.csv" for number in range(8)]
    for number, name in enumerate(names):
        scene.write(name, number)
    processes = [scene.start(name) for name in names]
    states = [Scene.outcomes(process)[0] for process in processes]
    assert [outcome["state"] for outcome in states] == ["loaded"] * 8, states
    with psycopg.connect(database_url, autocommit=True) as connection:
        newest: dict[int, tuple[int, str, int]] = {}
        for name in names:  # written in this order, so the later file is the newer one
            newest |= {row[0]: row for row in scene.expected(folder / name)[0]}
        assert scene.table(connection) == sorted(newest.values())


@pytest.fixture
def proxied(server_over_tcp: EmbeddedServer) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(server_over_tcp.url)
    yield proxy
    proxy.close()


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_connection_lost_around_commit_is_resolved_to_exactly_one_load(
    moment: str, folder: Path, proxied: CuttingProxy, server_over_tcp: EmbeddedServer
) -> None:
    """Before: COMMIT never arrives. During: its answer is never read. After: the answer itself is cut."""
    scene = Scene(folder, proxied.url, rows=5_000)
    scene.write("items.csv", 1)
    armed = [True]
    seen_copy = [False]

    def rule(data: bytes, from_client: bool) -> bool:
        if from_client and b"COPY" in data and b"items" in data:
            seen_copy[0] = True
        is_commit = seen_copy[0] and (
            (from_client and b"COMMIT" in data)
            if moment != "after"
            else (not from_client and b"COMMIT\x00" in data)
        )
        if armed[0] and is_commit:
            armed[0] = False
            return True
        return False

    proxied.rule = rule
    proxied.forwards_first = moment == "during"
    (outcome,) = scene.load("items.csv")
    assert proxied.cuts == 1
    assert outcome["state"] in {"loaded", "skipped"}, outcome
    scene.url = server_over_tcp.url
    scene.verify("items.csv")


def test_connections_that_break_at_any_message_never_lose_or_double_a_row(
    folder: Path, proxied: CuttingProxy, server_over_tcp: EmbeddedServer, rounds: int
) -> None:
    scene = Scene(folder, proxied.url, rows=20_000)
    for seed in range(rounds):
        scene.url = proxied.url
        scene.write("items.csv", seed)
        left = [3 + seed * 7 % 60]

        def rule(_data: bytes, _from_client: bool, left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] == 0

        proxied.rule = rule
        (outcome,) = scene.load("items.csv")
        assert outcome["state"] == "loaded", outcome
        scene.url = server_over_tcp.url
        scene.verify("items.csv")
