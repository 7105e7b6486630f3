"""When a file in a watched folder counts."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadstone.errors import ObjectMissing
from loadstone.ports import Refusal
from loadstone.sources.local import LocalSource
from loadstone.triggers.folder import FolderTrigger

_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class OwnClock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return _NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Watched:
    """A folder, and who watches it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = OwnClock()
        self.source = LocalSource(folder)
        self.trigger = self.watch({})

    def watch(self, known: dict[str, str], *, waits_for_rest: bool = False) -> FolderTrigger:
        return FolderTrigger(
            self.source.bucket,
            lambda: self.source.list(["**"]),
            known,
            self.clock,
            waits_for_rest=waits_for_rest,
        )

    def write(self, name: str, text: str, *, age: float = 60.0) -> None:
        """A file whose time is so many seconds before the clock's."""
        path = self.folder / name
        path.write_text(text)
        moment = self.clock.now().timestamp() - age
        os.utime(path, (moment, moment))

    def seen(self) -> list[str]:
        """What the next look brings, acted upon at once: `+` what came, `-` what went."""
        found = []
        for delivery in self.trigger.receive(10):
            (event,) = delivery.events()
            found.append(("+" if event.kind == "created" else "-") + event.key)
            delivery.done()
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_file_comes_once_until_it_changes_or_goes(watched: Watched) -> None:
    watched.write("day.csv", "a")
    assert watched.seen() == ["+day.csv"]
    assert watched.seen() == []
    watched.write("day.csv", "ab")
    assert watched.seen() == ["+day.csv"]
    (watched.folder / "day.csv").unlink()
    assert watched.seen() == ["-day.csv"]
    assert watched.seen() == []


def test_a_file_that_is_being_written_to_is_left_alone_until_it_rests(watched: Watched) -> None:
    for text in ("a", "ab", "abc"):
        watched.write("day.csv", text, age=-0.5)  # that is, between this look and the next
        assert watched.seen() == []
    assert watched.seen() == ["+day.csv"]


def test_a_file_from_the_future_counts_once_it_rests(watched: Watched) -> None:
    watched.write("day.csv", "a", age=-3600)
    assert watched.seen() == []
    assert watched.seen() == ["+day.csv"]


def test_a_single_pass_waits_for_files_to_rest(watched: Watched) -> None:
    watched.trigger = watched.watch({}, waits_for_rest=True)
    watched.write("day.csv", "a", age=0)
    assert watched.seen() == ["+day.csv"]
    assert watched.seen() == []


def test_hidden_files_do_not_count(watched: Watched) -> None:
    watched.write(".day.csv", "a")
    assert watched.seen() == []


def test_older_files_come_first(watched: Watched) -> None:
    watched.write("a.csv", "a", age=10)
    watched.write("b.csv", "b", age=20)
    assert watched.seen() == ["+b.csv", "+a.csv"]


def test_what_was_loaded_before_is_known_and_what_went_since_is_noticed(watched: Watched) -> None:
    watched.write("kept.csv", "a")
    kept = watched.source.head("kept.csv").identity
    watched.trigger = watched.watch({"kept.csv": kept, "gone.csv": "file:1@2026"})
    assert watched.seen() == ["-gone.csv"]


def test_what_failed_for_now_comes_again_later_and_what_is_refused_when_it_changes(watched: Watched) -> None:
    watched.write("day.csv", "a")
    (delivery,) = watched.trigger.receive(10)
    delivery.retry()
    assert watched.seen() == []
    watched.clock.sleep(5)
    (delivery,) = watched.trigger.receive(10)
    delivery.refuse(Refusal("format_error", "the file is empty"))
    watched.clock.sleep(600)
    assert watched.seen() == []
    watched.write("day.csv", "ab")
    assert watched.seen() == ["+day.csv"]


def test_what_is_given_back_or_not_answered_is_not_lost(watched: Watched) -> None:
    watched.write("day.csv", "a")
    (delivery,) = watched.trigger.receive(10)
    assert watched.seen() == []
    delivery.give_back()
    assert watched.seen() == ["+day.csv"]


def test_a_folder_that_is_gone_is_an_error_rather_than_many_deletions(watched: Watched) -> None:
    watched.write("day.csv", "a")
    assert watched.seen() == ["+day.csv"]
    (watched.folder / "day.csv").unlink()
    watched.folder.rmdir()
    with pytest.raises(ObjectMissing, match="no such folder"):
        watched.seen()
