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
from loadstone.platform.aws_client import NO_CREDENTIALS, RENEW
from loadstone.platform.aws_faults import Fault, answered

__all__ = ["CREDENTIALS_EXPIRED", "translated"]

#: The code of what ends with new credentials.
CREDENTIALS_EXPIRED = "credentials_expired"

#: What SQS alone says of a queue that is not there.
_NO_ADDRESS = "InvalidAddress"
_ACTIONS = (
    "sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility, sqs:GetQueueAttributes and "
    "sqs:SendMessage (of the dead-letter queue, too)"
)
_MISSING_HINT = "check the URL, the region and the account; `aws sqs list-queues` shows those there are"


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
            hint=NO_CREDENTIALS,
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
    told = answered(error)
    code, message = told.code, told.message
    if told.fault is Fault.MISSING or code == _NO_ADDRESS:
        return QueueError("there is no such queue", where=where, hint=_MISSING_HINT, code="queue_missing")
    if told.fault is Fault.EXPIRED:
        return QueueUnavailable(
            f"AWS refuses the credentials: {message}",
            where=where,
            hint=f"{RENEW}; they are looked up anew with each try",
            code=CREDENTIALS_EXPIRED,
        )
    if told.fault is Fault.UNKNOWN_KEYS:
        return QueueError(f"AWS does not know these credentials: {message}", where=where, code="unknown_keys")
    if told.fault is Fault.DENIED:
        return QueueError(
            f"{action} is not allowed: {message}",
            where=where,
            hint=f"the role needs {_ACTIONS}",
            code="queue_access_denied",
        )
    if told.fault is Fault.BUSY:
        return QueueUnavailable(f"the queue cannot answer now: {code}: {message}", where=where)
    return QueueError(f"{action} was refused: {code}: {message}", where=where)
