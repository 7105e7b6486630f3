"""The JSON Schema of pipeline.yaml, by which editors complete and check it."""

from __future__ import annotations

import json
from typing import Any

from loadstone.config.descriptions import DESCRIPTIONS
from loadstone.model.pipeline import Pipeline

__all__ = ["pipeline_schema", "schema_text"]


def pipeline_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `pipeline.yaml` accepts, short forms included."""
    schema = Pipeline.model_json_schema(mode="validation")
    dataset = schema["$defs"]["Dataset"]["properties"]
    for name in ("files", "key"):
        dataset[name] = _one_or_many(dataset[name])
    dataset["indexes"]["items"] = {"anyOf": [{"type": "string"}, dataset["indexes"]["items"]]}
    limit = dataset["reject_limit"]
    limit.pop("$ref", None)
    limit["anyOf"] = [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%?\s*$"},
        {"$ref": "#/$defs/RejectLimit"},
        {"type": "null"},
    ]
    _allow_written_cells(schema["$defs"]["ColumnConfig"]["properties"])
    child = schema["$defs"]["ChildConfig"]["properties"]
    child["key"] = _one_or_many(child["key"])
    for definition in ("Dataset", "ColumnConfig", "ChildConfig"):
        _allow_empty_mappings(schema["$defs"][definition])
    for name, keys in DESCRIPTIONS.items():
        described = schema if name == "Pipeline" else schema["$defs"][name]
        for key, text in keys.items():
            described["properties"][key]["description"] = text
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "loadstone pipeline.yaml",
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(pipeline_schema(), indent=2, ensure_ascii=False) + "\n"


def _one_or_many(array: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: array.pop(name) for name in ("title", "default", "description") if name in array
    }
    return {"anyOf": [{"type": "string"}, array], **kept}


def _allow_written_cells(properties: dict[str, Any]) -> None:
    """A cell may be written without quotes: `range: [0, 100]` is read as the texts '0' and '100'."""
    for name in ("null_values", "range", "values", "otherwise", "default", "constant"):
        _texts_to_scalars(properties[name])


def _texts_to_scalars(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
            schema["type"] = ["string", "number", "boolean"]
        for name, inner in schema.items():
            if name != "propertyNames":
                _texts_to_scalars(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _texts_to_scalars(inner)


def _allow_empty_mappings(definition: dict[str, Any]) -> None:
    """`city:` with nothing behind it is a column without settings."""
    if definition["type"] == "object" and not definition.get("required"):
        definition["type"] = ["object", "null"]
