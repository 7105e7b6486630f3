"""What the Lambda function works with: one pipeline while it is warm, and the time that it has left."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from loadstone.config.destination import choose_destination
from loadstone.config.pipeline_file import read_pipeline
from loadstone.errors import (
    ConfigurationError,
    EventNotUnderstood,
    LoadstoneError,
    OutOfTime,
    Terminal,
    Transient,
)
from loadstone.executor.deadline import DeadlineProgress, Interrupted
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.platform.alarm import alarmed
from loadstone.platform.clock import SystemClock
from loadstone.platform.metrics import EmbeddedMetrics
from loadstone.sources import s3 as _s3  # noqa: F401 - as much as possible is ready before the first event
from loadstone.triggers.s3_event import parse_events
from loadstone.wiring import events as work
from loadstone.wiring.quiet import Quiet
from loadstone.wiring.workspace import Workspace

__all__ = ["Context", "Function"]

logger = logging.getLogger(__name__)

#: Who a scheduled invocation comes from.
_SCHEDULES = {"aws.events", "aws.scheduler"}
#: Seconds before a function's end at which loads are ended, so that what they did is undone before it. Of
#: short times a share.
_RESERVE = 5.0
_RESERVED_SHARE = 0.2
#: Part of the reserve after which what did not look at the clock is interrupted.
_LAST_CALL = 0.3
_RESULT_LENGTH = 1_000


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until it is ended."""


