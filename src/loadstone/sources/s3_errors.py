"""What the S3 client raises, as our errors. It tells kinds apart by few types, so the HTTP status decides."""

from __future__ import annotations

import re

from loadstone.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsExpired,
    LoadstoneError,
    ObjectChanged,
    ObjectMissing,
    SourceError,
    SourceUnavailable,
    Stalled,
)

__all__ = ["translate"]

_STATUS = re.compile(r"status(?: code)?: (\d{3})")
_CODE = re.compile(r"<Code>([\w.]+)</Code>")
_IN_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestTimeTooSkewed"}
_UNKNOWN_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"}
_OVERLOADED = {"RequestTimeout", "SlowDown", "KMS.ThrottlingException", "ThrottlingException"}
_NO_ROLE = ("169.254.169.254", "169.254.170", "fd00:ec2::254", "InstanceCredential", "/latest/api/token")


def translate(error: Exception, where: str, *, has_keys: bool) -> LoadstoneError:
    """The error to raise in place of the client's.

    Args:
        error: what the client raised.
        where: the object's or the bucket's URI.
        has_keys: whether credentials were configured, for the hint.
    """
    text = str(error)
    status = int(found[1]) if (found := _STATUS.search(text)) else None
    code = found[1] if (found := _CODE.search(text)) else None
    message = found[1] if (found := _IN_MESSAGE.search(text)) else _first_line(text)
    if not has_keys and any(sign in text for sign in _NO_ROLE):
        return AccessDenied(
            "no AWS credentials were found",
            where=where,
            hint="set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
            "for a public bucket, AWS_SKIP_SIGNATURE=true",
        )
    if "Received redirect" in text or status == 301 or code == "AuthorizationHeaderMalformed":  # noqa: PLR2004
        return ConfigurationError(
            "the bucket is in another region than the one configured",
            where=where,
            hint="set AWS_REGION to the bucket's region (`aws s3api get-bucket-location` tells it)",
        )
    if code in _EXPIRED:
        return CredentialsExpired(
            f"the store refuses the credentials: {message}",
            where=where,
            hint="renew them, and see that this machine's clock is right",
        )
    return _by_code(code, message, where) or _by_status(error, status, code, message, where)


def _by_code(code: str | None, message: str, where: str) -> LoadstoneError | None:
    """For what the status tells too little about."""
    code = code or ""
    if code in _UNKNOWN_KEYS:
        return AccessDenied(
            f"the store refuses the credentials ({code}): {message}",
            where=where,
            hint="check the access key, its secret and its session token: they belong together",
        )
    if code in _OVERLOADED:
        return SourceUnavailable(f"the store is overloaded ({code}): {message}", where=where)
    if code == "InvalidObjectState":
        return SourceError(
            f"the object is archived: {message}",
            where=where,
            hint="restore it first (`aws s3api restore-object`), or copy it to another storage class",
        )
    if code.startswith("KMS."):
        return AccessDenied(
            f"the key that the object is encrypted with cannot be used ({code}): {message}",
            where=where,
            hint="enable the key again in KMS, or cancel its deletion",
            code="key_unusable",
        )
    if "Denied" in code and "kms:" in message:
        return AccessDenied(
            f"the key that the object is encrypted with may not be used: {message}",
            where=where,
            hint="allow kms:Decrypt on it in the role's policy, and in its own if it is of another account",
            code="key_denied",
        )
    return None


def _by_status(  # noqa: PLR0911 - a table
    error: Exception, status: int | None, code: str | None, message: str, where: str
) -> LoadstoneError:
    name = type(error).__name__
    if code == "NoSuchBucket":
        return ObjectMissing("no such bucket", where=where, hint="check its name, and AWS_ENDPOINT_URL")
    if status == 404 or isinstance(error, FileNotFoundError):  # noqa: PLR2004
        return ObjectMissing("no such object", where=where)
    if status == 412 or name == "PreconditionError":  # noqa: PLR2004
        return ObjectChanged("the object was overwritten since it was looked at", where=where)
    if status in {401, 403} or name in {"PermissionDeniedError", "UnauthenticatedError"}:
        return AccessDenied(
            f"access denied ({code or status})" + (f": {message}" if "not authorized" in message else ""),
            where=where,
            hint="the role needs s3:GetObject (and s3:GetObjectVersion) on the object, s3:ListBucket on the "
            "bucket, and kms:Decrypt where a key of KMS is used",
        )
    if name in {"InvalidPathError", "ValueError"}:
        return SourceError(
            f"a key cannot be read: {message}",
            where=where,
            hint="keys with an empty, `.` or `..` segment cannot be read, nor can listings that hold one: "
            "copy the object to another key, or narrow the pattern's beginning",
        )
    if "URL scheme is not allowed" in message or "BadScheme" in str(error):
        return ConfigurationError(
            "this is no endpoint of an object store", where=where, hint="AWS_ENDPOINT_URL"
        )
    if "timed out" in message or "TimedOut" in str(error):
        return Stalled(f"the store sent nothing for too long: {message}", where=where)
    if status is not None and 400 <= status < 500 and status not in {408, 429}:  # noqa: PLR2004
        return SourceError(
            f"the store refuses the request: {status} {code or ''} {message}",
            where=where,
            code=f"http_{status}",
        )
    return SourceUnavailable(
        f"the store does not answer: {message}",
        where=where,
        hint="check the network, and AWS_ENDPOINT_URL where it is set",
    )


def _first_line(text: str) -> str:
    """What the client says of the cause; before it stand method, address and times."""
    return text.partition("\n")[0].rpartition(" - ")[2].strip()
