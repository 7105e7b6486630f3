"""A short name for a dataset's configuration, by which the ledger tells whether it changed between loads."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel

from loadstone.model.pipeline import Dataset

__all__ = ["config_hash"]

_DIGITS = 16


def config_hash(dataset: Dataset) -> str:
    """Sixteen hexadecimal digits, the same for the same configuration.

    What is left at its default does not count: writing a default out changes nothing, and neither does a new
    version of loadstone that knows more settings. The order of the columns counts: it is the table's.
    """
    canonical = json.dumps(dataset, default=_settings, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]


def _settings(value: object) -> Any:
    """What `model_dump(mode="json", exclude_defaults=True)` says, without compiling a serializer for it."""
    if isinstance(value, BaseModel):
        defaults = {name: field.default for name, field in type(value).model_fields.items()}
        return {name: setting for name, setting in value if setting != defaults[name]}
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 - a bound of a partition, in Python code

    return to_jsonable_python(value)
