"""The name that a dataset's configuration goes by in the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loadstone.core.config_hash import config_hash
from loadstone.model.pipeline import Dataset

#: As ledgers have them: a new version of loadstone must not take a configuration for a changed one.
IN_LEDGERS: list[tuple[dict[str, Any], str]] = [
    ({}, "115d22ed32227f80"),
    ({"table": "sales.orders", "key": "id", "mode": "merge"}, "58df4377aecc4dd5"),
    ({"reject_limit": "10%"}, "115d22ed32227f80"),
    ({"reject_limit": "25%"}, "57f6d203454d8a0a"),
    ({"reject_limit": None}, "65f9b9aa2dfec815"),
    ({"format": {}}, "115d22ed32227f80"),
    ({"format": {"delimiter": ";", "header": ["a", "b"]}}, "59cc04f794373579"),
    (
        {
            "columns": {
                "b": {"range": [1, None], "otherwise": {"set": 5}},
                "ä": {"values": ["x"], "required": False},
            }
        },
        "21d0e7c980a3db86",
    ),
    (
        {"partition_by": {"range": ("day",), "partitions": {"old": [date(2024, 1, 1), date(2025, 1, 1)]}}},
        "861adcaeae266a8c",
    ),
]


@pytest.mark.parametrize(("settings", "known_as"), IN_LEDGERS)
def test_a_configuration_keeps_its_name(settings: dict[str, Any], known_as: str) -> None:
    assert config_hash(Dataset.from_dict({"files": "x.csv", **settings})) == known_as


def test_a_dataset_made_up_for_a_file_hashes_as_one_that_is_written_down() -> None:
    made_up = Dataset.unchecked(files=("x.csv",), table="x")
    assert config_hash(made_up) == config_hash(Dataset(files=("x.csv",), table="x"))
