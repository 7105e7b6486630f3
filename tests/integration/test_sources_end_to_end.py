"""Folders, globs and buckets: which files are loaded, and in which order."""

from __future__ import annotations

import pytest

from fixtures.landing import Landing
from loadstone.errors import ObjectMissing
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.workspace import Workspace

DAY = "id,v\n{0},{0}\n"


def fill(landing: Landing, *keys: str) -> None:
    for number, key in enumerate(keys, 1):
        landing.put(key, DAY.format(number))


def loaded(landing: Landing, *uris: str) -> list[tuple[str, str]]:
    with landing.workspace() as workspace:
        outcomes = list(workspace.load([landing.uri(uri) for uri in uris]))
    return [(outcome.uri.rpartition("/")[2], outcome.state) for outcome in outcomes]


def test_without_a_uri_all_of_the_source_is_loaded_the_oldest_first(landing: Landing) -> None:
    landing.options = {"files": "in/**"}
    fill(landing, "in/b.csv", "in/deep/er/a.csv", "out/c.csv")
    assert loaded(landing) == [("b.csv", "loaded"), ("a.csv", "loaded")]
    assert loaded(landing) == [("b.csv", "skipped"), ("a.csv", "skipped")]
    assert landing.rows("id") == [(1,), (2,)]


def test_a_prefix_a_glob_and_a_key_name_the_same_objects(landing: Landing) -> None:
    fill(landing, "in/a.csv", "in/b.csv", "in/deep/c.csv")
    assert loaded(landing, "in/?.csv") == [("a.csv", "loaded"), ("b.csv", "loaded")]
    assert sorted(loaded(landing, "in/")) == [("a.csv", "skipped"), ("b.csv", "skipped"), ("c.csv", "loaded")]
    assert loaded(landing, "in/a.csv") == [("a.csv", "skipped")]
    assert landing.states() == ["loaded*"] * 3


@pytest.mark.parametrize("name", ["a b.csv", "ä+%20.csv", "a[1].csv", "q?=&#.csv", "日本.csv"])
def test_any_name_is_only_a_name(landing: Landing, name: str) -> None:
    fill(landing, name)
    with landing.workspace() as workspace:
        (outcome,) = workspace.load()
        assert outcome.state == "loaded", outcome.error
        assert outcome.uri.endswith(name)
        (again,) = workspace.load([landing.uri(name)])
    assert again.state == "skipped"
    assert landing.query("SELECT key FROM loadstone.loads") == [(name,)]


def test_one_broken_object_does_not_keep_the_others_from_loading(landing: Landing) -> None:
    landing.put("a.csv", DAY.format(1))
    landing.put("b.csv", "")
    landing.put("c.csv", DAY.format(3))
    assert [state for _, state in loaded(landing)] == ["loaded", "failed", "loaded"]
    assert landing.rows("id") == [(1,), (3,)]


def test_a_file_that_was_only_touched_is_skipped(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load(DAY.format(1))
    landing.put("day.csv", DAY.format(1))
    touched = landing.load()
    assert touched.state == "skipped"
    assert "touched" in touched.notes[0]
    assert landing.states() == ["loaded*"]


def test_a_missing_bucket_is_a_clear_error(bucket_landing: Landing) -> None:
    with (
        Workspace(Pipeline(), bucket_landing.database_url) as workspace,
        pytest.raises(ObjectMissing, match="no such bucket") as raised,
    ):
        list(workspace.load(["s3://there-is-none-of-this-name/day.csv"]))
    assert raised.value.where
