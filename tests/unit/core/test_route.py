"""Which dataset a file belongs to."""

from __future__ import annotations

import pytest

from loadstone.core.route import route
from loadstone.errors import ConfigurationError, UsageError
from loadstone.model.pipeline import Dataset

DATASETS = {
    "cars": Dataset(files=("telemetry/*.csv", "telemetry/*.jsonl")),
    "sales": Dataset(files=("sales/**",)),
    "all_csv": Dataset(files=("sales/special/*.csv",)),
}


def test_a_file_goes_to_the_one_dataset_that_matches_it() -> None:
    assert route("telemetry/day1.jsonl", DATASETS) == "cars"
    assert route("sales/2024/01.csv", DATASETS) == "sales"


def test_a_file_that_two_datasets_match_is_refused_and_both_are_named() -> None:
    with pytest.raises(ConfigurationError, match="2 datasets match this file: sales, all_csv") as caught:
        route("sales/special/x.csv", DATASETS)
    assert caught.value.where == "sales/special/x.csv"
    assert "--dataset" in (caught.value.hint or "")


def test_a_file_that_no_dataset_matches_is_refused_with_the_nearest_pattern() -> None:
    with pytest.raises(UsageError, match="no dataset matches") as caught:
        route("telemetri/day1.csv", DATASETS)
    assert "telemetry/*.csv" in (caught.value.hint or "")