class Function:
    """One environment of the function. Pipeline and database are looked at with the first event.

    Args:
        environment: `LOADSTONE_PIPELINE`, the destination, and what AWS sets.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._workspace: Workspace | None = None
        self._metrics: EmbeddedMetrics | None = None
        logging.getLogger("loadstone").setLevel(environment.get("LOADSTONE_LOG_LEVEL", "INFO").upper())

    def respond(self, told: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """The answer to an invocation: of a queue, a schedule, S3 Batch Operations, or with events alone.

        Raises:
            LoadstoneError: what a queue, or a batch, is told by the answer, others are told by this.
            SystemExit: the environment is shut down; what was under way is undone.
        """
        with _Time.of(context) as time:
            if told.get("source") in _SCHEDULES:
                answer = self._reconcile(time)
            elif _is_queue(told):
                answer = self._queue(told["Records"], time)
            elif "invocationSchemaVersion" in told:
                answer = self._batch(told, time)
            else:
                answer = self._direct(told, time)
            return answer

    def _queue(self, records: list[Mapping[str, Any]], time: _Time) -> dict[str, Any]:
        """Messages that are not named in the answer are deleted from the queue, the others come again."""
        # A queue that keeps an order is not to see what comes after a failure done before it.
        keeps_order = str(records[0].get("eventSourceARN")).endswith(".fifo")
        open_ones = {str(record.get("messageId")): record for record in records}
        has_failed = False
        try:
            for name, record in list(open_ones.items()):
                if time.is_over or (keeps_order and has_failed):
                    logger.warning(
                        "message %s is given back: %s", name, time.reason or "one before it failed"
                    )
                elif self._is_done(record, time):
                    del open_ones[name]
                else:
                    has_failed = True
        except Interrupted as stopped:  # between two messages
            logger.warning("%d messages are given back: %s", len(open_ones), stopped)
        return {"batchItemFailures": [{"itemIdentifier": name} for name in open_ones]}

    def _is_done(self, record: Mapping[str, Any], time: _Time) -> bool:
        name, count = record.get("messageId"), (record.get("attributes") or {}).get("ApproximateReceiveCount")
        try:
            outcomes = self._outcomes(record.get("body"), "sqs", time)
        except LoadstoneError as error:
            _tell_failure(f"message {name}", error, is_transient=isinstance(error, Transient))
            return False
        except Exception:
            logger.exception("message %s, delivery %s, failed unexpectedly", name, count)
            return False
        return all(_is_settled(outcome) for outcome in outcomes)

    def _direct(self, told: Mapping[str, Any], time: _Time) -> dict[str, Any]:
        """Lambda itself tries an event again, for which it wants an exception."""
        outcomes = self._outcomes(told, "lambda", time)
        for outcome in outcomes:
            if not _is_settled(outcome):
                raise _error_of(outcome)
        return {"loads": [outcome.as_json() for outcome in outcomes]}

    def _batch(self, told: Mapping[str, Any], time: _Time) -> dict[str, Any]:
        """The answer that S3 Batch Operations asks for: a result for each task."""
        results = []
        for task in told.get("tasks") or ():
            code, text = "Succeeded", "no dataset takes it"
            try:
                for outcome in self._outcomes({**told, "tasks": [task]}, "batch", time):
                    text = f"{outcome.state}: load {outcome.load_id}"
                    if not _is_settled(outcome):
                        raise _error_of(outcome)
            except Transient as error:
                code, text = "TemporaryFailure", str(error)
            except LoadstoneError as error:
                code, text = "PermanentFailure", str(error)
            results.append(
                {"taskId": task.get("taskId"), "resultCode": code, "resultString": text[:_RESULT_LENGTH]}
            )
        return {
            "invocationSchemaVersion": told["invocationSchemaVersion"],
            "treatMissingKeysAs": "PermanentFailure",
            "invocationId": told.get("invocationId"),
            "results": results,
        }

    def _reconcile(self, time: _Time) -> dict[str, Any]:
        """Loads what no event brought; what there is no time for is left to the next schedule."""
        states: dict[str, int] = {}
        try:
            for outcome in work.reconcile(self._opened(), progress=time.progress):
                self._tell(outcome, None)
                states[outcome.state] = states.get(outcome.state, 0) + 1
                if time.is_over:
                    break
        except Interrupted as stopped:
            logger.warning("reconcile: %s", stopped)
        return {"states": states, "complete": not time.is_over}

    def _outcomes(self, message: Any, trigger: str, time: _Time) -> list[LoadOutcome]:
        """What became of each object that a message speaks of.

        Raises:
            EventNotUnderstood: nobody can tell what it speaks of.
            OutOfTime: not all could be begun.
            ConfigurationError: the pipeline cannot be read, or two datasets take a key.
        """
        if not isinstance(message, str | bytes | Mapping):
            raise EventNotUnderstood("the message has no body")
        outcomes: list[LoadOutcome] = []
        try:
            for event in parse_events(message, trigger=trigger):
                time.require()
                found = work.handle(self._opened(), event, progress=time.progress, waits=True)
                for outcome in found:
                    self._tell(outcome, event)
                outcomes += found
        except Interrupted as stopped:
            raise stopped.error from None
        return outcomes

    def _opened(self) -> Workspace:
        """The pipeline and its database, as long as the environment is warm.

        Raises:
            ConfigurationError: the pipeline cannot be read, or names no database.
        """
        if self._workspace is None:
            where = self._environment.get("LOADSTONE_PIPELINE") or "pipeline.yaml"
            pipeline = read_pipeline(_pipeline_file(where), self._environment)
            if choose_destination(None, pipeline, self._environment) is None:
                raise ConfigurationError(
                    "the function has no database",
                    where="LOADSTONE_DATABASE_URL",
                    hint="set it, or `destination:` in pipeline.yaml",
                )
            workspace = Workspace(pipeline, environment=self._environment)
            workspace.__enter__()  # for as long as the process lives
            self._workspace, self._metrics = workspace, EmbeddedMetrics(pipeline.name)
        return self._workspace

    def _tell(self, outcome: LoadOutcome, event: Event | None) -> None:
        lag = None
        if event is not None and event.time is not None:
            lag = (datetime.now(UTC) - event.time).total_seconds()
        if self._metrics is not None:
            self._metrics.observe(outcome, lag_seconds=lag)
        if outcome.state == "failed":
            _tell_failure(
                outcome.uri, _error_of(outcome), is_transient=outcome.is_transient, load=outcome.load_id
            )
            return
        logger.info(
            "%s is %s: load %s into %s, %s rows, %s rejected, in %.3f s",
            outcome.uri,
            outcome.state,
            outcome.load_id,
            outcome.table,
            f"{outcome.counts.loaded:,}",
            f"{outcome.counts.rejected:,}",
            outcome.seconds,
        )


class _Time:
    """How long an invocation has, less what it takes to end cleanly.

    Attributes:
        progress: ends loads when the time is over.
        reason: why nothing more is begun; None while there is time.
    """

    def __init__(self, seconds: float) -> None:
        reserve = min(_RESERVE, seconds * _RESERVED_SHARE)
        clock = SystemClock()
        self.progress = DeadlineProgress(Quiet(), clock, clock.monotonic() + seconds - reserve)
        self._last_call = seconds - reserve * (1 - _LAST_CALL)
        self._stopped: str | None = None

    @classmethod
    @contextmanager
    def of(cls, context: Context) -> Iterator[_Time]:
        """What an invocation has left. Ends what is inside, and after SIGTERM the process, too."""
        time = cls(context.get_remaining_time_in_millis() / 1000)
        over = partial(time._interrupted, "the function's time is over; nothing of the file was kept")
        stop = partial(time._interrupted, _SHUTDOWN)
        with alarmed(time._last_call, over, stop):
            yield time
        if time.reason == _SHUTDOWN:
            sys.exit(0)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._stopped is not None or self.progress.is_over

    @property
    def reason(self) -> str | None:
        """Why nothing more is begun."""
        return self._stopped or ("the function's time is over" if self.progress.is_over else None)

    def require(self) -> None:
        """Lets nothing begin that could not end.

        Raises:
            OutOfTime: there is no time left.
        """
        if self.is_over:
            raise OutOfTime(f"it was not begun: {self.reason}")

    def _interrupted(self, reason: str) -> Interrupted:
        self._stopped = reason
        return Interrupted(OutOfTime(reason, hint="it comes again; see docs/guides/lambda.md"))


_SHUTDOWN = "the function's environment is shut down; nothing of the file was kept"


def _pipeline_file(where: str) -> Path:
    """The file that `LOADSTONE_PIPELINE` names."""
    if where.startswith(("s3://", "ssm://")):
        raise ConfigurationError(
            "pipelines are read from the function's own files",
            where=where,
            hint="put it into the image, or the zip",
        )
    return Path(os.environ.get("LAMBDA_TASK_ROOT", ""), where)


def _is_queue(told: Mapping[str, Any]) -> bool:
    records = told.get("Records")
    return isinstance(records, list) and bool(records) and records[0].get("eventSource") == "aws:sqs"


def _is_settled(outcome: LoadOutcome) -> bool:
    """Whether its event has done what it came for; what another worker is at may yet fail there."""
    return outcome.state not in {"failed", "in_progress"}


def _error_of(outcome: LoadOutcome) -> LoadstoneError:
    """What a failed outcome says, or one that another worker is at, as an exception."""
    if outcome.state == "in_progress":
        return Transient("another worker is loading this object", where=outcome.uri, code="object_busy")
    kind: Callable[..., LoadstoneError] = Transient if outcome.is_transient else Terminal
    return kind(outcome.error or "failed", where=outcome.uri, hint=outcome.hint, code=outcome.error_code)


def _tell_failure(what: str, error: LoadstoneError, *, is_transient: bool, load: int | None = None) -> None:
    kind = "transient, another try may succeed" if is_transient else "terminal, it will fail again"
    logger.error(
        "%s failed (%s; %s): %s%s%s",
        what,
        error.code,
        kind,
        error,
        f"; load {load}" if load is not None else "",
        f"; hint: {error.hint}" if error.hint else "",
    )
