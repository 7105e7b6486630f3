"""The command line. Starting it imports click and nothing heavy; each command brings what it needs."""

from __future__ import annotations

from loadstone.cli.application import main

__all__ = ["main"]
