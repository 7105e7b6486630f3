"""`loadstone demo --aws`: an example's files land in an emulated bucket, and the real function loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from loadstone.cli.demo_screen import Ran
from loadstone.cli.demo_stage import Stage, prepare, rejects_of
from loadstone.cli.demo_story import CloudStory, outcome_of
from loadstone.cli.figures import count, duration, size
from loadstone.cli.load import OUTCOME_COLOURS, outcome_line
from loadstone.cli.options import Settings
from loadstone.cli.output import emit, say, visible
from loadstone.wiring.emulated_cloud import (
    Arrival,
    EmulatedCloud,
    EmulatedPipeline,
    emulated_pipeline,
)

if TYPE_CHECKING:
    from loadstone.examples import DataFormat, Example, GeneratedFile

__all__ = ["cloud_way"]

#: An example's rows come in so many files, where it can be had in several.
_FILES = 4
_INDENT = " " * 13


@contextmanager
def cloud_way() -> Iterator[Callable[[Example, Settings, int | None, DataFormat], Ran]]:
    """What runs an example in an emulated cloud, which ends when the context does.

    Raises:
        MissingExtra: the emulator is not installed.
    """
    with EmulatedCloud() as cloud:
        yield partial(_run, cloud)


def _run(
    cloud: EmulatedCloud, example: Example, settings: Settings, rows: int | None, layout: DataFormat
) -> Ran:
    files = 1 if example.fixed_files else min(_FILES, rows or _FILES)
    stage = prepare(example, settings, rows=rows, layout=layout, files=files)
    teller = _Teller(settings)
    with emulated_pipeline(
        cloud,
        example.name,
        pipeline=example.landing_pipeline.read_text(encoding="utf-8"),
        database_url=stage.url,
        log=stage.folder / "function.log",
    ) as pipeline:
        teller.note(f"an emulated AWS answers at {cloud.endpoint_url}; the function logs to {pipeline.log}")
        teller.note(
            f"s3://{pipeline.landing.bucket} -> EventBridge -> SQS -> Lambda -> PostgreSQL; SNS tells of it"
        )
        story = _play(pipeline, stage, teller)
        teller.end()
        memory = pipeline.peak_memory or 0.0
        current = [record for record in pipeline.workspace.history() if record.is_current]
        reasons, sample = rejects_of(pipeline.workspace, [record.load_id for record in current])
    outcomes = tuple(outcome_of(record) for record in current)
    return Ran(
        name=example.name,
        outcomes=outcomes,
        wanted=stage.wanted,
        checks=stage.checks(all_loaded=story.is_right),
        reasons=reasons,
        sample=sample,
        seconds=sum(outcome.seconds for outcome in outcomes),
        memory=memory,
        folder=stage.folder,
        to=stage.to,
        deliveries=tuple(uri for uris in stage.deliveries for uri in uris),
        cloud=story,
    )


def _play(pipeline: EmulatedPipeline, stage: Stage, teller: _Teller) -> CloudStory:
    """Good files land; then a bad one, which becomes a dead letter, is mended and redriven.

    The last file is the bad one at first. Where there is but one, it was there before, and is overwritten.
    """
    landing, bad = pipeline.landing, stage.files[-1]
    key = _key(stage, bad)
    arrivals: list[Arrival] = []
    for file in stage.files[:-1] or stage.files:
        arrivals.append(pipeline.put(_key(stage, file), Path(file.uri).read_bytes()))
        teller.arrival(arrivals[-1], is_first=len(arrivals) == 1)
    teller.step("put", f"{key}: 0 bytes, an upload that broke off", fg="yellow")
    failure = pipeline.put(key, b"")
    teller.failure(failure)
    letters = pipeline.dead_letters()
    for letter in letters:
        teller.step("dead letter", f"{letter.uri}: {letter.reason}", fg="red")
    teller.step("mended", f"{key}: {size(bad.bytes)}; its event is held back: the letter has to load it")
    pipeline.put_unannounced(key, Path(bad.uri).read_bytes())
    teller.step("redriven", f"{count(len(letters), 'dead letter')} back into the queue")
    redriven = pipeline.redrive(key)
    teller.arrival(redriven)
    pipeline.settle()
    return CloudStory(
        bucket=landing.bucket,
        queue=landing.queue_url,
        arrivals=tuple(arrivals),
        failure=failure,
        letters=tuple(letters),
        redriven=redriven,
        letters_left=landing.dead_letters(),
    )


class _Teller:
    """A line for each thing that happens: a part of the result, or a message where that is JSON."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def note(self, text: str) -> None:
        """What a person may like to know."""
        if not self._settings.quiet:
            say(text)

    def step(self, word: str, text: str, **style: Any) -> None:
        """Something that was done, or came about."""
        self._line(f"{word:<12} {visible(text)}", **style)

    def arrival(self, arrival: Arrival, *, is_first: bool = False) -> None:
        """An object that was loaded."""
        outcome = replace(outcome_of(arrival.record), uri=arrival.record.key)
        self._line(outcome_line(outcome), fg=OUTCOME_COLOURS.get(outcome.state))
        cold = ", with the function's cold start" if is_first else ""
        self._line(
            f"{_INDENT}committed {duration(arrival.seconds_to_commit)} after it was sent, "
            f"notified after {duration(arrival.seconds_to_notification)}{cold}",
            dim=True,
        )

    def failure(self, arrival: Arrival) -> None:
        """The bad one."""
        record, told = arrival.record, duration(arrival.seconds_to_notification)
        reason = (record.error or record.state).removeprefix(f"{record.uri}: ")
        self.step(record.state, f"{record.key}: {reason}, load {record.load_id}", fg="red")
        self._line(f"{_INDENT}notified after {told}", dim=True)

    def end(self) -> None:
        """What follows is about something else."""
        self._line("")

    def _line(self, text: str, **style: Any) -> None:
        if not self._settings.json:
            emit(text, **style)
        elif not self._settings.quiet:
            say(text, **style)


def _key(stage: Stage, file: GeneratedFile) -> str:
    return Path(file.uri).relative_to(stage.data).as_posix()
