"""The JSON Schema of pipeline.yaml, by which editors complete and check it."""

from __future__ import annotations

import inspect
import json
from typing import Any

import msgspec

from loadstone.config.descriptions import DESCRIPTIONS
from loadstone.model import pipeline as models
from loadstone.model.annotations import fields, members, words
from loadstone.model.configured import Configured
from loadstone.model.pipeline import Pipeline
from loadstone.model.presets import PRESETS

__all__ = ["pipeline_schema", "schema_text"]

#: A count, or a share with its percent sign.
_LIMIT = r"^\s*\d+(\.\d+)?\s*%?\s*$"
#: Hours, days, weeks.
_AGE = r"^\s*\d{1,6}\s*[hdwHDW]\s*$"


def pipeline_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `pipeline.yaml` accepts, short forms included."""
    _, components = msgspec.json.schema_components((Pipeline,), ref_template="#/$defs/{name}")
    definitions = json.loads(json.dumps(components))
    for name, keys in DESCRIPTIONS.items():
        properties = definitions[name]["properties"]
        definitions[name]["description"] = inspect.cleandoc(definitions[name]["description"])
        _order_words(getattr(models, name), properties)
        for key, text in keys.items():
            properties[key]["description"] = text
    _allow_short_forms(definitions)
    _allow_written_cells(definitions["ColumnConfig"]["properties"])
    for name in ("Dataset", "ColumnConfig", "ChildConfig"):
        _allow_empty_mappings(definitions[name])
    root = definitions.pop("Pipeline")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(definitions.items())),
        **root,
        "title": "loadstone pipeline.yaml",
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(pipeline_schema(), indent=2, ensure_ascii=False) + "\n"


def _order_words(model: type[Configured], properties: dict[str, Any]) -> None:
    """Msgspec sorts the words that a key takes; they come in the order in which the model has them."""
    for name, field in fields(model).items():
        for one in properties[name].get("anyOf", [properties[name]]):
            if "enum" in one:
                enum = [word for member in members(field.type) for word in words(member)]
                one.update({"type": "string", "enum": enum})


def _allow_short_forms(definitions: dict[str, Any]) -> None:
    dataset = definitions["Dataset"]["properties"]
    for name in ("files", "key"):
        dataset[name] = _one_or_many(dataset[name])
    child = definitions["ChildConfig"]["properties"]
    child["key"] = _one_or_many(child["key"])
    dataset["indexes"]["items"] = {"anyOf": [{"type": "string"}, dataset["indexes"]["items"]]}
    limit = dataset["reject_limit"]
    limit.pop("$ref", None)
    limit["anyOf"] = [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": _LIMIT},
        {"$ref": "#/$defs/RejectLimit"},
        {"type": "null"},
    ]
    _allow_short_notices(definitions)
    _allow_short_ages(definitions)
    definitions["Format"]["properties"]["preset"]["enum"] = [*sorted(PRESETS), None]
    otherwise = definitions["ColumnConfig"]["properties"]["otherwise"]["anyOf"][1]
    otherwise.update({"properties": {"set": otherwise.pop("additionalProperties")}, "required": ["set"]})
    otherwise["additionalProperties"] = False


def _allow_short_ages(definitions: dict[str, Any]) -> None:
    """`retention: 90d`."""
    age = {"type": "string", "pattern": _AGE}
    definitions["Pipeline"]["properties"]["retention"]["anyOf"].insert(0, age)
    for one in definitions["Retention"]["properties"].values():
        one["anyOf"] = [age, {"type": "null"}]


def _allow_short_notices(definitions: dict[str, Any]) -> None:
    """`on: failed`, `on: [failed, rejects_over: 1%]`, `nothing_by: "06:00"`."""
    kinds = definitions["NotifyOn"]["properties"]
    limit = kinds["rejects_over"]["anyOf"]
    limit[:0] = [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": _LIMIT}]
    kinds["nothing_by"]["anyOf"].insert(0, {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d( \S+)?$"})
    words = [name for name, one in kinds.items() if one.get("type") == "boolean"]
    on = definitions["NotifyTarget"]["properties"]["on"]
    reference = {"$ref": on.pop("$ref")}
    word = {"type": "string", "enum": words}
    on["anyOf"] = [word, {"type": "array", "items": {"anyOf": [word, reference]}, "minItems": 1}, reference]


def _one_or_many(array: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: array.pop(name) for name in ("default", "description") if name in array}
    return {"anyOf": [{"type": "string"}, array], **kept}


def _allow_written_cells(properties: dict[str, Any]) -> None:
    """A cell may be written without quotes: `range: [0, 100]` is read as the texts '0' and '100'."""
    for name in ("null_values", "range", "values", "otherwise", "default", "constant"):
        _texts_to_scalars(properties[name])


def _texts_to_scalars(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
            schema["type"] = ["string", "number", "boolean"]
        for inner in schema.values():
            _texts_to_scalars(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _texts_to_scalars(inner)


def _allow_empty_mappings(definition: dict[str, Any]) -> None:
    """`city:` with nothing behind it is a column without settings."""
    if definition["type"] == "object" and not definition.get("required"):
        definition["type"] = ["object", "null"]
