"""What AWS's error codes mean, in one place: services name the same fault in many ways."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Any

from msgspec import Struct

__all__ = ["Answered", "Fault", "answered"]


class Fault(Enum):
    """Why a service did not do what it was asked for."""

    #: The credentials were good, once; or a clock is wrong.
    EXPIRED = auto()
    #: The credentials are no account's.
    UNKNOWN_KEYS = auto()
    #: The credentials do not allow it.
    DENIED = auto()
    MISSING = auto()
    #: Too many requests, or the service's own failure: another try may succeed.
    BUSY = auto()
    #: Anything else: the request is wrong.
    REFUSED = auto()


#: In this order: `InternalError` is no matter of who asks, and `NotAuthorized` none of what is not found.
_BY_CODE = (
    (Fault.EXPIRED, re.compile(r"ExpiredToken|RequestExpired|RequestTimeTooSkewed|TokenRefreshRequired")),
    (
        Fault.UNKNOWN_KEYS,
        re.compile(
            r"InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch"
            r"|InvalidToken|InvalidAccessKeyId|IncompleteSignature|MissingAuthenticationToken"
        ),
    ),
    (
        Fault.DENIED,
        re.compile(r"AccessDenied|Unauthorized|AuthorizationError|Forbidden|NotAuthorized|^403$"),
    ),
    (Fault.MISSING, re.compile(r"NotFound|NonExistent|DoesNotExist|NoSuch|^404$")),
    (
        Fault.BUSY,
        re.compile(
            r"Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|OverLimit|ServiceUnavailable|Internal|Timeout"
            r"|^5\d\d$"
        ),
    ),
)
_KEY = re.compile(r"kms|decrypt", re.IGNORECASE)
#: Of a good signature, where one of the two clocks is wrong. It has the codes of a bad one.
_CLOCK = re.compile(r"Signature (expired|not yet current)", re.IGNORECASE)
_SERVER_FAILURE = 500


class Answered(Struct, frozen=True):
    """A service's refusal.

    Attributes:
        fault: what it comes to.
        code: AWS's own, such as `AccessDeniedException`.
        message: one line, without a full stop.
        of_key: KMS speaks, of the key that something is encrypted with.
    """

    fault: Fault
    code: str
    message: str
    of_key: bool


def answered(error: Any) -> Answered:
    """What a `ClientError` of botocore says."""
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    message = " ".join(str(told.get("Message") or code or error).split()).rstrip(".")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    fault = next((fault for fault, pattern in _BY_CODE if pattern.search(code)), None)
    if fault is Fault.UNKNOWN_KEYS and _CLOCK.search(message):
        fault = Fault.EXPIRED
    if fault is None and _KEY.search(code) and "Denied" in message:
        fault = Fault.DENIED
    if fault is None:
        fault = Fault.BUSY if status >= _SERVER_FAILURE else Fault.REFUSED
    return Answered(fault, code, message, of_key=_KEY.search(code + message) is not None)
