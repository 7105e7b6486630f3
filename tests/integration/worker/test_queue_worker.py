"""From a put to rows, by a queue: twice, broken, mended, slow, killed."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import urlopen

from fixtures.queues import EventQueue
from fixtures.workers import Harbour, eventually

A = "id,v\n1,a\n2,b\n"
B = "id,v\n2,B\n3,c\n"
ROWS_A = [(1, "a"), (2, "b")]
ROWS_B = [(2, "B"), (3, "c")]


def test_what_lands_in_the_bucket_becomes_rows(harbour: Harbour, queue: EventQueue) -> None:
    queue.put("day one/a+b%.csv", A)
    done = harbour.shell("run", "--once")
    assert harbour.rows() == ROWS_A
    assert "loaded" in done.out
    assert queue.counts() == (0, 0)


def test_a_poison_message_is_put_aside_with_its_reason_mended_redriven_and_loaded(
    harbour: Harbour, queue: EventQueue
) -> None:
    queue.put("day.csv", "")
    queue.send("not an event")
    failed = harbour.shell("run", "--once", code=1)
    assert "the file is empty" in failed.err
    letters = {letter["loadstone.code"]: letter for letter in queue.dead_letters()}
    assert set(letters) == {"format_error", "event_not_understood"}
    empty = letters["format_error"]
    assert empty["loadstone.reason"] == "the file is empty"
    assert empty["loadstone.uri"] == queue.bucket.uri("day.csv")
    assert (empty["loadstone.load_id"], empty["loadstone.receive_count"]) == ("1", "1")
    assert queue.counts() == (0, 0)

    shown = harbour.shell("redrive", "--dry-run", "--json").document
    assert not shown["redriven"]
    assert {letter["reason"] for letter in shown["letters"]} > {"the file is empty"}
    assert queue.counts(queue.dead_url) == (2, 0)

    queue.bucket.put("day.csv", A)
    assert "2 dead letters put back" in harbour.shell("redrive").err
    assert queue.counts(queue.dead_url) == (0, 0)
    harbour.shell("run", "--once", code=1)
    assert harbour.rows() == ROWS_A
    (left,) = queue.dead_letters()
    assert left["loadstone.code"] == "event_not_understood"


def test_events_that_come_twice_load_once_and_tell_of_it_once(harbour: Harbour, queue: EventQueue) -> None:
    queue.bucket.put("day.csv", A)
    told = queue.tell("day.csv")
    queue.send(told)
    lines = harbour.shell("run", "--once", "--json").out.splitlines()
    assert sorted(json.loads(line)["state"] for line in lines) == ["loaded", "skipped"]
    assert harbour.rows() == ROWS_A
    assert harbour.states() == ["loaded*"]


def test_two_workers_on_one_queue_load_each_object_exactly_once(harbour: Harbour, queue: EventQueue) -> None:
    expected = []
    for number in range(8):
        queue.bucket.put(f"{number}.csv", f"id,v\n{number},a\n")
        told = [queue.event(f"{number}.csv") for _ in range(2)]
        for event in (*told, told[0]):
            queue.send(event)
        expected.append((number, "a"))
    with harbour.worker("--once"), harbour.worker("--once") as second:
        harbour.await_rows(expected)
        assert second.wait(60) == 0
    assert harbour.rows() == expected
    assert harbour.states() == ["loaded*"] * 8


def test_a_queue_that_is_not_there_is_told_at_once(harbour: Harbour, queue: EventQueue) -> None:
    url = queue.url + "-gone"
    refused = harbour.shell("run", "--once", "--queue", url, code=1)
    assert f"error: {url}: there is no such queue" in refused.err


def test_without_a_queue_a_bucket_is_not_watched(harbour: Harbour) -> None:
    shell = harbour.shell
    variables = {k: v for k, v in shell.variables.items() if k != "LOADSTONE_QUEUE_URL"}
    refused = type(shell)(shell.folder, variables)("run", "--once", code=2)
    assert "its events come by a queue" in refused.err


def test_what_no_event_brought_is_found_by_the_reconcile(harbour: Harbour, queue: EventQueue) -> None:
    queue.bucket.put("day.csv", A)
    harbour.shell("run", "--once")
    assert harbour.rows() == []
    harbour.shell("run", "--once", "--reconcile-every", "1h")
    assert harbour.rows() == ROWS_A
    queue.bucket.delete("day.csv")
    harbour.shell("run", "--once", "--reconcile-every", "1h")
    assert harbour.rows() == []


def test_probes_learn_whether_the_worker_lives_and_can_work(harbour: Harbour, queue: EventQueue) -> None:
    queue.put("day.csv", A)
    with harbour.worker("--health-port", "127.0.0.1:0") as process:
        harbour.await_rows(ROWS_A)
        assert process.stderr is not None
        port = next(int(line.split(":")[-1].split("/")[0]) for line in process.stderr if "health:" in line)

        def ask(path: str) -> tuple[int, str]:
            try:
                with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as error:
                return error.code, error.read().decode()

        assert ask("/healthz") == (200, "alive\n")
        assert ask("/readyz") == (200, "ready\n")
        eventually(
            lambda: 'loadstone_objects_total{pipeline="harbour",dataset="orders"} 1' in ask("/metrics")[1],
            "the object's being counted",
        )
        assert ask("/else")[0] == 404
