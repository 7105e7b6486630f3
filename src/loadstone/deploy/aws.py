"""Sessions of boto3 for stacks; what AWS refuses becomes an error with a way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadstone.errors import ConfigurationError, DeploymentFailed
from loadstone.platform import aws_client
from loadstone.platform.aws_faults import Fault, answered

__all__ = ["aws_session", "told"]

_HINTS = {
    Fault.DENIED: "these credentials may not do that: docs/deploy.md lists what a deployment needs",
    Fault.EXPIRED: "log in again: aws sso login, or new keys; and see that this machine's clock is right",
    Fault.UNKNOWN_KEYS: "the keys are unknown to AWS: look at AWS_PROFILE and AWS_ACCESS_KEY_ID",
    Fault.BUSY: "AWS is busy: try again in a minute",
}


def aws_session(region: str | None) -> Any:
    """boto3's session.

    Args:
        region: in place of the environment's or the profile's.

    Raises:
        MissingExtra: boto3 is not installed.
        ConfigurationError: the profile is unknown, or no region is named anywhere.
    """
    aws_client.require_boto3("talking to AWS")
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    try:
        session = aws_client.aws_session("talking to AWS", region=region)
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
        raise ConfigurationError("no AWS credentials were found", hint=aws_client.NO_CREDENTIALS) from None
    except ClientError as error:
        answer = answered(error)
        raise DeploymentFailed(answer.message, where=where, hint=_HINTS.get(answer.fault)) from error
    except BotoCoreError as error:
        raise DeploymentFailed(str(error), where=where) from error
