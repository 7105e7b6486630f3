"""Objects that are overwritten, or deleted, while an event of theirs is being acted upon."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.bucket import Bucket
from fixtures.landing import Landing
from loadstone.model.event import Event, ObjectVersion
from loadstone.model.load import LoadOutcome
from loadstone.wiring.events import handle
from loadstone.wiring.quiet import Quiet

A = "id,v\n1,a\n2,b\n"
B = "id,v\n2,B\n3,c\n"
ROWS_B = [(2, "B"), (3, "c")]


class Meddler(Quiet):
    """Does something between the look at an object and the reading of it, each time."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        self._meddle = meddle

    def started(self, version: ObjectVersion) -> None:  # noqa: ARG002 - the port's
        self._meddle()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, database_url: str) -> Landing:
    """A folder, or a bucket that keeps no versions."""
    if request.param == "folder":
        return Landing(request.getfixturevalue("tmp_path"), database_url)
    bucket: Bucket = request.getfixturevalue("s3")
    return Landing(bucket, database_url)


def _handled(place: Landing, meddle: Callable[[], object]) -> LoadOutcome:
    with place.workspace() as workspace:
        event = Event("created", workspace.source.bucket, "day.csv", sequencer="0A")
        (outcome,) = handle(workspace, event, progress=Meddler(meddle))
    return outcome


def test_an_object_that_is_overwritten_while_it_is_loaded_is_loaded_as_it_is_now(place: Landing) -> None:
    versions = [B]
    place.put("day.csv", A)
    outcome = _handled(place, lambda: versions and place.put("day.csv", versions.pop()))
    assert outcome.state == "loaded"
    assert place.rows() == ROWS_B
    assert place.states() == ["loaded*"]


def test_an_object_that_is_deleted_while_it_is_loaded_leaves_no_rows_and_no_failure(place: Landing) -> None:
    place.options = {"on_delete": "remove_rows"}
    place.put("day.csv", A)
    gone = [place.delete]
    outcome = _handled(place, lambda: gone and gone.pop()("day.csv"))
    assert outcome.state == "removed"
    assert place.states() == ["removed*"]


def test_an_object_that_changes_all_the_time_is_left_for_later(place: Landing) -> None:
    place.put("day.csv", A)
    numbers = iter(range(100))
    outcome = _handled(place, lambda: place.put("day.csv", f"id,v\n{next(numbers)},{'x' * 50}\n"))
    assert (outcome.state, outcome.error_code, outcome.is_transient) == ("failed", "object_changed", True)
    assert place.states() == ["failed"]
    assert next(numbers) < 10
