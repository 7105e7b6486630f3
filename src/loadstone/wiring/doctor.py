"""`doctor`: looks at everything that a pipeline needs, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from loadstone.config.destination import choose_destination
from loadstone.embedded import DEFAULT_FOLDER, EmbeddedServer
from loadstone.errors import LoadstoneError, MissingExtra
from loadstone.model.pipeline import Pipeline
from loadstone.platform.aws_function import stack_outputs
from loadstone.sources import open_source
from loadstone.wiring.check import Check, attempted, failed, ok, skipped
from loadstone.wiring.database_access import database_access
from loadstone.wiring.doctor_aws import (
    bucket_checks,
    credential_checks,
    is_in_aws,
    queue_checks,
    topic_checks,
)
from loadstone.wiring.doctor_database import database_checks
from loadstone.wiring.doctor_function import function_checks
from loadstone.wiring.pipeline_location import open_pipeline

__all__ = ["Asked", "examinations"]

_OF_BUCKET = ("versions", "events")
_OF_FUNCTION = ("function's version", "event source")
#: By what option or variable each is named.
_NAMES = {
    "queue": "--queue, or LOADSTONE_QUEUE_URL",
    "function": "--function, or LOADSTONE_FUNCTION",
    "topic": "--topic, or LOADSTONE_TOPIC_ARN",
}


class Asked(Struct, frozen=True):
    """What is to be looked at.

    Attributes:
        file: where the pipeline lies; None for none.
        to: the database, or None to look elsewhere.
        queue: the URL of the queue that events come to.
        topic: the ARN of the topic that is told of loads.
        function: the name, or the ARN, of the function that loads.
        stack: the name of the stack that made them: what is not named, its outputs say.
    """

    file: Path | str | None = None
    to: str | None = None
    queue: str | None = None
    topic: str | None = None
    function: str | None = None
    stack: str | None = None


def examinations(asked: Asked, environment: Mapping[str, str]) -> Iterator[Check]:
    """Every check, as soon as it is done. None raises: what goes wrong is what it tells."""
    try:
        pipeline = Pipeline.unchecked() if asked.file is None else open_pipeline(asked.file, environment)
        url = choose_destination(asked.to, pipeline, environment)
    except LoadstoneError as error:
        yield failed("configuration", str(error), error.hint)
        for name in ("credentials", "source", "queue", "function", "topic", "database"):
            yield skipped(name, "see configuration")
        return
    yield _configuration(asked, pipeline)
    named = (asked.queue, asked.topic, asked.function, asked.stack)
    if any(named) or is_in_aws(str(asked.file or ""), pipeline.source, url):
        credentials = list(attempted("credentials", _credentials))
        yield from credentials
        can_ask = credentials[0].state == "ok"
    else:
        yield skipped("credentials", "nothing here is in AWS")
        can_ask = False
    if asked.stack is not None and can_ask:
        asked, check = _of_stack(asked, asked.stack)
        yield check
    yield from _source(pipeline, asked, can_ask=can_ask)
    yield from _named("queue", asked.queue, queue_checks, "dead letters", can_ask=can_ask)
    yield from _function(asked, can_ask=can_ask)
    yield from _named("topic", asked.topic, topic_checks, can_ask=can_ask)
    yield from _database(url, pipeline, environment)


def _configuration(asked: Asked, pipeline: Pipeline) -> Check:
    if asked.file is None:
        hint = "`loadstone init` writes a pipeline.yaml; --file names another"
        return ok("configuration", "no pipeline: files are loaded as they are named", hint)
    number = len(pipeline.datasets)
    return ok("configuration", f"{asked.file}: {number:,} {'dataset' if number == 1 else 'datasets'}")


def _credentials() -> Iterator[Check]:
    try:
        yield from credential_checks()
    except MissingExtra as error:
        # Objects are read without boto3; only what is asked here needs it.
        yield skipped("credentials", str(error), error.hint)


def _source(pipeline: Pipeline, asked: Asked, *, can_ask: bool) -> Iterator[Check]:
    if pipeline.source is None:
        yield skipped("source", "the pipeline names none")
        return
    if pipeline.source.startswith("s3://"):
        bucket = pipeline.source.removeprefix("s3://").partition("/")[0]
        if can_ask:
            has_queue = asked.queue is not None
            yield from attempted("bucket", lambda: bucket_checks(bucket, has_queue=has_queue), *_OF_BUCKET)
        else:
            for name in ("bucket", *_OF_BUCKET):
                yield skipped(name, "see credentials")
    yield from attempted("source", lambda: _reading(pipeline, str(pipeline.source)))


def _reading(pipeline: Pipeline, uri: str) -> Iterator[Check]:
    """Lists, asks and reads, as a load does: each takes a permission of its own."""
    source = open_source(uri)
    patterns = [pattern for dataset in pipeline.datasets.values() for pattern in dataset.files]
    first = next(iter(source.list(patterns or ["**"])), None)
    if first is None:
        yield ok("source", f"{uri} can be listed; nothing in it matches a dataset now")
        return
    with source.open(first) as stream:
        stream.read(1)
    yield ok("source", f"{uri} can be listed and read")


def _of_stack(asked: Asked, name: str) -> tuple[Asked, Check]:
    """What is asked, with what a stack says that it made."""
    try:
        outputs = stack_outputs(name)
    except LoadstoneError as error:
        return asked, failed("stack", str(error), error.hint)
    asked = replace(
        asked,
        queue=asked.queue or outputs.get("QueueUrl"),
        topic=asked.topic or outputs.get("TopicArn"),
        function=asked.function or outputs.get("FunctionName"),
    )
    if "FunctionName" not in outputs:
        hint = "name the pipeline's stack: `loadstone deploy` calls it loadstone-pipeline"
        return asked, failed("stack", f"{name} is no stack of a pipeline", hint)
    return asked, ok("stack", name)


def _named(
    name: str, thing: str | None, look: Callable[[str], Iterable[Check]], *others: str, can_ask: bool
) -> Iterator[Check]:
    """Looks at a thing of AWS that is named, with what belongs to it."""
    if thing is None:
        yield skipped(name, f"none is named ({_NAMES[name]})")
    elif not can_ask:
        yield skipped(name, "see credentials")
    else:
        yield from attempted(name, lambda: look(thing), *others)


def _function(asked: Asked, *, can_ask: bool) -> Iterator[Check]:
    def look(name: str) -> Iterator[Check]:
        return function_checks(name, asked.queue)

    yield from _named("function", asked.function, look, *_OF_FUNCTION, can_ask=can_ask)


def _database(url: str | None, pipeline: Pipeline, environment: Mapping[str, str]) -> Iterator[Check]:
    if url is None:
        try:
            server = EmbeddedServer.find(DEFAULT_FOLDER)
        except LoadstoneError as error:
            yield failed("database", str(error), error.hint)
            return
        if server is None:
            yield skipped("database", "none is named: the first load starts an embedded one")
            return
        url = server.url
    address = url
    yield from attempted(
        "database", lambda: database_checks(database_access(address, environment), pipeline), "schema"
    )
