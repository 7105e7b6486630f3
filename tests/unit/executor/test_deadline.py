"""A load that has to be over by a certain time hears of it where it reports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loadstone.errors import OutOfTime, Transient
from loadstone.executor.deadline import DeadlineProgress, Interrupted
from loadstone.model.event import ObjectVersion
from loadstone.wiring.quiet import Quiet

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Watch:
    """A clock that stands still until it is set."""

    time = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def progress(watch: Watch) -> DeadlineProgress:
    return DeadlineProgress(Quiet(), watch, 10.0)


@pytest.mark.parametrize(("size", "told"), [(200, "25% of the file"), (0, "7 rows of the file")])
def test_a_load_amid_its_rows_is_ended_and_says_how_far_it_came(
    progress: DeadlineProgress, watch: Watch, size: int, told: str
) -> None:
    version = ObjectVersion("s3://b/k", "b", "k", None, None, NOW, size)
    progress.started(version)
    progress.advanced(version, 50, 7, 0)
    watch.sleep(10)
    assert progress.is_over
    with pytest.raises(OutOfTime, match=told) as caught:
        progress.advanced(version, 50, 7, 0)
    assert isinstance(caught.value, Transient)
    assert caught.value.code == "out_of_time"


def test_who_waits_is_told_that_there_is_no_time_for_it(progress: DeadlineProgress, watch: Watch) -> None:
    progress.waiting("all slots are taken")
    watch.sleep(11)
    with pytest.raises(OutOfTime, match="all slots are taken"):
        progress.waiting("all slots are taken")


def test_an_interruption_is_taken_for_no_fault_of_the_load() -> None:
    reason = OutOfTime("shut down")
    assert not isinstance(Interrupted(reason), Exception)
    assert Interrupted(reason).error is reason
