"""What the command line works with."""

from __future__ import annotations

from loadstone.wiring.orders import Selection
from loadstone.wiring.workspace import Workspace

__all__ = ["Selection", "Workspace"]
