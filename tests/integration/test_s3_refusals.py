"""What S3 refuses is told with its reason, also where the request was a HEAD, which gets none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fixtures.answering import Answer, AnsweringServer
from fixtures.clocks import SetClock
from loadstone.errors import (
    AccessDenied,
    CredentialsExpired,
    LoadstoneError,
    ObjectMissing,
    SourceError,
    SourceUnavailable,
    Terminal,
    Transient,
)
from loadstone.model.event import ObjectVersion
from loadstone.sources import s3 as s3_module
from loadstone.sources.s3 import S3Source

VERSION = ObjectVersion(
    uri="s3://landing/x.csv",
    bucket="landing",
    key="x.csv",
    version_id=None,
    etag="etag",
    modified=datetime.now(UTC),
    size=3,
)
NOT_THE_KEY = (
    "User: arn:aws:sts::1:assumed-role/loader is not authorized to perform: kms:Decrypt on the resource "
    "associated with this ciphertext because no identity-based policy allows the kms:Decrypt action"
)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    """S3 that answers what the test says."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    waits = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2}
    monkeypatch.setitem(s3_module._RETRY, "backoff", waits)
    with AnsweringServer(Answer(404)) as running:
        environment = {
            "AWS_ENDPOINT_URL": running.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield running


def refusals(source: S3Source) -> Iterator[LoadstoneError]:
    """What opening, asking for the current version, and asking for a named one are told."""
    with pytest.raises(LoadstoneError) as raised, source.open(VERSION):
        pass
    yield raised.value
    for version_id in (None, "version"):
        with pytest.raises(LoadstoneError) as raised:
            source.head("x.csv", version_id)
        yield raised.value


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "what", "hint"),
    [
        (403, "AccessDenied", NOT_THE_KEY, AccessDenied, "may not be used: User: arn", "kms:Decrypt"),
        (400, "KMS.DisabledException", "it is disabled.", AccessDenied, "cannot be used", "enable the key"),
        (400, "KMS.KMSInvalidStateException", "pending deletion", AccessDenied, "pending deletion", "KMS"),
        (400, "KMS.ThrottlingException", "slower", SourceUnavailable, "overloaded", None),
        (403, "AccessDenied", "Access Denied", AccessDenied, "access denied (AccessDenied)", "s3:GetObject"),
        (
            403,
            "AccessDenied",
            "User: x is not authorized to perform: s3:GetObject",
            AccessDenied,
            "to perform: s3:GetObject",
            "s3:GetObject",
        ),
        (400, "ExpiredToken", "The token has expired.", CredentialsExpired, "has expired", "renew"),
        (403, "RequestTimeTooSkewed", "too large", CredentialsExpired, "too large", "clock"),
        (403, "InvalidAccessKeyId", "does not exist", AccessDenied, "does not exist", "belong together"),
        (403, "SignatureDoesNotMatch", "wrong", AccessDenied, "SignatureDoesNotMatch", "secret"),
        (403, "InvalidObjectState", "of class GLACIER", SourceError, "is archived", "restore"),
        (400, "RequestTimeout", "too slow", SourceUnavailable, "overloaded", None),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_a_refusal_has_its_reason_whatever_was_asked(
    store: AnsweringServer,
    status: int,
    code: str,
    message: str,
    kind: type[LoadstoneError],
    what: str,
    hint: str | None,
) -> None:
    store.answer = Answer.s3_error(status, code, message)
    for told in refusals(S3Source("landing", clock=SetClock())):
        assert type(told) is kind
        assert what in str(told)
        assert hint is None or hint in (told.hint or "")
        assert told.where == VERSION.uri


def test_only_what_passes_by_itself_is_tried_again() -> None:
    assert issubclass(CredentialsExpired, Transient)
    assert issubclass(AccessDenied, Terminal)


@pytest.mark.parametrize("status", [403, 400])
def test_a_refusal_without_a_reason_stays_what_it_was(store: AnsweringServer, status: int) -> None:
    store.answer = Answer(status)
    kind = AccessDenied if status == 403 else SourceError
    with pytest.raises(kind):
        S3Source("landing").head("x.csv")
    assert [method for method, _ in store.requests] == ["HEAD", "GET"]


def test_a_version_that_no_store_knows_is_missing(store: AnsweringServer) -> None:
    store.answer = Answer.s3_error(400, "InvalidArgument", "Invalid version id specified")
    with pytest.raises(ObjectMissing, match="there is no version 'nonsense'"):
        S3Source("landing").head("x.csv", "nonsense")


def test_an_object_that_is_missing_is_asked_for_once(store: AnsweringServer) -> None:
    with pytest.raises(ObjectMissing):
        S3Source("landing").head("x.csv")
    assert [method for method, _ in store.requests] == ["HEAD"]
