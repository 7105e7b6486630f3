"""SQS's and the SDK's errors as ours, told by their codes and types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NetworkError

from loadstone.errors import ConfigurationError, LoadstoneError, QueueError, QueueUnavailable

__all__ = ["CREDENTIALS_EXPIRED", "translated"]

#: The code of what ends with new credentials.
CREDENTIALS_EXPIRED = "credentials_expired"

_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"}
_DENIED = {"AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException", "KmsAccessDenied"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEYS = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
}
_THROTTLED = {"Throttling", "ThrottlingException", "RequestThrottled", "OverLimit", "KMS.ThrottlingException"}
_ACTIONS = (
    "sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility, sqs:GetQueueAttributes and "
    "sqs:SendMessage (of the dead-letter queue, too)"
)
_SERVER_FAULT = 500


@contextmanager
def translated(where: str, action: str) -> Iterator[None]:
    """Our errors for those of a call.

    Args:
        where: the queue's URL.
        action: the call's name, such as `ReceiveMessage`.
    """
    try:
        yield
    except ClientError as error:
        raise _answer(error, where, action) from error
    except (HTTPClientError, NetworkError, ReadTimeoutError) as error:
        raise QueueUnavailable(f"the queue does not answer: {error}", where=where) from error
    except NoRegionError as error:
        raise ConfigurationError(
            "no AWS region is set", where=where, hint="set AWS_REGION, or name the queue by its whole URL"
        ) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise QueueError(
            "there are no AWS credentials",
            where=where,
            hint="give the machine a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID",
            code="no_credentials",
        ) from error
    except (CredentialRetrievalError, TokenRetrievalError) as error:
        raise QueueUnavailable(
            f"AWS credentials cannot be had: {error}", where=where, code=CREDENTIALS_EXPIRED
        ) from error
    except BotoCoreError as error:
        raise QueueError(f"the queue cannot be used: {error}", where=where) from error


def _answer(error: ClientError, where: str, action: str) -> LoadstoneError:
    """What SQS said."""
    said = error.response.get("Error", {})
    code, text = str(said.get("Code", "")), str(said.get("Message") or "no reason given")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _MISSING:
        return QueueError("there is no such queue", where=where, hint=_MISSING_HINT, code="queue_missing")
    if code in _EXPIRED:
        return QueueUnavailable(
            "the AWS credentials have expired",
            where=where,
            hint="renew them; they are looked up anew with each try",
            code=CREDENTIALS_EXPIRED,
        )
    if code in _UNKNOWN_KEYS:
        return QueueError(f"AWS does not know these credentials: {text}", where=where, code="unknown_keys")
    if code in _DENIED:
        return QueueError(
            f"{action} is not allowed: {text}",
            where=where,
            hint=f"the role needs {_ACTIONS}",
            code="queue_access_denied",
        )
    if code in _THROTTLED or status >= _SERVER_FAULT:
        return QueueUnavailable(f"the queue cannot answer now: {code}: {text}", where=where)
    return QueueError(f"{action} was refused: {code}: {text}", where=where)


_MISSING_HINT = "check the URL, the region and the account; `aws sqs list-queues` shows those there are"
