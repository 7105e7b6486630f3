"""What both ways of `loadstone demo` begin and end with: data, an empty database, and the rejected rows."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.cli.generate import written
from loadstone.cli.options import Settings
from loadstone.cli.output import say
from loadstone.errors import LoadstoneError

if TYPE_CHECKING:
    from loadstone.examples import Check, DataFormat, Example, Expected, GeneratedFile
    from loadstone.model.batch import Reject
    from loadstone.wiring.cli import Workspace

__all__ = ["Stage", "prepare", "rejects_of"]

_FOLDER = Path(".loadstone/demo")
_SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """An example that is ready to run.

    Attributes:
        example: which.
        folder: of its data and its pipeline.yaml.
        url: of an empty database.
        files: of its data, in the order in which they are loaded.
        wanted: the figures that a run must give.
    """

    example: Example
    folder: Path
    url: str
    files: Sequence[GeneratedFile]
    wanted: Expected

    @property
    def data(self) -> Path:
        """Where the files are."""
        return self.folder / "data"

    @property
    def pipeline(self) -> Path:
        """Its pipeline.yaml; an example of deliveries has none."""
        return self.folder / "pipeline.yaml"

    @property
    def deliveries(self) -> list[list[str]]:
        """What is loaded, one after another: all that the pipeline names, or a folder each."""
        return [[f"{self.data / name}/"] for name in self.example.deliveries] or [[]]

    @property
    def to(self) -> str | None:
        """The database, where commands that are to find it have to name it."""
        is_overridden = any(os.environ.get(name) for name in ("LOADSTONE_DATABASE_URL", "DATABASE_URL"))
        return self.url if self.example.deliveries or is_overridden else None

    def checks(self, *, all_loaded: bool) -> tuple[Check, ...]:
        """The figures in the database against those that a run must give; none where there is no table."""
        from loadstone.wiring.local_database import querying  # noqa: PLC0415 - brings psycopg

        try:
            return tuple(self.example.check(querying(self.url), self.wanted))
        except LoadstoneError:
            if all_loaded:
                raise
            return ()  # the load has said why


def prepare(
    example: Example, settings: Settings, *, rows: int | None, layout: DataFormat, files: int = 1
) -> Stage:
    """Data, expectation, pipeline file and an empty database."""
    from loadstone.wiring.local_database import fresh_database, start_local  # noqa: PLC0415 - brings psycopg

    folder = _FOLDER / example.name
    shutil.rmtree(folder, ignore_errors=True)
    data = folder / "data"
    data.mkdir(parents=True)
    if not settings.quiet:
        say(f"writing {rows or example.demo_rows:,} rows of {layout} to {data}")
    with written(settings) as progress:
        made = example.generate(
            data,
            rows=rows or example.demo_rows,
            files=files,
            format=layout,
            dirty=example.demo_dirty,
            progress=progress,
        )
    wanted = example.expected(data)
    server = start_local(Path(".loadstone/postgres"))
    if not settings.quiet:
        say(f"PostgreSQL {server.version} runs in .loadstone/postgres; `loadstone db stop` stops it")
    url = fresh_database(server, f"demo_{example.name.replace('-', '_')}")
    stage = Stage(example, folder, url, made, wanted)
    if not example.deliveries:
        # The data lies beside the file, whatever LOADSTONE_SOURCE says.
        text = example.pipeline.read_text(encoding="utf-8").replace("${LOADSTONE_SOURCE:-data}", "data")
        stage.pipeline.write_text(f'{text.rstrip()}\n\ndestination: "{url}"\n', encoding="utf-8")
    return stage


def rejects_of(
    workspace: Workspace, loads: Sequence[int]
) -> tuple[Counter[tuple[str | None, str]], tuple[Reject, ...]]:
    """How many rows for which reason, and the first few of them."""
    reasons: Counter[tuple[str | None, str]] = Counter()
    sample: list[Reject] = []
    for load_id in loads:
        for reject in workspace.rejects(load_id):
            reasons[reject.column, reject.code] += 1
            if reasons[reject.column, reject.code] == 1 and len(sample) < _SAMPLE:
                sample.append(reject)
    return reasons, tuple(sample)
