"""What the URL of a queue of SQS, and its attributes, say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

__all__ = ["Redrive", "redrive_of", "region_of"]

_REGION = re.compile(r"https://(?:sqs\.|queue\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.")


class Redrive(Struct, frozen=True):
    """Where messages go that fail.

    Attributes:
        dead_letters: ARN of the queue that takes them; None where there is none.
        receives: after which SQS itself moves a message there.
    """

    dead_letters: str | None
    receives: int | None


def region_of(url: str) -> str | None:
    """The region that a queue's URL names; None for an emulator's."""
    found = _REGION.match(url)
    return found[1] if found else None


def redrive_of(attributes: Mapping[str, Any]) -> Redrive:
    """What a queue's attribute `RedrivePolicy` says."""
    policy = json.loads(attributes.get("RedrivePolicy") or "{}")
    count = policy.get("maxReceiveCount")
    return Redrive(policy.get("deadLetterTargetArn"), None if count is None else int(count))
