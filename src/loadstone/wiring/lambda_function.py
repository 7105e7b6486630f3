"""What the Lambda function works with: one pipeline while it is warm, and the time that it has left."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import obstore.store  # noqa: F401 - made ready before the first event, when nobody waits
from msgspec import structs

from loadstone.config.destination import choose_destination
from loadstone.errors import (
    ConfigurationError,
    EventNotUnderstood,
    LoadstoneError,
    Terminal,
    Transient,
)
from loadstone.executor.deadline import Interrupted
from loadstone.executor.deliveries import judged
from loadstone.executor.outcomes import PASSING
from loadstone.model.event import Event
from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Limits, Pipeline
from loadstone.platform.clock import SystemClock
from loadstone.platform.function_cost import FunctionCost
from loadstone.platform.logs import configure_logs
from loadstone.platform.metrics import EmbeddedMetrics
from loadstone.platform.tracing import configure_traces, flush_traces
from loadstone.ports import Refusal
from loadstone.triggers.s3_event import parse_events
from loadstone.wiring import events as work
from loadstone.wiring.lambda_dead_letters import LambdaDeadLetters
from loadstone.wiring.lambda_time import Context, InvocationTime
from loadstone.wiring.pipeline_location import open_pipeline
from loadstone.wiring.retention import retain
from loadstone.wiring.workspace import Workspace

__all__ = ["Function"]

logger = logging.getLogger(__name__)

#: Who a scheduled invocation comes from.
_SCHEDULES = {"aws.events", "aws.scheduler"}
#: A load's own, and the one by which the ledger is told that it runs.
_KEPT_CONNECTIONS = 2
#: That a collector of traces may take at the end of an invocation, and the share of what is left by then.
_FLUSH_SECONDS = 2.0
_FLUSH_SHARE = 0.5
#: S3 Batch Operations keeps that much of a result.
_RESULT_LENGTH = 1_000


class Function:
    """One environment of the function. Pipeline and database are looked at with the first event.

    Args:
        environment: `LOADSTONE_PIPELINE`, the destination, and what AWS sets.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._workspace: Workspace | None = None
        self._metrics: EmbeddedMetrics | None = None
        self._dead_letters = LambdaDeadLetters(environment.get("LOADSTONE_DEAD_LETTERS_URL"), SystemClock())
        configure_logs(environment, default="json", stream=sys.stdout)
        configure_traces(environment)
        self._cost = FunctionCost.of(environment)

    def respond(self, told: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """The answer to an invocation: of a queue, a schedule, S3 Batch Operations, or with events alone.

        Raises:
            LoadstoneError: what a queue, or a batch, is told by the answer, others are told by this.
            SystemExit: the environment is shut down; what was under way is undone.
        """
        if self._cost is not None:
            self._cost.begin()
        try:
            return self._respond(told, context)
        finally:
            # Who is frozen sends nothing.
            flush_traces(min(_FLUSH_SECONDS, context.get_remaining_time_in_millis() / 1000 * _FLUSH_SHARE))

    def _respond(self, told: Mapping[str, Any], context: Context) -> dict[str, Any]:
        with InvocationTime.of(context) as time:
            if told.get("source") in _SCHEDULES:
                answer = self._reconcile(time)
            elif _is_queue(told):
                answer = self._queue(told["Records"], time)
            elif "invocationSchemaVersion" in told:
                answer = self._batch(told, time)
            else:
                answer = self._direct(told, time)
            return answer

    def _queue(self, records: list[Mapping[str, Any]], time: InvocationTime) -> dict[str, Any]:
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

    def _is_done(self, record: Mapping[str, Any], time: InvocationTime) -> bool:
        """Whether the queue may forget a message: its loads are done, or it is put aside with its reason.

        A function that is not set up puts nothing aside: it is not the message that is to blame.
        """
        name, count = record.get("messageId"), (record.get("attributes") or {}).get("ApproximateReceiveCount")
        try:
            self._opened()
        except LoadstoneError as error:
            _tell_failure(f"message {name}", error)
            return False
        try:
            verdict, refusal = judged(self._outcomes(record.get("body"), "sqs", time))
        except LoadstoneError as error:
            _tell_failure(f"message {name}", error)
            refusal = None if isinstance(error, PASSING) else Refusal(error.code, str(error))
            verdict = "retry"
        except Exception:
            logger.exception("message %s, delivery %s, failed unexpectedly", name, count)
            return False
        return verdict == "done" or (refusal is not None and self._dead_letters.bury(record, refusal))

    def _direct(self, told: Mapping[str, Any], time: InvocationTime) -> dict[str, Any]:
        """Lambda itself tries an event again, for which it wants an exception."""
        outcomes = self._outcomes(told, "lambda", time)
        for outcome in outcomes:
            if not _is_settled(outcome):
                raise _error_of(outcome)
        return {"loads": [outcome.as_json() for outcome in outcomes]}

    def _batch(self, told: Mapping[str, Any], time: InvocationTime) -> dict[str, Any]:
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

    def _reconcile(self, time: InvocationTime) -> dict[str, Any]:
        """Loads what no event brought, sends what is due, applies retention, as far as there is time."""
        states: dict[str, int] = {}
        try:
            for outcome in work.reconcile(self._opened(), progress=time.progress):
                self._tell(outcome, None)
                states[outcome.state] = states.get(outcome.state, 0) + 1
                if time.is_over:
                    break
            for _ in () if time.is_over else self._opened().notify():
                if time.is_over:
                    break
            if not time.is_over:
                self._retain(time)
        except Interrupted as stopped:
            logger.warning("reconcile: %s", stopped)
        return {"states": states, "complete": not time.is_over}

    def _retain(self, time: InvocationTime) -> None:
        """Applies retention where nobody has lately; what goes wrong is no failure of what was loaded."""
        try:
            for _ in retain(self._opened()):
                if time.is_over:
                    break
        except LoadstoneError as error:
            logger.warning("retention: %s", error, extra={"error_code": error.code, "hint": error.hint})

    def _outcomes(self, message: Any, trigger: str, time: InvocationTime) -> list[LoadOutcome]:
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
            pipeline = _pipeline(self._environment)
            workspace = Workspace(pipeline, environment=self._environment, keeps=_KEPT_CONNECTIONS)
            workspace.__enter__()  # for as long as the process lives
            self._workspace, self._metrics = workspace, EmbeddedMetrics(pipeline.name)
        return self._workspace

    def _tell(self, outcome: LoadOutcome, event: Event | None) -> None:
        lag = cost = None
        if outcome.state == "loaded" and event is not None and event.time is not None:
            lag = (datetime.now(UTC) - event.time).total_seconds()
        if outcome.state in {"loaded", "failed"} and self._cost is not None:
            cost = self._cost.of_load()
        if self._metrics is not None:
            self._metrics.observe(outcome, lag_seconds=lag, cost=cost)
        if outcome.state == "failed":
            _tell_failure(outcome.uri, _error_of(outcome), outcome.load_id)


def _pipeline(environment: Mapping[str, str]) -> Pipeline:
    """The pipeline that `LOADSTONE_PIPELINE` names; what it leaves open, the function's settings say.

    Raises:
        ConfigurationError: it cannot be read, is wrong, or names no database.
    """
    where = environment.get("LOADSTONE_PIPELINE") or "pipeline.yaml"
    if "://" not in where:
        where = str(Path(environment.get("LAMBDA_TASK_ROOT", ""), where))
    pipeline = open_pipeline(where, environment)
    cap = environment.get("LOADSTONE_MAX_CONCURRENT_LOADS")
    if cap and pipeline.limits.max_concurrent_loads is None:
        pipeline = structs.replace(pipeline, limits=_capped(pipeline.limits, cap))
    if pipeline.source is None:
        pipeline = structs.replace(pipeline, source=environment.get("LOADSTONE_SOURCE") or None)
    if choose_destination(None, pipeline, environment) is None:
        raise ConfigurationError(
            "the function has no database",
            where="LOADSTONE_DATABASE_URL",
            hint="set it, or `destination:` in pipeline.yaml",
        )
    return pipeline


def _capped(limits: Limits, cap: str) -> Limits:
    if not cap.isdecimal() or int(cap) < 1:
        raise ConfigurationError(f"{cap!r} is no number of loads", where="LOADSTONE_MAX_CONCURRENT_LOADS")
    return structs.replace(limits, max_concurrent_loads=int(cap))


def _is_queue(told: Mapping[str, Any]) -> bool:
    records = told.get("Records")
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, Mapping) and first.get("eventSource") == "aws:sqs"


def _is_settled(outcome: LoadOutcome) -> bool:
    """Whether its event has done what it came for; what another worker is at may yet fail there."""
    return outcome.state not in {"failed", "in_progress"}


def _error_of(outcome: LoadOutcome) -> LoadstoneError:
    """What a failed outcome says, or one that another worker is at, as an exception."""
    if outcome.state == "in_progress":
        return Transient("another worker is loading this object", where=outcome.uri, code="object_busy")
    kind: Callable[..., LoadstoneError] = Transient if outcome.is_transient else Terminal
    return kind(outcome.error or "failed", where=outcome.uri, hint=outcome.hint, code=outcome.error_code)


def _tell_failure(what: str, error: LoadstoneError, load_id: int | None = None) -> None:
    """Whether the queue's next delivery may do better is what the log says beyond the ledger."""
    kind = (
        "transient, another try may succeed" if isinstance(error, PASSING) else "terminal, it will fail again"
    )
    said = str(error).removeprefix(f"{what}: ")  # what it is about need not be said twice
    facts = {"error_code": error.code, "load_id": load_id, "hint": error.hint}
    logger.error("%s failed (%s): %s", what, kind, said, extra=facts)
