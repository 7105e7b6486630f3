"""boto3's clients for everything but the data path, and their errors as ours."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadstone.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsExpired,
    LoadstoneError,
    MissingExtra,
    ObjectMissing,
    SourceError,
    SourceUnavailable,
)
from loadstone.platform.aws_faults import Fault, answered

__all__ = [
    "NO_CREDENTIALS",
    "RENEW",
    "aws_client",
    "aws_errors",
    "aws_session",
    "open_client",
    "require_boto3",
]

#: Seconds. A service that does not answer at once is behind no route: better told soon than waited for.
_CONNECT_TIMEOUT = 5
_READ_TIMEOUT = 20
_ATTEMPTS = 4
#: As boto3 has it.
_CONNECTIONS = 10

#: What these log for debugging has the answers' bodies, and signatures: secrets and tokens.
_TALKATIVE = ("botocore.parsers", "botocore.auth")

#: What to do where there are none, and where they are not good.
NO_CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role"
RENEW = "renew them, and see that this machine's clock is right"


def aws_session(feature: str, *, region: str | None = None) -> Any:
    """A session of boto3, with settings as AWS's own tools find them.

    One of its own for each caller: boto3's default one is not for several threads, and keeps the credentials
    that it found first.

    Args:
        feature: what needs it, for the message where boto3 is not installed.
        region: in place of the environment's or the profile's.

    Raises:
        MissingExtra: boto3 is not installed.
        botocore's BotoCoreError: the profile is not there.
    """
    boto3 = require_boto3(feature)
    # boto3 itself does not read AWS_REGION, which AWS's other tools and Lambda set.
    return boto3.session.Session(region_name=region or os.environ.get("AWS_REGION") or None)


def open_client(
    service: str,
    feature: str,
    *,
    region: str | None = None,
    connect_timeout: float = _CONNECT_TIMEOUT,
    read_timeout: float = _READ_TIMEOUT,
    attempts: int = _ATTEMPTS,
    connections: int = _CONNECTIONS,
) -> Any:
    """A client of boto3 for who has errors of its own: see `aws_client` for everybody else.

    Args:
        service: such as `sqs`.
        feature: what needs it, for the message where boto3 is not installed.
        region: in place of the environment's or the profile's.
        connect_timeout: seconds.
        read_timeout: seconds.
        attempts: the first one included.
        connections: how many threads may use it at a time without waiting.

    Raises:
        MissingExtra: boto3 is not installed.
        ConfigurationError: the endpoint is no URL.
        botocore's BotoCoreError: no region is known, or the profile is not there.
    """
    session = aws_session(feature, region=region)
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - it came with boto3

    config = Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
    )
    try:
        return session.client(service, config=config)
    except ValueError as error:  # botocore's for an endpoint that is no URL
        message = str(error)
        raise ConfigurationError(message[:1].lower() + message[1:], where="AWS_ENDPOINT_URL") from error


def aws_client(service: str, *, region: str | None = None, feature: str) -> Any:
    """A client of boto3 with settings as AWS's own tools find them.

    Args:
        service: such as `secretsmanager`.
        region: in place of the environment's or the profile's.
        feature: what needs it, for the message where boto3 is not installed.

    Raises:
        MissingExtra: boto3 is not installed.
        ConfigurationError: no region is known, the profile is not there, or the endpoint is no URL.
        AccessDenied: the profile's login has run out.
    """
    require_boto3(feature)  # before its errors can be told apart
    with aws_errors(feature):
        return open_client(service, feature, region=region)


def require_boto3(feature: str) -> Any:
    """The package, which is an extra, and must not log secrets.

    Args:
        feature: what needs it, for the message.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import boto3  # noqa: PLC0415 - 100 ms and more, for who needs it
    except ImportError:
        raise MissingExtra(feature, "aws") from None
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    return boto3


@contextmanager
def aws_errors(where: str, *, needs: str | None = None) -> Iterator[None]:
    """Turns what boto3 raises into our errors.

    Args:
        where: what is asked for, for messages.
        needs: the IAM actions that the request takes, for the hint where it is denied.

    Raises:
        AccessDenied: no credentials, or they do not allow it.
        CredentialsExpired: they have run out.
        ObjectMissing: there is no such thing.
        ConfigurationError: region, endpoint or profile are wrong.
        SourceUnavailable: the service does not answer, or is overloaded.
        SourceError: the service refuses the request.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise _of_answer(error, where, needs) from error
    except BotoCoreError as error:
        raise _of_client(error, where) from error


def _of_answer(error: Any, where: str, needs: str | None) -> LoadstoneError:
    """For a request that the service answered."""
    told = answered(error)
    code, message = told.code, told.message
    match told.fault:
        case Fault.EXPIRED:
            return CredentialsExpired(f"AWS refuses the credentials: {message}", where=where, hint=RENEW)
        case Fault.UNKNOWN_KEYS:
            return AccessDenied(f"AWS refuses the credentials ({code}): {message}", where=where, hint=RENEW)
        case Fault.DENIED:
            key = ", and kms:Decrypt on the key it is encrypted with" if told.of_key else ""
            hint = f"the role needs {needs}{key}" if needs else None
            return AccessDenied(f"access denied: {message}", where=where, hint=hint)
        case Fault.MISSING:
            hint = "check its name, region and account"
            return ObjectMissing(f"it does not exist ({code})", where=where, hint=hint)
        case Fault.BUSY:
            return SourceUnavailable(f"the service does not answer ({code}): {message}", where=where)
        case Fault.REFUSED:
            return SourceError(f"the request is refused ({code}): {message}", where=where)


def _of_client(error: Exception, where: str) -> LoadstoneError:
    """For a request that was not sent, or not answered."""
    name, message = type(error).__name__, " ".join(str(error).split()).rstrip(".")
    if name in {"NoCredentialsError", "PartialCredentialsError"}:
        return AccessDenied("no AWS credentials were found", where=where, hint=NO_CREDENTIALS)
    if "Token" in name or "SSO" in name or name in {"CredentialRetrievalError", "LoginRefreshRequired"}:
        return AccessDenied(
            f"the AWS credentials cannot be had: {message}", where=where, hint="log in again: `aws sso login`"
        )
    if name == "NoRegionError":
        return ConfigurationError("no AWS region is known", where=where, hint="set AWS_REGION")
    if name in {"ProfileNotFound", "InvalidRegionError", "ConfigParseError", "ParamValidationError"}:
        return ConfigurationError(message[:1].lower() + message[1:], where=where)
    return SourceUnavailable(
        f"the service does not answer: {message}",
        where=where,
        hint="check the network (in a VPC: the service's interface endpoint and its security group, or a NAT "
        "gateway), and AWS_ENDPOINT_URL where it is set",
    )
