"""`loadstone demo`: an example from its data to its figures, on a database of its own."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from loadstone.cli.demo_screen import Ran, document, screen
from loadstone.cli.demo_stage import Stage, prepare, rejects_of
from loadstone.cli.failures import EXIT_FAILED, outcome_problem
from loadstone.cli.generate import complete_example, format_option
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say
from loadstone.cli.progress import display_for
from loadstone.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loadstone.examples import DataFormat, Example
    from loadstone.wiring.cli import Workspace

__all__ = ["demo"]

_EXAMPLES = """\b
Examples:
  loadstone demo
  loadstone demo car-telemetry --rows 1000000
  loadstone demo online-retail --format jsonl
  loadstone demo car-telemetry --aws                needs loadstone[emulated]
"""


@click.command(epilog=_EXAMPLES)
@click.argument("name", required=False, shell_complete=complete_example)
@click.option("--rows", type=click.IntRange(min=1), help="How many rows (default: the example's own).")
@format_option
@click.option(
    "--aws",
    is_flag=True,
    help="By way of an emulated AWS on this machine: S3, EventBridge, SQS, the Lambda function, SNS.",
)
@everywhere
def demo(settings: Settings, name: str | None, rows: int | None, layout: DataFormat, *, aws: bool) -> int:
    """Run an example on the embedded database and show what happened.

    NAME is car-telemetry (generated, dirty, merged by key), online-retail (half a million real invoice
    lines) or table-per-file (no configuration); without one, all run. Files and pipeline.yaml are left in
    .loadstone/demo/NAME, the rows in a database of their own, which the next run makes anew.

    With --aws the files are uploaded to a bucket, and what is deployed to AWS loads them: one file after the
    other, then a bad one, which becomes a dead letter, is mended and redriven. Nothing asks the real AWS.
    """
    from loadstone import examples  # noqa: PLC0415 - brings the generators

    if settings.to is not None or settings.file is not None:
        hint = "`loadstone generate` writes the data, `loadstone load` takes it anywhere"
        raise UsageError("demo brings its own pipeline and runs on the embedded database", hint=hint)
    all_with_it = (example for example in examples.EXAMPLES.values() if layout in example.formats)
    chosen = [examples.get(name)] if name is not None else list(all_with_it)
    ran = []
    with _way(aws=aws) as run:
        for example in chosen:
            say(f"{example.name}: {example.title}", bold=True)
            one = run(example, settings, rows, layout)
            ran.append(one)
            if not settings.json:
                for line in screen(one):
                    emit(line)
    if settings.json:
        emit_json({"examples": [document(one) for one in ran]})
    return 0 if all(one.is_right for one in ran) else EXIT_FAILED


@contextmanager
def _way(*, aws: bool) -> Iterator[Callable[[Example, Settings, int | None, DataFormat], Ran]]:
    """What runs an example: this process, or an emulated cloud that is there as long as it is needed."""
    if not aws:
        yield _run
        return
    from loadstone.cli.demo_aws import cloud_way  # noqa: PLC0415 - brings the emulator

    with cloud_way() as run:
        yield run


def _run(example: Example, settings: Settings, rows: int | None, layout: DataFormat) -> Ran:
    from loadstone.platform.memory import peak_rss  # noqa: PLC0415

    stage = prepare(example, settings, rows=rows, layout=layout)
    with display_for(settings) as display, _workspace(stage) as workspace:
        began = time.perf_counter()
        outcomes = [
            outcome for uris in stage.deliveries for outcome in workspace.load(uris, progress=display)
        ]
        seconds = time.perf_counter() - began
        loads = [outcome.load_id for outcome in outcomes if outcome.load_id is not None]
        reasons, sample = rejects_of(workspace, loads)
    for outcome in outcomes:
        if outcome.state == "failed":
            outcome_problem(outcome.as_json())
    return Ran(
        name=example.name,
        outcomes=tuple(outcomes),
        wanted=stage.wanted,
        checks=stage.checks(all_loaded=all(outcome.state == "loaded" for outcome in outcomes)),
        reasons=reasons,
        sample=sample,
        seconds=seconds,
        memory=peak_rss(),
        folder=stage.folder,
        to=stage.to,
        deliveries=tuple(uri for uris in stage.deliveries for uri in uris),
    )


def _workspace(stage: Stage) -> Workspace:
    from loadstone.model.pipeline import Pipeline  # noqa: PLC0415
    from loadstone.wiring.cli import Workspace  # noqa: PLC0415 - brings psycopg

    if stage.example.deliveries:
        return Workspace(Pipeline(name=stage.example.name), stage.url)
    return Workspace.open(stage.pipeline, stage.url)
