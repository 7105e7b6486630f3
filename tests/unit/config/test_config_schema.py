"""The committed reference is what the code says, and the schema knows what the loader knows."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from loadstone.config.descriptions import DESCRIPTIONS
from loadstone.config.schema import pipeline_schema
from loadstone.model import pipeline as model

ROOT = Path(__file__).resolve().parents[3]
GENERATED: dict[Path, str] = runpy.run_path(str(ROOT / "docs/reference/generate.py"))["files"]()


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_the_committed_reference_is_up_to_date(path: Path) -> None:
    """Mend with `python docs/reference/generate.py`."""
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path]


def test_every_key_is_described() -> None:
    for name, keys in DESCRIPTIONS.items():
        assert list(keys) == list(getattr(model, name).__struct_fields__)


def test_the_schema_accepts_the_short_forms() -> None:
    schema = pipeline_schema()
    dataset, column = (schema["$defs"][name] for name in ("Dataset", "ColumnConfig"))
    assert {"type": "string"} in dataset["properties"]["files"]["anyOf"]
    assert {one.get("type") for one in dataset["properties"]["reject_limit"]["anyOf"]} >= {
        "integer",
        "string",
    }
    assert column["type"] == ["object", "null"]
    assert column["additionalProperties"] is False
    assert "number" in json.dumps(column["properties"]["range"])
    assert column["properties"]["otherwise"]["anyOf"][0]["enum"] == ["reject", "null"]
