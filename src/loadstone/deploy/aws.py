"""boto3, imported when a command talks to AWS; what AWS refuses becomes an error with a way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadstone.errors import ConfigurationError, DeploymentFailed, MissingExtra

__all__ = ["aws_session", "told"]

_HINTS = {
    "AccessDenied": "these credentials may not do that: docs/deploy.md lists what a deployment needs",
    "ExpiredToken": "log in again: aws sso login, or new keys",
    "InvalidClientTokenId": "the keys are unknown to AWS: look at AWS_PROFILE and AWS_ACCESS_KEY_ID",
}


def aws_session(region: str | None) -> Any:
    """boto3's session.

    Raises:
        MissingExtra: boto3 is not installed.
        ConfigurationError: the profile is unknown, or no region is named anywhere.
    """
    try:
        import boto3  # noqa: PLC0415 - an extra, and takes its time
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("talking to AWS", "aws") from None
    try:
        session = boto3.session.Session(region_name=region)
    except BotoCoreError as error:
        raise ConfigurationError(str(error), where="AWS_PROFILE") from None
    if session.region_name is None:
        raise ConfigurationError("no AWS region is named", hint="--region, or AWS_REGION")
    return session


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turns what AWS answers into errors of ours.

    Args:
        where: the stack, or whatever else is spoken of.

    Raises:
        DeploymentFailed: AWS refused.
        ConfigurationError: there are no credentials.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError  # noqa: PLC0415 - an extra

    try:
        yield
    except NoCredentialsError:
        raise ConfigurationError(
            "no AWS credentials were found",
            hint="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from None
    except ClientError as error:
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", ""))
        hint = _HINTS.get(code.removesuffix("Exception"))
        raise DeploymentFailed(str(answer.get("Message") or error), where=where, hint=hint) from error
    except BotoCoreError as error:
        raise DeploymentFailed(str(error), where=where) from error
