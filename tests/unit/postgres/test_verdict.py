from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from loadstone.model.event import ObjectVersion
from loadstone.model.load import Counts, LoadRecord, LoadRequest
from loadstone.model.pipeline import Dataset
from loadstone.postgres.ledger import identity
from loadstone.postgres.verdict import decide, is_same_version, moves_sequencer, replaced_loads

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
VERSION = ObjectVersion("s3://b/k.csv", "b", "k.csv", None, "aa", NOON, 10)
REQUEST = LoadRequest("p", "d", "t", VERSION)


def dataset(**settings: Any) -> Dataset:
    key = {"key": ("id",)} if settings.get("mode") == "merge" else {}
    return Dataset(files=("*.csv",), **key, **settings)


def record(**facts: Any) -> LoadRecord:
    known: dict[str, Any] = {
        "load_id": 7, "pipeline": "p", "dataset": "d", "table": "t", "bucket": "b", "key": "k.csv",
        "uri": "s3://b/k.csv", "state": "loaded", "is_current": True, "attempt": 1, "counts": Counts(),
        "size_bytes": 10, "version_id": None, "etag": "aa", "object_time": NOON, "sequencer": None,
        "started_at": NOON, "finished_at": NOON, "error_code": None, "error": None, "dialect": None,
        "worker": None,
    }  # fmt: skip
    return LoadRecord(**{**known, **facts})


def same(request: LoadRequest, standing: LoadRecord | None) -> bool:
    return is_same_version(request, identity(standing) if standing else None, standing)


def state(request: LoadRequest, settings: Dataset, standing: LoadRecord | None) -> str | None:
    return decide(request, settings, standing, is_same=same(request, standing)).state


def test_an_object_that_was_never_seen_is_loaded() -> None:
    assert state(REQUEST, dataset(), None) is None


def test_the_very_version_that_stands_is_skipped() -> None:
    answer = decide(REQUEST, dataset(), record(), is_same=same(REQUEST, record()))
    assert (answer.state, answer.load_id) == ("skipped", 7)


def test_the_same_moment_in_another_zone_is_the_same_version() -> None:
    elsewhere = replace(VERSION, modified=NOON.astimezone(timezone(timedelta(hours=5))))
    assert state(replace(REQUEST, version=elsewhere), dataset(), record()) == "skipped"


@pytest.mark.parametrize(
    "change", [{"etag": "bb"}, {"modified": NOON + timedelta(seconds=1)}, {"version_id": "v2"}]
)
def test_any_other_version_is_loaded(change: dict[str, Any]) -> None:
    assert state(replace(REQUEST, version=replace(VERSION, **change)), dataset(), record()) is None


def test_the_version_that_stands_is_loaded_again_when_told_so() -> None:
    assert state(replace(REQUEST, again=True), dataset(), record()) is None


def test_a_local_file_is_told_by_size_and_time() -> None:
    local = replace(VERSION, etag=None)
    standing = record(etag=None)
    assert state(replace(REQUEST, version=local), dataset(), standing) == "skipped"
    assert state(replace(REQUEST, version=replace(local, size=11)), dataset(), standing) is None


OTHER = replace(REQUEST, version=replace(VERSION, etag="bb"))


def test_an_event_older_than_what_stands_is_superseded() -> None:
    late = replace(OTHER, sequencer="0A")
    assert state(late, dataset(), record(sequencer="0B")) == "superseded"
    assert state(replace(late, sequencer="0C"), dataset(), record(sequencer="0B")) is None


def test_where_each_version_counts_nothing_supersedes() -> None:
    assert (
        state(replace(OTHER, sequencer="0A"), dataset(on_overwrite="append"), record(sequencer="0B")) is None
    )


def test_a_late_event_does_not_revive_a_deleted_object() -> None:
    tombstone = record(state="removed", sequencer="0B")
    for settings in (dataset(), dataset(on_overwrite="append"), dataset(mode="merge")):
        assert state(replace(REQUEST, sequencer="0A"), settings, tombstone) == "superseded"
        assert state(replace(REQUEST, sequencer="0C"), settings, tombstone) is None
        assert state(REQUEST, settings, tombstone) is None


def test_with_ignore_a_newer_version_is_skipped_unless_the_object_was_deleted() -> None:
    assert state(OTHER, dataset(on_overwrite="ignore"), record()) == "skipped"
    assert state(OTHER, dataset(on_overwrite="ignore"), record(state="removed")) is None


def test_a_later_event_about_what_stands_moves_its_sequencer() -> None:
    assert moves_sequencer(replace(REQUEST, sequencer="0B"), record(sequencer="0A"))
    assert moves_sequencer(replace(REQUEST, sequencer="0B"), record())
    assert not moves_sequencer(replace(REQUEST, sequencer="0A"), record(sequencer="0B"))
    assert not moves_sequencer(REQUEST, record(sequencer="0B"))


@pytest.mark.parametrize(
    ("settings", "is_same", "expected"),
    [
        (dataset(), False, (5, 7)),
        (dataset(), True, (5, 7)),
        (dataset(on_overwrite="append"), False, ()),
        (dataset(on_overwrite="append"), True, (7,)),
        (dataset(mode="merge"), False, ()),
        (dataset(mode="merge"), True, (7,)),
        (dataset(mode="merge", lineage=False), True, ()),
        (dataset(mode="merge", on_overwrite="replace_rows"), False, (5, 7)),
        (dataset(mode="replace"), False, ()),
        (dataset(mode="replace"), True, ()),
    ],
)
def test_which_rows_go_is_declared_by_the_dataset(
    settings: Dataset, is_same: bool, expected: tuple[int, ...]
) -> None:
    assert replaced_loads(settings, record(), (5, 7), is_same=is_same) == expected


def test_nothing_goes_where_nothing_stood() -> None:
    assert replaced_loads(dataset(), None, (), is_same=False) == ()
