"""Where objects come from: local folders and S3 buckets."""

from __future__ import annotations

from loadstone.sources.uri import open_source, resolve

__all__ = ["open_source", "resolve"]
