"""A short name for a dataset's configuration, by which the ledger tells whether it changed between loads."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from msgspec import to_builtins

from loadstone.model.configured import Configured
from loadstone.model.pipeline import Dataset

__all__ = ["config_hash"]

_DIGITS = 16


def config_hash(dataset: Dataset) -> str:
    """Sixteen hexadecimal digits, the same for the same configuration.

    What is left at its default does not count: writing a default out changes nothing, and neither does a new
    version of loadstone that knows more settings. The order of the columns counts: it is the table's. Who is
    notified does not count: it changes no row.
    """
    canonical = json.dumps(dataset, default=_settings, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]


def _settings(value: object) -> Any:
    """What JSON has no word for: settings, less the defaults, and bounds of partitions in Python code."""
    if not isinstance(value, Configured):
        return to_builtins(value)
    settings = value.not_default()
    settings.pop("notify", None)
    return settings
