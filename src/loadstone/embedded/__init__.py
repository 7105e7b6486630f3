"""PostgreSQL for laptops and tests: started by us, owned by nobody else, gone when told.

`EmbeddedServer` starts the server or finds the one that runs; `find_binaries` says which PostgreSQL it is.
"""

from __future__ import annotations

from loadstone.embedded.binaries import Binaries, find_binaries
from loadstone.embedded.server import DEFAULT_FOLDER, EmbeddedServer

__all__ = ["DEFAULT_FOLDER", "Binaries", "EmbeddedServer", "find_binaries"]
