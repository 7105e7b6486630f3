"""`loadstone load`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.failures import EXIT_FAILED, outcome_problem
from loadstone.cli.figures import count, duration, rate
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, hint_line, note_line, visible
from loadstone.cli.progress import Display, display_for
from loadstone.cli.session import open_workspace, selection_of

if TYPE_CHECKING:
    from loadstone.model.load import LoadOutcome

__all__ = ["OUTCOME_COLOURS", "key_columns", "load", "outcome_line", "report", "selecting"]

OUTCOME_COLOURS = {"loaded": "green", "failed": "red", "in_progress": "yellow"}

_EXAMPLES = """\b
Examples:
  loadstone load                                     all that pipeline.yaml names
  loadstone load 'telemetry/*.csv'                   the dataset is found by its files
  loadstone load orders.csv.gz --table sales.orders  without a pipeline file
  loadstone load --reconcile                         what no event brought, and what went
  loadstone load users.jsonl --mode merge --key id --to postgresql://localhost/app
  loadstone load s3://acme-landing/2026/11/ --json | jq '.loads[].rows_loaded'
"""


_SELECTING = (
    click.option(
        "--dataset", metavar="NAME", help="The dataset in pipeline.yaml, where the files do not tell."
    ),
    click.option("--table", metavar="NAME", help="The table, for use without a pipeline file."),
    click.option(
        "--mode", type=click.Choice(["append", "merge", "replace"]), help="What a file does to the table."
    ),
    click.option(
        "--key", metavar="COLUMNS", multiple=True, help="What tells rows apart: --key id, or --key a,b."
    ),
    click.option("--all-text", is_flag=True, help="Make every column text, untouched, and infer no types."),
)


def selecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say where files go: those of `load`."""
    for option in reversed(_SELECTING):
        command = option(command)
    return command


def key_columns(written: Sequence[str]) -> tuple[str, ...]:
    """The key's columns, from `--key a,b` and `--key a --key b` alike."""
    return tuple(part.strip() for text in written for part in text.split(",") if part.strip())


@click.command(epilog=_EXAMPLES)
@click.argument("uris", metavar="[URI]...", nargs=-1)
@selecting
@click.option("--wait", is_flag=True, help="Wait for another worker that loads the same object.")
@click.option("--strict", is_flag=True, help="Exit with 1 if any row was rejected.")
@click.option(
    "--reconcile", is_flag=True, help="Make the ledger agree with the source: deleted objects count, too."
)
@everywhere
def load(
    settings: Settings,
    uris: Sequence[str],
    key: Sequence[str],
    wait: bool,
    strict: bool,
    reconcile: bool,
    **options: Any,
) -> int:
    """Load files or objects into PostgreSQL, each exactly once.

    A URI is a path, a glob, s3://bucket/key, or a prefix that ends in /. Without one, everything is loaded
    that the pipeline's source holds. What is loaded already is skipped; a changed file is loaded again as its
    dataset says. Rows that do not fit are kept aside: see `loadstone rejects`.

    With --reconcile, as the worker and the Lambda function do now and then: the source is compared with the
    ledger, what is not loaded is loaded, and what was loaded and is gone is noted as removed, with its rows
    where `on_delete` says so. What is loaded already is not spoken of.

    The exit status is 0 if every object is loaded now or was before, 1 if one failed, or is being loaded by
    another worker (--wait waits for that).
    """
    with open_workspace(settings) as workspace, display_for(settings) as display:
        selection = selection_of(key=key_columns(key), **options)
        if reconcile:
            if uris or selection != selection_of(key=()):
                raise click.UsageError("--reconcile is about the whole source, as pipeline.yaml has it")
            from loadstone.wiring.events import reconcile as reconciled  # noqa: PLC0415 - few loads need it

            outcomes = reconciled(workspace, progress=display, waits=wait)
            return report(outcomes, settings, display, strict=strict)
        outcomes = workspace.load(uris, selection=selection, wait=wait, progress=display)
        return report(outcomes, settings, display, strict=strict)


def report(outcomes: Iterable[LoadOutcome], settings: Settings, display: Display, *, strict: bool) -> int:
    """Tells of outcomes as they come; returns the exit status."""
    done: list[LoadOutcome] = []
    told: set[str] = set()
    for outcome in outcomes:
        done.append(outcome)
        with display.paused():
            _tell(outcome, settings, told)
    if settings.json:
        emit_json({"loads": [outcome.as_json() for outcome in done]})
    else:
        _sum_up(done)
        _point_out(done, settings)
    unfinished = any(outcome.state in {"failed", "in_progress"} for outcome in done)
    rejected = strict and any(outcome.counts.rejected for outcome in done)
    return EXIT_FAILED if unfinished or rejected else 0


def _tell(outcome: LoadOutcome, settings: Settings, told: set[str]) -> None:
    for note in outcome.notes if not settings.quiet and outcome.state != "failed" else ():
        if note not in told:
            told.add(note)
            note_line(note)
    if outcome.state == "failed":
        outcome_problem(outcome.as_json())
    if not settings.json:
        emit(outcome_line(outcome), fg=OUTCOME_COLOURS.get(outcome.state))


def outcome_line(outcome: LoadOutcome) -> str:
    """`loaded       day1.csv -> car_data: 1,000,000 rows, 12 rejected, 3.40 s, load 17`."""
    counts = outcome.counts
    facts = []
    if outcome.state == "loaded":
        facts.append(count(counts.loaded, "row"))
        details = {
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "duplicate": counts.deduplicated,
            "left out": counts.discarded,
            "rejected": counts.rejected,
            "mended": counts.repaired,
        }
        facts += [f"{number:,} {word}" for word, number in details.items() if number]
        facts.append(duration(outcome.seconds))
    if outcome.load_id is not None:
        facts.append(f"load {outcome.load_id}")
    head = f"{outcome.state.replace('_', ' '):<12} {visible(outcome.uri)} -> {visible(outcome.table)}"
    return f"{head}: {', '.join(facts)}" if facts else head


def _sum_up(done: Sequence[LoadOutcome]) -> None:
    if len(done) < 2:  # noqa: PLR2004 - the one line has said it
        return
    states: dict[str, int] = {}
    for outcome in done:
        states[outcome.state] = states.get(outcome.state, 0) + 1
    rows = sum(outcome.counts.loaded for outcome in done)
    rejected = sum(outcome.counts.rejected for outcome in done)
    seconds = sum(outcome.seconds for outcome in done)
    by_state = ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in states.items())
    emit(
        f"{count(len(done), 'object')}: {by_state}; {count(rows, 'row')} loaded, {rejected:,} rejected, "
        f"{duration(seconds)}, {rate(rows, seconds)}"
    )


def _point_out(done: Sequence[LoadOutcome], settings: Settings) -> None:
    """The next thing that is worth looking at."""
    if settings.quiet:
        return
    first = next(
        (o for o in done if o.load_id is not None and o.state == "loaded" and o.counts.rejected), None
    )
    if first is not None:
        hint_line(f"loadstone rejects {first.load_id} shows the rows that did not fit")
    if any(outcome.state == "in_progress" for outcome in done):
        hint_line("another worker is loading it; --wait waits for the outcome")
