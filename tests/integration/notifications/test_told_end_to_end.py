"""From a file to a message: what is told, to whom, and how often."""

from __future__ import annotations

from fixtures.told import Told


def test_a_load_is_told_once_however_often_it_is_asked_for(told: Told) -> None:
    outcome = told.load("day1.csv", "n\n1\n2\n")
    assert outcome.state == "loaded"
    (text,) = told.receiver.texts
    assert text.startswith(f"orders: {told.folder}/day1.csv loaded into public.orders: 2 rows, 0 rejected, ")
    with told.workspace() as workspace:
        assert [again.state for again in workspace.load()] == ["skipped"]
    assert told.notify() == []
    assert len(told.receiver.requests) == 1
    assert told.rows() == [(outcome.load_id, "loaded", "sent", 1)]
