"""boto3's clients for everything but the data path, and their errors as ours."""

from __future__ import annotations

import logging
import os
import re
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

__all__ = ["aws_client", "aws_errors"]

#: Seconds. A service that does not answer at once is behind no route: better told soon than waited for.
_CONNECT_TIMEOUT = 5
_READ_TIMEOUT = 20
_ATTEMPTS = 4

#: What these log for debugging has the answers' bodies, and signatures: secrets and tokens.
_TALKATIVE = ("botocore.parsers", "botocore.auth")

_DENIED = re.compile(r"AccessDenied|Unauthorized|AuthorizationError|Forbidden|NotAuthorized|^403$")
_EXPIRED = re.compile(r"ExpiredToken|RequestExpired|RequestTimeTooSkewed|TokenRefreshRequired")
_REFUSED = re.compile(
    r"InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch"
    r"|InvalidToken|InvalidAccessKeyId|IncompleteSignature|MissingAuthenticationToken"
)
_MISSING = re.compile(r"NotFound|NonExistent|DoesNotExist|NoSuch|^404$")
_BUSY = re.compile(
    r"Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|ServiceUnavailable|Internal|Timeout|^5\d\d$"
)
_KEY = re.compile(r"kms|decrypt", re.IGNORECASE)

_NO_CREDENTIALS = (
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role"
)
_RENEW = "renew them, and see that this machine's clock is right"


def aws_client(service: str, *, region: str | None = None, feature: str) -> Any:
    """A client of boto3 with settings as AWS's own tools find them.

    Args:
        service: such as `secretsmanager`.
        region: in place of the environment's or the profile's.
        feature: what needs it, for the message where boto3 is not installed.

    Raises:
        MissingExtra: boto3 is not installed.
        ConfigurationError: no region is known, or the profile is not there.
        AccessDenied: the profile's login has run out.
    """
    try:
        import boto3  # noqa: PLC0415 - 100 ms and more, for who needs it
        from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        raise MissingExtra(feature, "aws") from None
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    with aws_errors(feature):
        return boto3.session.Session().client(
            service,
            region_name=region or os.environ.get("AWS_REGION"),  # which boto3 itself does not read
            config=Config(
                connect_timeout=_CONNECT_TIMEOUT,
                read_timeout=_READ_TIMEOUT,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            ),
        )


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
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = " ".join(str(told.get("Message") or code).split()).rstrip(".")
    if _EXPIRED.search(code):
        return CredentialsExpired(f"AWS refuses the credentials: {message}", where=where, hint=_RENEW)
    if _REFUSED.search(code):
        return AccessDenied(f"AWS refuses the credentials ({code}): {message}", where=where, hint=_RENEW)
    if _DENIED.search(code) or (_KEY.search(code) and "Denied" in message):
        key = ", and kms:Decrypt on the key it is encrypted with" if _KEY.search(code + message) else ""
        hint = f"the role needs {needs}{key}" if needs else None
        return AccessDenied(f"access denied: {message}", where=where, hint=hint)
    if _MISSING.search(code):
        return ObjectMissing(
            f"it does not exist ({code})", where=where, hint="check its name, region and account"
        )
    if _BUSY.search(code) or status >= 500:  # noqa: PLR2004 - the server's own failures
        return SourceUnavailable(f"the service does not answer ({code}): {message}", where=where)
    return SourceError(f"the request is refused ({code}): {message}", where=where)


def _of_client(error: Exception, where: str) -> LoadstoneError:
    """For a request that was not sent, or not answered."""
    name, message = type(error).__name__, " ".join(str(error).split()).rstrip(".")
    if name in {"NoCredentialsError", "PartialCredentialsError"}:
        return AccessDenied("no AWS credentials were found", where=where, hint=_NO_CREDENTIALS)
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
