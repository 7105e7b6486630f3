"""Events are routed as files are: to their dataset, into archives, or to nobody."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest

from fixtures.bucket import Bucket
from fixtures.landing import Landing
from loadstone.errors import ConfigurationError
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.events import handle, reconcile
from loadstone.wiring.workspace import Workspace

A = "id,v\n1,a\n2,b\n"
B = "id,v\n3,c\n"
ROWS_A = [(1, "a"), (2, "b")]
ROWS_B = [(3, "c")]


class Events:
    """Hands events to a landing's pipeline, whose only dataset takes what its `files` say."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing

    def settings(self, **options: Any) -> None:
        self.landing.options = options

    def __call__(
        self,
        key: str,
        kind: Literal["created", "removed"] = "created",
        *,
        bucket: str | None = None,
        version_id: str | None = None,
        sequencer: str | None = None,
    ) -> list[LoadOutcome]:
        with self.landing.workspace() as workspace:
            bucket = bucket or workspace.source.bucket
            return handle(workspace, Event(kind, bucket, key, version_id, sequencer))

    def reconcile(self) -> list[tuple[str, str]]:
        with self.landing.workspace() as workspace:
            return [(one.uri.rpartition("/")[2], one.state) for one in reconcile(workspace)]


@pytest.fixture
def events(landing: Landing) -> Events:
    return Events(landing)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What the log says of events that load nothing."""
    with caplog.at_level(logging.INFO, "loadstone.wiring.events"):
        yield lambda: [record.getMessage() for record in caplog.records if "events" in record.name]


def zipped(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name + ".csv", text)
    return packed.getvalue()


def states(outcomes: list[LoadOutcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


@pytest.mark.parametrize(
    "key",
    [
        "a b.csv",
        "a+b.csv",
        "100%.csv",
        "%2B.csv",
        "Jürgen/日本.csv",
        "we[i]rd*?.csv",
        "a&b=c;d.csv",
        "it's.csv",
        "x" * 200 + ".csv",
        "\u0301e.csv",
    ],
)
def test_keys_of_all_kinds_are_loaded_under_their_own_names(events: Events, key: str) -> None:
    events.landing.put(key, A)
    (outcome,) = events(key)
    assert (outcome.state, outcome.error) == ("loaded", None)
    assert outcome.uri == events.landing.uri(key)
    assert events.landing.query("SELECT key FROM loadstone.loads") == [(key,)]
    assert events.landing.rows() == ROWS_A


def test_a_key_goes_to_the_dataset_that_matches_it(events: Events) -> None:
    events.settings(files=["orders/**"])
    events.landing.put("orders/2026/1.csv", A)
    assert states(events("orders/2026/1.csv")) == ["loaded"]
    assert states(events("orders/2026/1.csv")) == ["skipped"]


@pytest.mark.parametrize(
    ("key", "bucket", "reason"),
    [
        ("other/1.csv", None, "no dataset takes it"),
        ("other/1.zip", None, "no dataset takes it"),
        ("orders/", None, "it marks a folder"),
        ("orders/.1.csv.swp", None, "no dataset takes it"),
        ("orders/1.csv", "somebody-elses", "the pipeline's source is"),
    ],
)
def test_what_is_nobodys_loads_nothing_and_says_so_once(
    events: Events, told: Callable[[], list[str]], key: str, bucket: str | None, reason: str
) -> None:
    events.settings(files=["orders/**"])
    assert events(key, bucket=bucket) == []
    assert events(key, "removed", bucket=bucket) == []
    first, second = told()
    assert first == second
    assert reason in first
    assert events.landing.states() == []


def test_a_hidden_file_that_a_pattern_asks_for_is_loaded(events: Events) -> None:
    events.settings(files=["orders/.late/*"])
    events.landing.put("orders/.late/1.csv", A)
    assert states(events("orders/.late/1.csv")) == ["loaded"]


def test_what_is_outside_of_a_sources_prefix_is_nobodys(
    bucket_landing: Landing, told: Callable[[], list[str]]
) -> None:
    assert isinstance(bucket_landing.place, Bucket)
    bucket_landing.put("in/1.csv", A)
    settings = {"source": bucket_landing.place.uri("in"), "datasets": {"orders": {"files": "*.csv"}}}
    with Workspace(Pipeline.from_dict(settings), bucket_landing.database_url) as workspace:
        bucket = bucket_landing.place.name
        assert handle(workspace, Event("created", bucket, "out/1.csv")) == []
        assert handle(workspace, Event("created", bucket, "in/sub/1.csv")) == []
        assert states(handle(workspace, Event("created", bucket, "in/1.csv"))) == ["loaded"]
    assert "outside of the source" in told()[0]


def test_a_key_that_two_datasets_take_is_refused(folder_landing: Landing) -> None:
    folder_landing.put("1.csv", A)
    both = {"a": {"files": "*.csv"}, "b": {"files": "1*"}}
    pipeline = Pipeline.from_dict({"source": folder_landing.source, "datasets": both})
    with Workspace(pipeline, folder_landing.database_url) as workspace:
        with pytest.raises(ConfigurationError, match="2 datasets match"):
            handle(workspace, Event("created", folder_landing.source, "1.csv"))
        assert list(reconcile(workspace)) == []


def test_an_object_without_a_byte_fails_with_its_reason(events: Events) -> None:
    events.landing.put("empty.csv", "")
    (outcome,) = events("empty.csv")
    assert (outcome.state, outcome.error, outcome.is_transient) == ("failed", "the file is empty", False)


def test_an_object_that_was_deleted_before_its_event_is_read_leaves_a_tombstone(events: Events) -> None:
    events.landing.put("1.csv", A)
    events.landing.delete("1.csv")
    assert states(events("1.csv", sequencer="0A")) == ["removed"]


def test_an_object_that_was_overwritten_before_its_event_is_read_loads_as_it_is_now(
    bucket_landing: Landing,
) -> None:
    events = Events(bucket_landing)
    first = bucket_landing.put("1.csv", A)
    bucket_landing.put("1.csv", B)
    assert states(events("1.csv", version_id=first, sequencer="0A")) == ["loaded"]
    assert bucket_landing.rows() == ROWS_B


def test_a_deleted_old_version_is_no_deletion_where_each_version_counts(bucket_landing: Landing) -> None:
    events = Events(bucket_landing)
    events.settings(on_overwrite="append", on_delete="remove_rows")
    assert isinstance(bucket_landing.place, Bucket)
    first, second = bucket_landing.put("1.csv", A), bucket_landing.put("1.csv", B)
    for version in (first, second):
        events("1.csv", version_id=version)
    client, bucket = bucket_landing.place.client, bucket_landing.place.name
    client.delete_object(Bucket=bucket, Key="1.csv", VersionId=first)
    assert states(events("1.csv", "removed", version_id=first)) == ["skipped"]
    assert bucket_landing.rows() == ROWS_A + ROWS_B
    marker = client.delete_object(Bucket=bucket, Key="1.csv")["VersionId"]
    assert states(events("1.csv", "removed", version_id=marker)) == ["removed"]


def test_an_archive_is_loaded_file_by_file_and_again_only_where_it_changed(events: Events) -> None:
    events.landing.put("in/day.zip", zipped(one=A, two=B))
    outcomes = events("in/day.zip")
    assert [one.uri.rpartition("!/")[2] for one in outcomes] == ["one.csv", "two.csv"]
    assert states(outcomes) == ["loaded", "loaded"]
    assert events.landing.rows() == ROWS_A + ROWS_B
    assert states(events("in/day.zip")) == ["skipped", "skipped"]
    assert events.reconcile() == []


def test_files_that_an_archive_lost_go_with_the_event_that_says_so(events: Events) -> None:
    events.settings(on_delete="remove_rows")
    events.landing.put("day.zip", zipped(one=A, two=B, three="id,v\n9,z\n"))
    events("day.zip")
    events.landing.put("day.zip", zipped(one=A, three="id,v\n9,z\n"))
    assert states(events("day.zip"))[0] == "removed"
    assert events.landing.rows() == [*ROWS_A, (9, "z")]


@pytest.mark.parametrize("files", [{"one": A}, {"one": A, "two": B}])
def test_a_deleted_archive_takes_the_rows_of_all_its_files_along(
    events: Events, files: dict[str, str]
) -> None:
    events.settings(on_delete="remove_rows")
    events.landing.put("day.zip", zipped(**files))
    events("day.zip")
    events.landing.delete("day.zip")
    assert states(events("day.zip", "removed", sequencer="0B")) == ["removed"] * len(files)
    assert events.landing.rows() == []


def test_of_an_archive_only_what_a_pattern_leads_to_is_loaded(events: Events) -> None:
    events.settings(files=["*.zip!/one.csv"])
    events.landing.put("day.zip", zipped(one=A, two=B))
    (outcome,) = events("day.zip")
    assert outcome.uri.endswith("day.zip!/one.csv")
    assert any("two.csv" in note for note in outcome.notes)
    events.landing.put("other.zip", zipped(two=B))
    assert events("other.zip") == []


def test_an_archive_that_cannot_be_read_fails_with_its_reason(events: Events) -> None:
    events.landing.put("day.zip", b"PK\x03\x04 cut off")
    (outcome,) = events("day.zip")
    assert outcome.state == "failed"
    assert events.landing.states() == ["failed"]


def test_reconcile_loads_what_no_event_brought_and_notes_what_went(events: Events) -> None:
    events.settings(on_delete="remove_rows")
    for key in ("b.csv", "a.csv", "c.csv"):
        events.landing.put(key, A if key != "c.csv" else B)
    events("a.csv")
    assert events.reconcile() == [("b.csv", "loaded"), ("c.csv", "loaded")]
    assert events.reconcile() == []
    events.landing.delete("a.csv")
    events.landing.delete("b.csv")
    events.landing.put("c.csv", "id,v\n4,d\n")
    assert sorted(events.reconcile()) == [("a.csv", "removed"), ("b.csv", "removed"), ("c.csv", "loaded")]
    assert events.landing.rows() == [(4, "d")]
    assert events.reconcile() == []


def test_reconciles_that_race_with_events_and_with_each_other_load_each_object_once(events: Events) -> None:
    keys = [f"{number}.csv" for number in range(8)]
    for number, key in enumerate(keys):
        events.landing.put(key, f"id,v\n{number},x\n")
    with events.landing.workspace() as workspace, ThreadPoolExecutor(5) as pool:
        bucket = workspace.source.bucket

        def bring(key: str) -> list[str]:
            return states(handle(workspace, Event("created", bucket, key), waits=True))

        scans = [pool.submit(lambda: states(list(reconcile(workspace, waits=True)))) for _ in range(2)]
        answers = [state for found in pool.map(bring, reversed(keys)) for state in found]
        answers += [state for scan in scans for state in scan.result()]
    assert sorted(state for state in answers if state != "skipped") == ["loaded"] * len(keys)
    assert events.landing.rows() == [(number, "x") for number in range(len(keys))]
    assert events.landing.states() == ["loaded*"] * len(keys)


def test_reconcile_of_an_empty_source_is_nothing(events: Events) -> None:
    assert events.reconcile() == []


def test_a_hand_and_a_thread_share_a_workspace(bucket_landing: Landing) -> None:
    for number in range(6):
        bucket_landing.put(f"{number}.zip", zipped(one=f"id,v\n{number},x\n", two=f"id,v\n{number},y\n"))
    with bucket_landing.workspace() as workspace, ThreadPoolExecutor(3) as pool:
        bucket = workspace.source.bucket
        made = pool.map(
            lambda number: handle(workspace, Event("created", bucket, f"{number}.zip"), waits=True), range(6)
        )
        assert [states(one) for one in made] == [["loaded", "loaded"]] * 6
    assert len(bucket_landing.rows()) == 12
