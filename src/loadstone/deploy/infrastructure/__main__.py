"""Writes the templates that are committed: `python -m loadstone.deploy.infrastructure`."""

from __future__ import annotations

from loadstone.deploy.committed import template_path
from loadstone.deploy.infrastructure import synthesize

if __name__ == "__main__":
    for name, text in synthesize().items():
        template_path(name).write_text(text, encoding="utf-8")
