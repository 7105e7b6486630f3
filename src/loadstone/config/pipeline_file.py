"""pipeline.yaml -> Pipeline, or everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath

from msgspec import structs

from loadstone.config.checks import findings
from loadstone.config.document import Document, parse
from loadstone.config.problem import InvalidPipeline, Problem
from loadstone.errors import ConfigurationError
from loadstone.model.mistake import Mistake
from loadstone.model.pipeline import Pipeline
from loadstone.model.reading import read

__all__ = ["check_pipeline", "decoded", "parse_pipeline", "read_pipeline"]

# `--to` or the environment may make the pipeline's own destination needless, and validating needs none.
_LATE = frozenset({("destination",)})


def read_pipeline(file: FilePath, environment: Mapping[str, str]) -> Pipeline:
    """Reads a pipeline file. A relative `source` lies beside the file, wherever the command runs.

    An unset variable in `destination` is left for `destination.choose_destination` to complain about.

    Raises:
        ConfigurationError: it cannot be read, or (InvalidPipeline) something in it is wrong.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        hint = "name another with --file; `loadstone validate --help` shows what one looks like"
        raise ConfigurationError("there is no such file", where=str(file), hint=hint) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"cannot be read: {reason}", where=str(file)) from None
    return _beside(file, parse_pipeline(decoded(content, str(file)), str(file), environment))


def decoded(content: bytes, file: str) -> str:
    """The text of a pipeline file; `file` is what messages call it.

    Raises:
        ConfigurationError: it is no text in UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: byte {error.start + 1:,} cannot be read"
        raise ConfigurationError(message, where=file, hint="save the file as UTF-8") from None


def parse_pipeline(text: str, file: str, environment: Mapping[str, str]) -> Pipeline:
    """The pipeline that a text describes; `file` is what messages call it.

    Raises:
        InvalidPipeline: something in it is wrong.
    """
    document = parse(text, Pipeline, environment, late=_LATE)
    if document.problems:
        # Keys that are wrong as keys are still reported, values that could not be read only once.
        unread = {problem.place for problem in document.problems}
        also = [problem for problem in _validate(document)[1] if problem.place not in unread]
        raise InvalidPipeline(file, [*document.problems, *also])
    pipeline, problems = _validate(document)
    if pipeline is None or problems:
        raise InvalidPipeline(file, problems)
    return pipeline


def check_pipeline(pipeline: Pipeline) -> None:
    """Checks a pipeline that was written in code for contradictions.

    Raises:
        InvalidPipeline: there are some.
    """
    problems = [Problem(None, str(mistake), mistake.hint) for mistake in findings(pipeline)]
    if problems:
        raise InvalidPipeline(f"pipeline {pipeline.name}", problems)


def _beside(file: FilePath, pipeline: Pipeline) -> Pipeline:
    source = pipeline.source
    if source is None or "://" in source or source.startswith(("/", "~")):
        return pipeline
    return structs.replace(pipeline, source=str(file.parent / source))


def _validate(document: Document) -> tuple[Pipeline | None, list[Problem]]:
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        if document.problems:
            return None, []
        what = "the file is not a mapping of keys to values"
        return None, [Problem(document.place(()), what, "it begins with `datasets:`")]
    pipeline, mistakes = read(Pipeline, data)
    if pipeline is not None:
        mistakes = list(findings(pipeline))
    return pipeline, [_located(mistake, document) for mistake in mistakes]


def _located(mistake: Mistake, document: Document) -> Problem:
    return Problem(document.place(mistake.path, key=mistake.is_of_key), str(mistake), mistake.hint)
