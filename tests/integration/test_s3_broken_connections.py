"""What becomes of a load from S3 when the network is not what it should be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from fixtures.bucket import Bucket
from fixtures.unreliable import UnreliableProxy
from loadstone.errors import (
    AccessDenied,
    ConfigurationError,
    ObjectChanged,
    ObjectMissing,
    SourceError,
    SourceUnavailable,
    Stalled,
)
from loadstone.ports import ByteStream
from loadstone.sources import s3 as s3_module
from loadstone.sources.s3 import S3Source

BODY = random.Random(7).randbytes(8_000_000)


class PatientClock:
    """Remembers the waits, and does not wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own waits between tries are not ours to test."""
    waits = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2}
    monkeypatch.setitem(s3_module._RETRY, "backoff", waits)


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()


@pytest.fixture
def proxy(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(s3.endpoint_url) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


@pytest.fixture
def source(s3: Bucket, proxy: UnreliableProxy, clock: PatientClock) -> S3Source:  # noqa: ARG001 - on the way
    return S3Source(s3.name, stall_timeout=0.5, clock=clock)


def content(stream: ByteStream) -> bytes:
    return b"".join(iter(lambda: bytes(stream.read(1 << 20)), b""))


@pytest.mark.parametrize("keeps_versions", [False, True])
def test_a_stream_cut_several_times_is_whole(
    s3: Bucket, proxy: UnreliableProxy, source: S3Source, *, keeps_versions: bool
) -> None:
    if keeps_versions:
        s3.keep_versions()
    s3.put("x.csv", BODY)
    version = source.head("x.csv")
    proxy.requests.clear()
    proxy.cuts = [3_000_000, 2_500_001, 5_000, 1_999_999]
    with source.open(version) as stream:
        assert content(stream) == BODY
    assert len(proxy.requests) == 5
    assert all("range: bytes=" in request.lower() for request in proxy.requests[1:])
    pinned = f"versionId={version.version_id}" if keeps_versions else f'if-match: "{version.etag}"'
    assert all(pinned in request for request in proxy.requests)


def test_a_cut_after_which_the_object_is_another_one_is_told(
    s3: Bucket, proxy: UnreliableProxy, source: S3Source
) -> None:
    s3.put("x.csv", BODY)
    version = source.head("x.csv")
    proxy.cuts = [3_000_000]
    proxy.on_cut = lambda: s3.put("x.csv", BODY[::-1])
    with pytest.raises(ObjectChanged), source.open(version) as stream:
        content(stream)


def test_a_cut_after_which_the_object_is_gone_is_told(
    s3: Bucket, proxy: UnreliableProxy, source: S3Source
) -> None:
    s3.put("x.csv", BODY)
    version = source.head("x.csv")
    proxy.cuts = [3_000_000]
    proxy.on_cut = lambda: s3.delete("x.csv")
    with pytest.raises(ObjectMissing), source.open(version) as stream:
        content(stream)


def test_a_kept_version_is_read_to_its_end_though_a_newer_one_came(
    s3: Bucket, proxy: UnreliableProxy, source: S3Source
) -> None:
    s3.keep_versions()
    s3.put("x.csv", BODY)
    version = source.head("x.csv")
    proxy.cuts = [3_000_000]
    proxy.on_cut = lambda: s3.put("x.csv", b"newer")
    with source.open(version) as stream:
        assert content(stream) == BODY


def test_a_store_that_never_gets_on_is_given_up_as_transient(
    s3: Bucket, proxy: UnreliableProxy, source: S3Source, clock: PatientClock
) -> None:
    s3.put("x.csv", BODY)
    version = source.head("x.csv")
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "%s"\r\nLast-Modified: %s\r\n\r\n'
    modified = version.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()
    head = answer % (len(BODY), str(version.etag).encode(), modified)
    proxy.answers = [head + BODY[:1000]] * 100
    with pytest.raises(SourceUnavailable), source.open(version) as stream:
        content(stream)
    assert len(clock.waits) == 5


def test_a_connection_that_falls_silent_is_left_for_another(s3: Bucket, proxy: UnreliableProxy) -> None:
    s3.put("x.csv", BODY)
    source = S3Source(s3.name, stall_timeout=0.1)
    proxy.stalls_after = 3_000_000
    with source.open(source.head("x.csv")) as stream:
        assert content(stream) == BODY


def test_a_store_that_never_sends_is_stalled(s3: Bucket, proxy: UnreliableProxy) -> None:
    s3.put("x.csv", BODY)
    source = S3Source(s3.name, stall_timeout=0.1)
    version = source.head("x.csv")
    proxy.stalls_after = 2000
    with pytest.raises(Stalled), source.open(version) as stream:
        content(stream)


def test_nobody_listening_is_transient(monkeypatch: pytest.MonkeyPatch, s3: Bucket) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(SourceUnavailable) as caught:
        S3Source(s3.name).head("x.csv")
    assert "AWS_ENDPOINT_URL" in str(caught.value.hint)


def _answer(status: str, code: str, message: str = "so it is", extra: str = "") -> bytes:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{extra}\r\n{body}"
    ).encode()


@pytest.mark.parametrize(
    ("answer", "expected", "hint"),
    [
        (_answer("403 Forbidden", "AccessDenied"), AccessDenied, "s3:GetObject"),
        (_answer("403 Forbidden", "InvalidAccessKeyId"), AccessDenied, "session token"),
        (_answer("400 Bad Request", "InvalidRequest"), SourceError, "None"),
        (_answer("301 Moved Permanently", "PermanentRedirect"), ConfigurationError, "AWS_REGION"),
        (_answer("400 Bad Request", "AuthorizationHeaderMalformed"), ConfigurationError, "AWS_REGION"),
        (_answer("404 Not Found", "NoSuchBucket"), ObjectMissing, "AWS_ENDPOINT_URL"),
    ],
)
def test_refusals_have_a_type_and_a_way_out(
    s3: Bucket, proxy: UnreliableProxy, source: S3Source, answer: bytes, expected: type[Exception], hint: str
) -> None:
    s3.put("x.csv", b"x")
    version = source.head("x.csv")
    proxy.answers = [answer]
    with pytest.raises(expected) as caught, source.open(version):
        pass
    assert type(caught.value) is expected
    assert hint in str(caught.value.hint)  # type: ignore[attr-defined]
    assert "\n" not in str(caught.value)


def test_throttling_is_waited_out(s3: Bucket, proxy: UnreliableProxy, source: S3Source) -> None:
    s3.put("x.csv", b"x")
    proxy.answers = [
        _answer("503 Slow Down", "SlowDown"),
        _answer("500 Internal Server Error", "InternalError"),
    ]
    assert source.head("x.csv").size == 1


def test_a_store_that_ignores_the_pin_does_not_get_through(s3: Bucket, source: S3Source) -> None:
    s3.put("x.csv", b"other bytes")
    version = source.head("x.csv")
    with pytest.raises(ObjectChanged), source.open(replace(version, etag=None, size=3)):
        pass
