"""The name that a dataset's configuration goes by in the ledger."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from loadstone.core.config_hash import config_hash
from loadstone.model.pipeline import Dataset

SETTINGS: list[dict[str, Any]] = [
    {},
    {"table": "sales.orders", "key": "id", "mode": "merge"},
    {"reject_limit": "10%"},
    {"reject_limit": "25%"},
    {"reject_limit": None},
    {"format": {}},
    {"format": {"delimiter": ";", "header": ["a", "b"]}},
    {
        "columns": {
            "b": {"range": [1, None], "otherwise": {"set": 5}},
            "ä": {"values": ["x"], "required": False},
        }
    },
    {"partition_by": {"range": ("day",), "partitions": {"old": [date(2024, 1, 1), date(2025, 1, 1)]}}},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_hash_is_that_of_the_settings_which_are_not_the_defaults(settings: dict[str, Any]) -> None:
    dataset = Dataset.model_validate({"files": "x.csv", **settings})
    stated = dataset.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(stated, ensure_ascii=False, separators=(",", ":"))
    assert config_hash(dataset) == hashlib.sha256(canonical.encode()).hexdigest()[:16]


def test_a_dataset_made_up_for_a_file_hashes_as_one_that_is_written_down() -> None:
    made_up = Dataset.model_construct(files=("x.csv",), table="x")
    assert config_hash(made_up) == config_hash(Dataset(files=("x.csv",), table="x"))
