"""Events that come twice, late, in reverse order, or of objects that are gone."""

from __future__ import annotations

import pytest

from fixtures.landing import Landing

A = "id,v\n1,a\n2,b\n"
B = "id,v\n2,B\n3,c\n"
ROWS_A = [(1, "a"), (2, "b")]
ROWS_B = [(2, "B"), (3, "c")]


def test_an_event_that_comes_twice_loads_once(landing: Landing) -> None:
    landing.put("day.csv", A)
    assert [landing.event("0A").state, landing.event("0A").state] == ["loaded", "skipped"]
    assert landing.rows() == ROWS_A
    assert landing.states() == ["loaded*"]


@pytest.mark.parametrize("options", [{}, {"mode": "merge", "key": "id", "on_overwrite": "replace_rows"}])
def test_events_in_reverse_order_leave_the_newest_version(landing: Landing, options: dict[str, str]) -> None:
    landing.options = options
    first = landing.put("day.csv", A)
    second = landing.put("day.csv", B)
    newest = landing.event("0B", version_id=second)
    late = landing.event("0A", version_id=first)
    assert (newest.state, late.state) == ("loaded", "skipped")
    assert landing.rows() == ROWS_B
    assert landing.states() == ["loaded*"]


def test_an_event_loads_what_is_there_now_rather_than_what_it_speaks_of(bucket_landing: Landing) -> None:
    landing = bucket_landing
    first = landing.put("day.csv", A)
    landing.put("day.csv", B)
    assert landing.event("0A", version_id=first).state == "loaded"
    assert landing.rows() == ROWS_B
    assert landing.event("0B").state == "skipped"


def test_where_each_version_counts_each_event_loads_its_own_in_any_order(bucket_landing: Landing) -> None:
    landing = bucket_landing
    landing.options = {"on_overwrite": "append"}
    first = landing.put("day.csv", A)
    second = landing.put("day.csv", B)
    for sequencer, version in (("0B", second), ("0A", first), ("0B", second), ("0A", first)):
        landing.event(sequencer, version_id=version)
    assert landing.rows() == sorted(ROWS_A + ROWS_B)


@pytest.mark.parametrize(("on_delete", "left"), [("keep", ROWS_A), ("remove_rows", [])])
def test_a_deleted_object_keeps_or_takes_its_rows_and_a_late_event_does_not_revive_it(
    landing: Landing, on_delete: str, left: list[tuple[int, str]]
) -> None:
    landing.options = {"on_delete": on_delete}
    landing.put("day.csv", A)
    landing.event("0A")
    landing.delete("day.csv")
    assert landing.event("0C", "removed").state == "removed"
    assert landing.rows() == left
    assert landing.event("0C", "removed").state == "removed"
    assert landing.event("0A").state in {"removed", "superseded"}
    assert landing.rows() == left


@pytest.mark.parametrize("on_delete", ["keep", "remove_rows"])
def test_a_created_event_that_is_older_than_the_deletion_does_not_load_a_file_that_came_back(
    landing: Landing, on_delete: str
) -> None:
    landing.options = {"on_delete": on_delete}
    landing.put("day.csv", A)
    landing.event("0A")
    landing.delete("day.csv")
    landing.event("0C", "removed")
    rows = landing.rows()
    landing.put("day.csv", B)
    assert landing.event("0B").state == "superseded"
    assert landing.rows() == rows
    assert landing.event("0D").state == "loaded"
    assert landing.rows() == ROWS_B


def test_a_deletion_that_is_older_than_what_stands_removes_nothing(landing: Landing) -> None:
    landing.options = {"on_delete": "remove_rows"}
    landing.put("day.csv", A)
    landing.event("0C")
    landing.delete("day.csv")
    assert landing.event("0B", "removed").state == "superseded"
    assert landing.rows() == ROWS_A


def test_a_deletion_of_an_object_that_is_there_again_loads_it(landing: Landing) -> None:
    landing.options = {"on_delete": "remove_rows"}
    landing.put("day.csv", A)
    landing.event("0A")
    landing.put("day.csv", B)
    assert landing.event("0B", "removed").state == "loaded"
    assert landing.rows() == ROWS_B


def test_an_object_that_went_before_its_event_came_is_no_failure(landing: Landing) -> None:
    assert landing.event("0A", key="gone.csv").state == "removed"
    assert landing.states() in (["removed"], ["removed*"])


def test_a_replace_by_an_older_object_is_superseded(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"mode": "replace"}
    landing.put("old.csv", A)
    landing.put("new.csv", B)
    assert landing.event("0B", key="new.csv").state == "loaded"
    late = landing.event("0A", key="old.csv")
    assert late.state == "superseded"
    assert "new.csv" in late.notes[0]
    assert landing.rows() == ROWS_B


def test_an_event_and_a_hand_do_not_load_one_version_twice(landing: Landing) -> None:
    landing.put_and_load(A)
    assert landing.event("0A").state == "skipped"
    landing.put("day.csv", B)
    landing.event("0B")
    assert landing.load().state == "skipped"
    assert landing.rows() == ROWS_B


def test_a_broken_object_is_a_failure_in_the_ledger_and_its_mended_version_loads(landing: Landing) -> None:
    landing.put("day.csv", "")
    failed = landing.event("0A")
    assert (failed.state, failed.error_code, failed.error) == ("failed", "format_error", "the file is empty")
    assert failed.load_id == 1
    landing.put("day.csv", A)
    assert landing.event("0B").state == "loaded"
    assert landing.states() == ["failed", "loaded*"]
