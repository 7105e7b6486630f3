"""What `s3://` URIs mean, and what is said where they mean nothing."""

from __future__ import annotations

import pytest

from fixtures.bucket import Bucket
from loadstone.errors import AccessDenied, LoadstoneError, ObjectMissing, SourceError
from loadstone.sources import open_source, resolve
from loadstone.sources import s3 as s3_module

KEYS = ["day/1.csv", "day/2.csv", "day/sub/3.csv", "day-2/4.csv", "pre1.csv", "pre2.csv", "we[i]rd.csv"]


@pytest.fixture
def bucket(s3: Bucket) -> Bucket:
    for key in [*KEYS, "day/"]:
        s3.put(key, "x" if not key.endswith("/") else "")
    return s3


def found(uri: str, within: str | None = None) -> list[str]:
    source, patterns = resolve(uri, within=within)
    return [version.key for version in source.list(patterns)]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "",
            ["day-2/4.csv", "day/1.csv", "day/2.csv", "day/sub/3.csv", "pre1.csv", "pre2.csv", "we[i]rd.csv"],
        ),
        ("day/1.csv", ["day/1.csv"]),
        ("day/", ["day/1.csv", "day/2.csv", "day/sub/3.csv"]),
        ("day/*", ["day/1.csv", "day/2.csv"]),
        ("pre*.csv", ["pre1.csv", "pre2.csv"]),
        ("pre[2-9].csv", ["pre2.csv"]),
        ("**/3.csv", ["day/sub/3.csv"]),
        ("we[[]i]rd.csv", ["we[i]rd.csv"]),
    ],
)
def test_keys_prefixes_and_patterns(bucket: Bucket, key: str, expected: list[str]) -> None:
    assert found(bucket.uri(key)) == expected


def test_a_bucket_alone_is_all_of_it(bucket: Bucket) -> None:
    assert found(f"s3://{bucket.name}") == found(bucket.uri())


@pytest.mark.parametrize("prefix", ["day", "day/"])
def test_patterns_of_a_source_with_a_prefix_count_from_there_and_keys_are_whole(
    bucket: Bucket, prefix: str
) -> None:
    source = open_source(bucket.uri(prefix))
    assert [version.key for version in source.list(["*.csv"])] == ["day/1.csv", "day/2.csv"]
    assert [version.key for version in source.list(["1.csv"])] == ["day/1.csv"]
    assert source.head("day/1.csv").uri == bucket.uri("day/1.csv")
    assert source.prefix == "day/"


def test_what_lies_in_the_pipelines_source_is_found_through_it(bucket: Bucket) -> None:
    source, patterns = resolve(bucket.uri("day/sub/*.csv"), within=bucket.uri("day"))
    assert (source.prefix, patterns) == ("day/", ("sub/*.csv",))
    assert [version.key for version in source.list(patterns)] == ["day/sub/3.csv"]
    assert found(bucket.uri("pre1.csv"), within=bucket.uri("day")) == ["pre1.csv"]
    assert found(bucket.uri("day/1.csv"), within="s3://another") == ["day/1.csv"]
    assert found(bucket.uri("day/1.csv"), within="/a/folder") == ["day/1.csv"]


@pytest.mark.parametrize(
    ("key", "error", "message", "hint"),
    [
        ("nope.csv", ObjectMissing, "no such object", "None"),
        ("day", ObjectMissing, "others below it", "/day/"),
        ("nope/", ObjectMissing, "no file in it", "hidden"),
        ("nope*", ObjectMissing, "no file matches", "crosses folders"),
        ("day//1.csv", SourceError, "cannot be read", "copy the object"),
    ],
)
def test_what_is_not_there_is_told_with_a_way_out(
    bucket: Bucket, key: str, error: type[LoadstoneError], message: str, hint: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        resolve(bucket.uri(key))
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("key", ["x.csv", "", "*.csv"])
@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_named(key: str) -> None:
    with pytest.raises(ObjectMissing, match="no such bucket"):
        resolve(f"s3://there-is-no-such-bucket/{key}")


def test_a_listing_that_holds_a_key_nobody_can_name_says_so(bucket: Bucket) -> None:
    bucket.put("day//5.csv", "x")
    with pytest.raises(SourceError, match=r"day//5\.csv") as caught:
        found(bucket.uri("day/"))
    assert "narrow the pattern" in str(caught.value.hint)
    assert found(bucket.uri("pre*")) == ["pre1.csv", "pre2.csv"]


def test_a_listing_of_many_pages_is_whole_and_in_order(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(35):
        s3.put(f"many/{number:02}.csv", b"x")
    with monkeypatch.context() as smaller:
        smaller.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
        assert len(s3.client.list_objects_v2(Bucket=s3.name)["Contents"]) == 10
        assert found(s3.uri("many/1*.csv")) == [f"many/{number:02}.csv" for number in range(10, 20)]
        assert found(s3.uri("many/")) == [f"many/{number:02}.csv" for number in range(35)]


def test_without_credentials_that_is_what_is_said(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(s3_module._RETRY, "max_retries", 0)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1/latest/api/token")
    with pytest.raises(AccessDenied, match="no AWS credentials") as caught:
        open_source(bucket.uri()).head("pre1.csv")
    assert "AWS_PROFILE" in str(caught.value.hint)
