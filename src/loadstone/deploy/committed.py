"""The templates as they are installed: what `loadstone template` prints and `deploy` deploys."""

from __future__ import annotations

from pathlib import Path

__all__ = ["STACKS", "template_path", "template_text"]

#: The stacks, in the order in which they are deployed.
STACKS = ("network-database", "pipeline")


def template_path(stack: str) -> Path:
    """The file of a stack's template."""
    return Path(__file__).parent / "templates" / f"{stack}.yaml"


def template_text(stack: str) -> str:
    """The template of a stack, a name out of `STACKS`."""
    return template_path(stack).read_text(encoding="utf-8")
