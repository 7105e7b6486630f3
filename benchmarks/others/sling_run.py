"""sling: one replication of the file into the table."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys
from pathlib import Path

from sling import Sling

path, url, table = sys.argv[1:]
Sling(
    src_stream=Path(path).as_uri(),
    tgt_conn=url + ("&" if "?" in url else "?") + "sslmode=disable",
    tgt_object=f"public.{table}",
    mode="full-refresh",
).run()
