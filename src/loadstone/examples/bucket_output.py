"""A prefix of a bucket as a place for generated files. Imported late: the S3 client takes its time."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from loadstone.errors import AccessDenied, ObjectMissing, SourceUnavailable, UsageError
from loadstone.platform.aws import aws_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.examples.output import Writer

__all__ = ["BucketOutput"]

_PART = 8 * 1024 * 1024


class BucketOutput:
    """Uploads files as they are written, in parts; the usual AWS settings apply.

    Args:
        uri: `s3://bucket/prefix`.

    Raises:
        UsageError: no bucket is named.
    """

    def __init__(self, uri: str) -> None:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        if not bucket:
            raise UsageError("names no bucket", where=uri, hint="s3://BUCKET/PREFIX/")
        settings = aws_settings("s3", os.environ)
        config: dict[str, Any] = {
            **settings.keys,
            "region": settings.region,
            "endpoint": settings.endpoint,
            "credential_provider": settings.provider,
        }
        self._store = S3Store(
            bucket,
            client_options={"allow_http": bool(settings.endpoint and settings.endpoint.startswith("http:"))},
            **{name: value for name, value in config.items() if value is not None},
        )
        self._root = f"s3://{bucket}/"
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def uri(self, name: str) -> str:
        """Its `s3://` URI."""
        return f"{self._root}{self._prefix}{name}"

    @contextmanager
    def open(self, name: str) -> Iterator[Writer]:
        """An upload that does not come to its end leaves no object.

        Raises:
            AccessDenied: the bucket does not let us.
            ObjectMissing: it is not there.
            SourceUnavailable: it does not answer.
        """
        writer = obstore.open_writer(self._store, self._prefix + name, buffer_size=_PART, max_concurrency=2)
        try:
            yield writer
            writer.close()
        except FileNotFoundError as error:
            raise ObjectMissing(
                "there is no such bucket", where=self.uri(name), hint="AWS_REGION and AWS_ENDPOINT_URL apply"
            ) from error
        except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
            raise AccessDenied(
                "may not be written with these credentials",
                where=self.uri(name),
                hint="the role needs s3:PutObject on the prefix",
            ) from error
        except (BaseError, OSError) as error:
            raise SourceUnavailable(
                f"cannot be written: {str(error).splitlines()[0]}",
                where=self.uri(name),
                hint="try again later; AWS_REGION and AWS_ENDPOINT_URL apply",
            ) from error
