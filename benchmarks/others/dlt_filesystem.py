"""dlt: its file system source with `read_csv`, into a table that it makes, in the schema `dlt_bench`."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv

path, url, table = sys.argv[1:]
file = Path(path)
with tempfile.TemporaryDirectory() as state:
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=state,
        destination=dlt.destinations.postgres(url),
        dataset_name="dlt_bench",
    )
    source = filesystem(bucket_url=file.parent.as_uri(), file_glob=file.name) | read_csv()
    pipeline.run(source.with_name(table), write_disposition="replace")
