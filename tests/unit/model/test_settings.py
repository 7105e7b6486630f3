"""Settings made in code are checked as those of a file are, and everything that is wrong is said at once."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import ConfigurationError
from loadstone.model.mistake import InvalidSettings
from loadstone.model.pipeline import ColumnConfig, Dataset, Format, Limits, PartitionBy, Pipeline, RejectLimit
from loadstone.model.reading import read

#: Each is wrong whatever stands beside it: setting -> what is said, and where.
WRONG: dict[str, tuple[Any, str]] = {
    "files": ([], "files: is empty"),
    "table": (5, "table: 5 is not text"),
    "mode": ("merg", "mode: 'merg' is none of append, merge, replace"),
    "key": (["id", None], "key[1]: None is not text"),
    "allow_empty": ("maybe", "allow_empty: 'maybe' is neither true nor false"),
    "partition_by": (
        {"hash": ["a"]},
        "partition_by: partition_by hash takes `partitions: N`, a positive number",
    ),
    "indexes": (["a", [["b"]]], "indexes[1][0]: ['b'] is not text"),
    "reject_limit": ("150%", "reject_limit: '150%' is neither a count (25) nor a share (10%)"),
    "columns": ({"a": {"max_length": -1}}, "columns.a.max_length: -1 is less than 0"),
    "format": ({"quote": "''"}, "format.quote: \"''\" is too long: it takes one character"),
    "kolumns": ({}, "kolumns: unknown key"),
}


@given(st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
def test_every_mistake_is_told_whatever_others_there_are(wrong: set[str]) -> None:
    settings = {"files": "*.csv", **{name: WRONG[name][0] for name in wrong}}
    made, mistakes = read(Dataset, settings)
    assert made is None
    assert sorted(map(str, mistakes)) == sorted(WRONG[name][1] for name in wrong)


def test_short_forms_are_taken_in_code_too() -> None:
    short = Dataset(files="*.csv", key="id", mode="merge", indexes=["a"], reject_limit="5%")  # type: ignore[arg-type]
    assert short == Dataset(
        files=("*.csv",),
        key=("id",),
        mode="merge",
        indexes=(("a",),),
        reject_limit=RejectLimit(share=0.05),
    )


def test_plain_values_and_settings_may_be_mixed() -> None:
    plain = {"files": ["*.csv"], "columns": {"a": ColumnConfig(type="date"), "b": {"default": 5}}}
    dataset = Pipeline.from_dict({"datasets": {"d": plain}}).datasets["d"]
    assert dataset.columns == {"a": ColumnConfig(type="date"), "b": ColumnConfig(default="5")}


@pytest.mark.parametrize(
    ("model", "settings", "what"),
    [
        (Dataset, {"files": "x", "mode": "merge"}, "Dataset: mode: merge needs a key"),
        (Dataset, {}, "Dataset: files: is missing"),
        (ColumnConfig, {"sep": ","}, "ColumnConfig: sep goes with split"),
        (ColumnConfig, {"otherwise": {}}, "takes reject, null, or {set: VALUE}"),
        (ColumnConfig, {"range": ["1"]}, "is too short: it takes 2 values"),
        (Format, {"preset": "exel"}, "there is no preset 'exel'"),
        (Limits, {"attempts": 0}, "0 is less than 1"),
        (Limits, {"attempts": True}, "True is not a whole number"),
        (PartitionBy, {}, "takes exactly one of hash, range, list"),
        (Pipeline, {"datasets": {5: {"files": "x"}}}, "the key 5 is not text"),
    ],
)
def test_wrong_settings_never_become_a_value(model: Any, settings: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        model(**settings)
    assert what in str(raised.value)
    assert isinstance(raised.value, ConfigurationError)


def test_several_mistakes_are_listed_with_their_hints() -> None:
    with pytest.raises(InvalidSettings) as raised:
        Dataset.from_dict({"files": "x", "mode": "merg", "colums": {}})
    assert str(raised.value).splitlines() == [
        "Dataset: 2 mistakes",
        "  mode: 'merg' is none of append, merge, replace",
        "    hint: did you mean merge?",
        "  colums: unknown key",
        "    hint: did you mean columns?",
    ]


def test_a_change_must_agree_with_the_rest() -> None:
    dataset = Dataset(files=("x",))
    assert dataset.changed(mode="merge", key=("id",)).key == ("id",)
    with pytest.raises(InvalidSettings, match="mode: merge needs a key"):
        dataset.changed(mode="merge")


@pytest.mark.parametrize(
    ("written", "read"), [("007", 7), ("1_000", 1000), (" 5 ", 5), (2.0, 2)]
)  # as in the environment
def test_a_number_may_be_quoted(written: object, read: int) -> None:
    assert Limits.from_dict({"attempts": written}).attempts == read


@pytest.mark.parametrize("written", ["yes", "on", "TRUE", "1", 1, True])
def test_a_switch_has_many_names(written: object) -> None:
    assert ColumnConfig.from_dict({"required": written}).required is True


def test_what_was_stated_is_known_be_it_the_default() -> None:
    column = ColumnConfig(required=False, type="date")
    assert column.stated == {"required", "type"}
    assert column.changed(type="text").stated == {"type"}


def test_settings_cannot_be_changed_and_can_be_copied() -> None:
    pipeline = Pipeline.from_dict({"datasets": {"d": {"files": "x", "columns": {"a": {"trim": True}}}}})
    with pytest.raises((AttributeError, TypeError)):
        pipeline.name = "other"  # type: ignore[misc]
    for again in (copy.copy(pipeline), copy.deepcopy(pipeline), pickle.loads(pickle.dumps(pipeline))):  # noqa: S301
        assert again == pipeline
