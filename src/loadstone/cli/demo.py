"""`loadstone demo`: an example from its data to its figures, on a database of its own."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loadstone.cli.demo_screen import Ran, document, screen
from loadstone.cli.failures import EXIT_FAILED, outcome_problem
from loadstone.cli.generate import complete_example, format_option, written
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say
from loadstone.cli.progress import display_for
from loadstone.errors import LoadstoneError, UsageError

if TYPE_CHECKING:
    from loadstone.examples import DataFormat, Example, Expected
    from loadstone.model.batch import Reject
    from loadstone.wiring.cli import Workspace

__all__ = ["demo"]

_FOLDER = Path(".loadstone/demo")
_SAMPLE = 5

_EXAMPLES = """\b
Examples:
  loadstone demo
  loadstone demo car-telemetry --rows 1000000
  loadstone demo online-retail --format jsonl
"""


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where one example runs."""

    example: Example
    folder: Path
    url: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pipeline(self) -> Path:
        return self.folder / "pipeline.yaml"

    @property
    def deliveries(self) -> list[list[str]]:
        """What is loaded, one after another: all that the pipeline names, or a folder each."""
        return [[f"{self.data / name}/"] for name in self.example.deliveries] or [[]]


@click.command(epilog=_EXAMPLES)
@click.argument("name", required=False, shell_complete=complete_example)
@click.option("--rows", type=click.IntRange(min=1), help="How many rows (default: the example's own).")
@format_option
@everywhere
def demo(settings: Settings, name: str | None, rows: int | None, layout: DataFormat) -> int:
    """Run an example on the embedded database and show what happened.

    NAME is car-telemetry (generated, dirty, merged by key), online-retail (half a million real invoice
    lines) or table-per-file (no configuration); without one, all run. Files and pipeline.yaml are left in
    .loadstone/demo/NAME, the rows in a database of their own, which the next run makes anew.
    """
    from loadstone import examples  # noqa: PLC0415 - brings the generators

    if settings.to is not None or settings.file is not None:
        hint = "`loadstone generate` writes the data, `loadstone load` takes it anywhere"
        raise UsageError("demo brings its own pipeline and runs on the embedded database", hint=hint)
    all_with_it = (example for example in examples.EXAMPLES.values() if layout in example.formats)
    chosen = [examples.get(name)] if name is not None else list(all_with_it)
    ran = []
    for example in chosen:
        one = _run(example, settings, rows=rows, layout=layout)
        ran.append(one)
        if not settings.json:
            for line in screen(one):
                emit(line)
    if settings.json:
        emit_json({"examples": [document(one) for one in ran]})
    return 0 if all(one.is_right for one in ran) else EXIT_FAILED


def _run(example: Example, settings: Settings, *, rows: int | None, layout: DataFormat) -> Ran:
    from loadstone.platform.memory import peak_rss  # noqa: PLC0415
    from loadstone.wiring.local_database import querying  # noqa: PLC0415 - brings psycopg

    say(f"{example.name}: {example.title}", bold=True)
    stage, wanted = _prepare(example, settings, rows=rows, layout=layout)
    with display_for(settings) as display, _workspace(stage) as workspace:
        began = time.perf_counter()
        outcomes = [
            outcome for uris in stage.deliveries for outcome in workspace.load(uris, progress=display)
        ]
        seconds = time.perf_counter() - began
        loads = [outcome.load_id for outcome in outcomes if outcome.load_id is not None]
        reasons, sample = _rejects(workspace, loads)
    for outcome in outcomes:
        if outcome.state == "failed":
            outcome_problem(outcome.as_json())
    try:
        checks = tuple(example.check(querying(stage.url), wanted))
    except LoadstoneError:
        if all(outcome.state == "loaded" for outcome in outcomes):
            raise
        checks = ()  # the table is not there: the load has said why
    return Ran(
        name=example.name,
        outcomes=tuple(outcomes),
        wanted=wanted,
        checks=checks,
        reasons=reasons,
        sample=sample,
        seconds=seconds,
        memory=peak_rss(),
        folder=stage.folder,
        to=stage.url if example.deliveries or _is_overridden() else None,
        deliveries=tuple(uri for uris in stage.deliveries for uri in uris),
    )


def _prepare(
    example: Example, settings: Settings, *, rows: int | None, layout: DataFormat
) -> tuple[_Stage, Expected]:
    """Data, expectation, pipeline file and an empty database."""
    from loadstone.wiring.local_database import fresh_database, start_local  # noqa: PLC0415 - brings psycopg

    stage = _Stage(example, _FOLDER / example.name, "")
    shutil.rmtree(stage.folder, ignore_errors=True)
    stage.data.mkdir(parents=True)
    if not settings.quiet:
        say(f"writing {rows or example.demo_rows:,} rows of {layout} to {stage.data}")
    with written(settings) as progress:
        example.generate(
            stage.data,
            rows=rows or example.demo_rows,
            format=layout,
            dirty=example.demo_dirty,
            progress=progress,
        )
    wanted = example.expected(stage.data)
    server = start_local(Path(".loadstone/postgres"))
    if not settings.quiet:
        say(f"PostgreSQL {server.version} runs in .loadstone/postgres; `loadstone db stop` stops it")
    stage = replace(stage, url=fresh_database(server, f"demo_{example.name.replace('-', '_')}"))
    if example.deliveries:
        return stage, wanted
    # The data lies beside the file, whatever LOADSTONE_SOURCE says.
    text = example.pipeline.read_text(encoding="utf-8").replace("${LOADSTONE_SOURCE:-data}", "data")
    stage.pipeline.write_text(f'{text.rstrip()}\n\ndestination: "{stage.url}"\n', encoding="utf-8")
    return stage, wanted


def _workspace(stage: _Stage) -> Workspace:
    from loadstone.model.pipeline import Pipeline  # noqa: PLC0415
    from loadstone.wiring.cli import Workspace  # noqa: PLC0415 - brings psycopg

    if stage.example.deliveries:
        return Workspace(Pipeline(name=stage.example.name), stage.url)
    return Workspace.open(stage.pipeline, stage.url)


def _rejects(
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


def _is_overridden() -> bool:
    return any(os.environ.get(name) for name in ("LOADSTONE_DATABASE_URL", "DATABASE_URL"))
