"""Where a pipeline.yaml lies: a file, an object of S3, a parameter of SSM."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from loadstone.config.pipeline_file import decoded, parse_pipeline, read_pipeline
from loadstone.errors import ConfigurationError, ObjectMissing
from loadstone.model.pipeline import Pipeline

__all__ = ["VARIABLE", "open_pipeline"]

#: Where the pipeline lies, for programs that are not told otherwise.
VARIABLE = "LOADSTONE_PIPELINE"

#: No pipeline is that large; a file of data that was named by mistake is.
_MOST_BYTES = 4 * 1024 * 1024


def open_pipeline(location: str | Path, environment: Mapping[str, str]) -> Pipeline:
    """Reads a pipeline. A relative `source` lies beside it, whether that is a folder or a prefix of a bucket.

    Args:
        location: a path, `s3://bucket/key`, or `ssm://NAME`.
        environment: for `${VARIABLE}`.

    Raises:
        ConfigurationError: it is not there, or (InvalidPipeline) something in it is wrong, with its place.
        AccessDenied: it may not be read.
        SourceUnavailable: the store does not answer.
    """
    uri = str(location)
    scheme, colon, _ = uri.partition("://")
    if not colon:
        return read_pipeline(Path(location), environment)
    if scheme not in {"s3", "ssm"}:
        raise ConfigurationError(
            f"{scheme}:// is no place of pipelines", where=uri, hint="a file, s3://bucket/key, or ssm://NAME"
        )
    try:
        text = _object(uri) if scheme == "s3" else _parameter(uri)
    except ObjectMissing as error:
        raise ConfigurationError(error.what, where=uri, hint=error.hint) from error
    return _beside(uri, parse_pipeline(text, uri, environment))


def _object(uri: str) -> str:
    from loadstone.sources.s3 import S3Source  # noqa: PLC0415 - files do without it

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket or not key or key.endswith("/"):
        raise ConfigurationError("no object is named", where=uri, hint="s3://bucket/path/to/pipeline.yaml")
    source = S3Source(bucket)
    version = source.head(key)
    if (version.size or 0) > _MOST_BYTES:
        raise ConfigurationError(f"an object of {version.size:,} bytes is no pipeline", where=uri)
    with source.open(version) as stream:
        pieces = []
        while piece := stream.read(_MOST_BYTES):
            pieces.append(bytes(piece))
    return decoded(b"".join(pieces), uri)


def _parameter(uri: str) -> str:
    from loadstone.platform.parameters import read_parameter  # noqa: PLC0415 - brings boto3

    return read_parameter(uri)


def _beside(uri: str, pipeline: Pipeline) -> Pipeline:
    source = pipeline.source
    if source is None or "://" in source or source.startswith(("/", "~")):
        return pipeline
    if not uri.startswith("s3://"):
        raise ConfigurationError(
            f"source: {source!r} is relative, and nothing lies beside a parameter",
            where=uri,
            hint="name the bucket: s3://bucket/prefix",
        )
    parts: list[str] = uri.removeprefix("s3://").split("/")[:-1]
    for part in source.split("/"):
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part not in {"", ".", ".."}:
            parts.append(part)
    return structs.replace(pipeline, source="s3://" + "/".join(parts))
