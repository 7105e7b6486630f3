"""A pipeline in the emulated AWS, end to end: what lands in its bucket is loaded by the real function."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from loadstone.emulated.cloud import EmulatedCloud
from loadstone.emulated.event_source import EventSourceMapping
from loadstone.emulated.landing import Landing, make_landing
from loadstone.emulated.runtime import LambdaRuntime
from loadstone.errors import Terminal
from loadstone.model.load import LoadRecord
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.redrive import DeadLetter, open_redrive
from loadstone.wiring.workspace import Workspace

__all__ = [
    "Arrival",
    "DeadLetter",
    "EmulatedCloud",
    "EmulatedPipeline",
    "emulated_pipeline",
]

#: Receipts until SQS gives a message up.
_MAX_RECEIVE_COUNT = 5
#: Seconds until a message that failed comes again. In AWS: six times the function's time-out. Here less than
#: a load may take, since the one environment takes no second message meanwhile.
_VISIBILITY = 5
_FUNCTION_SECONDS = 900.0
#: Seconds without anything under way after which nothing is to be expected any more.
_PATIENCE = 30.0
_LOOK = 0.05
#: What the function has of this process's environment, beside AWS's settings, which are the emulator's.
_INHERITED = ("HOME", "LANG", "LD_LIBRARY_PATH", "NO_PROXY", "PATH", "TMPDIR", "TZ", "no_proxy")
_INHERITED_FAMILIES = ("AWS_", "LC_", "LOADSTONE_CODEC", "LOADSTONE_LOG", "OTEL_", "PYTHON")


class Arrival(Struct, frozen=True):
    """What became of an object, as the notification of it said.

    Attributes:
        record: the ledger's row.
        seconds_to_commit: from the beginning of its upload, or of the redrive, to the end in the ledger.
        seconds_to_notification: to the moment at which a subscriber of the topic had the notification.
    """

    record: LoadRecord
    seconds_to_commit: float
    seconds_to_notification: float


class EmulatedPipeline:
    """A bucket, its queue, the function, a topic and the ledger; made by `emulated_pipeline`.

    Attributes:
        landing: the parts in the cloud.
        workspace: the database that the function loads into, to look at.
        log: what the function says.
    """

    def __init__(
        self, landing: Landing, workspace: Workspace, function: EventSourceMapping, log: Path
    ) -> None:
        self.landing = landing
        self.workspace = workspace
        self.log = log
        self._function = function

    @property
    def peak_memory(self) -> float | None:
        """Of the function, in MB; None where the system does not tell."""
        return self._function.peak_memory

    def put(self, key: str, content: bytes) -> Arrival:
        """Uploads an object; what becomes of it.

        Raises:
            Terminal: nothing becomes of it.
        """
        began = datetime.now(UTC)
        self.landing.put(key, content)
        return self._arrival(key, began)

    def put_unannounced(self, key: str, content: bytes) -> None:
        """Uploads an object of which the queue is not told."""
        self.landing.announce(is_on=False)
        try:
            self.landing.put(key, content)
        finally:
            self.landing.announce(is_on=True)

    def dead_letters(self) -> list[DeadLetter]:
        """Waits until there are any; each with its reason.

        Raises:
            Terminal: none come.
        """
        redrive = open_redrive(self.landing.dead_letters_url, None, only_look=True)
        found: list[DeadLetter] = []

        def look() -> bool:
            found.extend(redrive.run())
            return bool(found)

        self._until(look, "no message became a dead letter")
        return found

    def redrive(self, key: str) -> Arrival:
        """Puts a dead letter, that of an object, back into the queue; what becomes of it.

        Raises:
            Terminal: there is none, or nothing becomes of it.
        """
        began: datetime | None = None
        redrive = open_redrive(self.landing.dead_letters_url, self.landing.queue_url, only_look=False)
        for _ in redrive.run(limit=1):
            began = datetime.now(UTC)
        if began is None:
            raise self._failed("there is no dead letter")
        return self._arrival(key, began)

    def settle(self) -> None:
        """Waits until the queue is empty.

        Raises:
            Terminal: it does not become so.
        """
        self._until(lambda: self.landing.waiting() == 0, "messages are left in the queue")

    def _arrival(self, key: str, began: datetime) -> Arrival:
        """What the next notification of an object tells of; late ones of others are passed over."""
        found: list[LoadRecord] = []

        def look() -> bool:
            records = map(self.workspace.find, self.landing.notified(wait_seconds=1))
            found.extend(record for record in records if record.key == key)
            return bool(found)

        self._until(look, f"no notification of {key} came")
        now, record = datetime.now(UTC), found[0]
        ended = record.finished_at or now
        return Arrival(record, (ended - began).total_seconds(), (now - began).total_seconds())

    def _until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        """Waits for something that the function brings about.

        Raises:
            Terminal: it has failed, or has had nothing to do for long.
        """
        idle_since = time.monotonic()
        while not is_so():
            if self._function.is_busy:
                idle_since = time.monotonic()
            reason = self._function.failure or self._function.error
            if reason is None and time.monotonic() - idle_since < _PATIENCE:
                time.sleep(_LOOK)
                continue
            raise self._failed(f"{otherwise}: {reason}" if reason else otherwise)

    def _failed(self, what: str) -> Terminal:
        return Terminal(what, where=self.landing.bucket, hint=f"see {self.log}", code="function_failed")


@contextmanager
def emulated_pipeline(
    cloud: EmulatedCloud, name: str, *, pipeline: str, database_url: str, log: Path
) -> Iterator[EmulatedPipeline]:
    """Sets up a pipeline in the cloud, and the function with its queue; ends the function at the end.

    Args:
        cloud: where.
        name: of the pipeline, and of its parts in the cloud.
        pipeline: the text of pipeline.yaml, without `notify:`; its source is `${LOADSTONE_SOURCE}`.
        database_url: of the database that it loads into; the function finds it in a secret.
        log: takes what the function says.
    """
    landing = make_landing(
        cloud,
        name,
        database_url=database_url,
        visibility=_VISIBILITY,
        max_receive_count=_MAX_RECEIVE_COUNT,
    )
    landing.put_pipeline(
        f"{pipeline.rstrip()}\n\nnotify:\n  - sns: {landing.topic_arn}\n    on: [loaded, failed]\n"
    )
    settings = {
        "LOADSTONE_PIPELINE": landing.pipeline,
        "LOADSTONE_DATABASE_URL": landing.secret,
        "LOADSTONE_SOURCE": f"s3://{landing.bucket}",
        "LOADSTONE_QUEUE_URL": landing.queue_url,
        "LOADSTONE_DEAD_LETTERS_URL": landing.dead_letters_url,
    }
    with (
        Workspace(Pipeline(name=name), database_url) as workspace,
        log.open("wb") as output,
        EventSourceMapping(
            # In a folder where no file of the user's is taken for a module.
            LambdaRuntime({**_inherited(os.environ), **settings}, folder=log.parent, output=output),
            cloud.client("sqs"),
            queue_url=landing.queue_url,
            queue_arn=landing.queue_arn,
            seconds=_FUNCTION_SECONDS,
        ) as function,
    ):
        yield EmulatedPipeline(landing, workspace, function, log)


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """A function has settings of its own, not those of whoever tries it out."""
    found = {
        name: value
        for name, value in environment.items()
        if name in _INHERITED or name.startswith(_INHERITED_FAMILIES)
    }
    if folders := found.get("PYTHONPATH"):
        found["PYTHONPATH"] = os.pathsep.join(
            str(Path(one).absolute()) for one in folders.split(os.pathsep) if one
        )
    return found
