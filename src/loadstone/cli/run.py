"""`loadstone run`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from loadstone.cli.figures import count
from loadstone.cli.interrupts import handling
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import hint_line, note_line, say
from loadstone.cli.session import observe

if TYPE_CHECKING:
    from loadstone.wiring.worker import RunningWorker, WorkerOptions

__all__ = ["run"]

_EXAMPLES = """\b
Examples:
  loadstone run                                    watches the pipeline's folder
  loadstone run --queue https://sqs.eu-central-1.amazonaws.com/123456789012/landing
  loadstone run --reconcile-every 1h               lists the source now and then, too
  loadstone run --once                             does what there is to do, and ends
"""

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ADDRESS = re.compile(r"(?:(\S+):)?(\d+)")
_LARGEST_PORT = 65_535


def _length(_context: click.Context, _parameter: click.Parameter, written: str | None) -> float | None:
    """Seconds, from `90`, `30s`, `15m`, `1h`, `1d`."""
    if written is None:
        return None
    found = _LENGTH.fullmatch(written.strip())
    if found is None or not float(found[1]):
        raise click.BadParameter(f"{written!r} is no length of time such as 30s, 15m, 1h")
    return float(found[1]) * _SECONDS[found[2]]


def _address(
    _context: click.Context, _parameter: click.Parameter, written: str | None
) -> tuple[str, int] | None:
    """Address and port, from `8080` or `127.0.0.1:8080`."""
    if written is None:
        return None
    found = _ADDRESS.fullmatch(written)
    if found is None or int(found[2]) > _LARGEST_PORT:
        raise click.BadParameter(f"{written!r} is no port such as 8080 or 127.0.0.1:8080")
    return found[1] or "", int(found[2])


@click.command(epilog=_EXAMPLES)
@click.option(
    "--queue", metavar="URL", help="The queue of SQS that S3's events come to (or LOADSTONE_QUEUE_URL)."
)
@click.option(
    "--concurrency", type=click.IntRange(min=1, max=64), default=4, show_default=True, help="Loads at a time."
)
@click.option(
    "--reconcile-every", callback=_length, metavar="TIME", help="List the source that often: 30m, 1h, 1d."
)
@click.option(
    "--drain-seconds",
    type=click.FloatRange(min=0),
    default=300,
    show_default=True,
    help="How long loads may go on once the worker is told to end.",
)
@click.option(
    "--health-port", callback=_address, metavar="PORT", help="Answer /healthz, /readyz and /metrics there."
)
@click.option("--once", is_flag=True, help="End when there is nothing more to do.")
@everywhere
def run(settings: Settings, once: bool, **options: Any) -> int:
    """The worker: load what lands, as it lands.

    Takes events from a queue, or watches the folder that is the pipeline's source, and loads each object
    exactly once, whatever comes twice, late or out of order. What fails for good goes to the dead letters
    with its reason (see `loadstone redrive`); what fails for now comes again.

    SIGTERM or Ctrl-C ends it: it takes nothing more and finishes what it has begun. After --drain-seconds, or
    when told once more, it undoes the rest and gives it back; nothing is lost, not even by kill -9.

    With --json, one line of JSON for each object. The exit status is 0 when the worker ended with nothing
    undone, 130 where loads were undone, 1 where the queue or the folder is gone, and with --once where an
    object failed.
    """
    from loadstone.cli.run_screen import screen_for  # noqa: PLC0415 - `--help` need not wait for it
    from loadstone.wiring.worker import open_worker  # noqa: PLC0415 - brings psycopg

    observe()

    with (
        screen_for(settings) as screen,
        open_worker(settings.pipeline_file, settings.to, _options(once=once, **options), screen) as running,
    ):
        _introduce(running, settings)
        with _heeding(running.worker.stop, settings):
            ending = running.worker.run()
    if ending.error is not None:
        raise ending.error
    if ending.left_off:
        say(f"{count(ending.left_off, 'load')} could not finish in time: undone, and given back")
        return EXIT_INTERRUPTED
    return EXIT_FAILED if once and screen.failed else 0


def _options(
    *,
    queue: str | None,
    concurrency: int,
    reconcile_every: float | None,
    drain_seconds: float,
    health_port: tuple[str, int] | None,
    once: bool,
) -> WorkerOptions:
    from loadstone.wiring.worker import WorkerLimits, WorkerOptions  # noqa: PLC0415

    limits = WorkerLimits(
        concurrency=concurrency,
        drain_seconds=drain_seconds,
        reconcile_seconds=reconcile_every,
        until_empty=once,
    )
    return WorkerOptions(queue, limits, health_port)


def _introduce(running: RunningWorker, settings: Settings) -> None:
    if settings.quiet:
        return
    say(f"watching {running.watches}; rows go to {running.database}")
    if running.health_port is not None:
        say(f"health: http://localhost:{running.health_port}/readyz")
    for warning in running.warnings:
        note_line(warning)


@contextmanager
def _heeding(stop: Callable[[], None], settings: Settings) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the worker, rather than the program."""

    def heed(_number: int, _frame: FrameType | None) -> None:
        stop()
        if not settings.quiet:
            hint_line("finishing what was begun; once more undoes it")

    with handling(heed):
        yield
