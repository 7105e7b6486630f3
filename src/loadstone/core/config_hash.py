"""A short name for a dataset's configuration, by which the ledger tells whether it changed between loads."""

from __future__ import annotations

import hashlib
import json

from loadstone.model.pipeline import Dataset

__all__ = ["config_hash"]

_DIGITS = 16


def config_hash(dataset: Dataset) -> str:
    """Sixteen hexadecimal digits, the same for the same configuration.

    What is left at its default does not count: writing a default out changes nothing, and neither does a new
    version of loadstone that knows more settings. The order of the columns counts: it is the table's.
    """
    settings = dataset.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]
