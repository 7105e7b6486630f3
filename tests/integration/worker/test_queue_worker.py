"""From a put to rows, by a queue: twice, broken, mended, slow, killed."""

from __future__ import annotations

import json

from fixtures.queues import EventQueue
from fixtures.workers import Harbour

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
