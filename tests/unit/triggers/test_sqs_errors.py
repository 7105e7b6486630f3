"""What SQS and the SDK say becomes an error of ours, by which it is told whether to try again."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
)

from loadstone.errors import ConfigurationError, LoadstoneError, QueueError, QueueUnavailable
from loadstone.triggers.sqs_errors import translated

_URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/landing"


def _refused(code: str, status: int = 400) -> ClientError:
    answer = {
        "Error": {"Code": code, "Message": "because"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "ReceiveMessage")


@pytest.mark.parametrize(
    ("error", "kind", "what"),
    [
        (_refused("AWS.SimpleQueueService.NonExistentQueue"), QueueError, "there is no such queue"),
        (_refused("QueueDoesNotExist"), QueueError, "there is no such queue"),
        (_refused("AccessDenied", 403), QueueError, "ReceiveMessage is not allowed: because"),
        (_refused("InvalidClientTokenId", 403), QueueError, "AWS does not know these credentials: because"),
        (_refused("ExpiredToken", 403), QueueUnavailable, "AWS refuses the credentials: because"),
        (_refused("RequestTimeTooSkewed", 403), QueueUnavailable, "AWS refuses the credentials: because"),
        (_refused("RequestThrottled", 403), QueueUnavailable, "the queue cannot answer now"),
        (_refused("InternalError", 500), QueueUnavailable, "the queue cannot answer now"),
        (_refused("ServiceUnavailable", 503), QueueUnavailable, "the queue cannot answer now"),
        (_refused("InvalidAttributeValue"), QueueError, "ReceiveMessage was refused: InvalidAttributeValue"),
        (EndpointConnectionError(endpoint_url=_URL), QueueUnavailable, "the queue does not answer"),
        (ReadTimeoutError(endpoint_url=_URL), QueueUnavailable, "the queue does not answer"),
        (NoCredentialsError(), QueueError, "there are no AWS credentials"),
        (NoRegionError(), ConfigurationError, "no AWS region is set"),
    ],
)
def test_each_error_tells_whether_another_try_may_help(
    error: Exception, kind: type[LoadstoneError], what: str
) -> None:
    with pytest.raises(LoadstoneError) as caught, translated(_URL, "ReceiveMessage"):
        raise error
    assert type(caught.value) is kind
    assert what in caught.value.what
    assert caught.value.where == _URL


def test_what_is_not_allowed_names_the_actions_that_are_needed() -> None:
    with pytest.raises(QueueError) as caught, translated(_URL, "GetQueueAttributes"):
        raise _refused("AccessDenied", 403)
    assert "sqs:GetQueueAttributes" in (caught.value.hint or "")
