"""What every source promises, asked of a folder, a bucket, and a bucket that keeps versions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

from fixtures.bucket import Bucket
from loadstone.errors import ObjectChanged, ObjectMissing, SourceError
from loadstone.ports import ByteStream, Source
from loadstone.sources import open_source


class Place(Protocol):
    """Where a test writes, and the source that reads there."""

    keeps_versions: bool

    def source(self) -> Source: ...
    def put(self, key: str, body: bytes) -> None: ...
    def delete(self, key: str) -> None: ...


class Folder:
    keeps_versions = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ticks = 0

    def source(self) -> Source:
        return open_source(str(self.root))

    def put(self, key: str, body: bytes) -> None:
        path = self.root / key
        if key.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        # Two writes within one tick of the file system's clock would have one time.
        self._ticks += 1
        os.utime(path, ns=(0, 1_700_000_000_000_000_000 + self._ticks * 1_000))

    def delete(self, key: str) -> None:
        (self.root / key).unlink()


class S3Place:
    def __init__(self, bucket: Bucket, *, keeps_versions: bool) -> None:
        self.bucket = bucket
        self.keeps_versions = keeps_versions
        if keeps_versions:
            bucket.keep_versions()

    def source(self) -> Source:
        return open_source(self.bucket.uri())

    def put(self, key: str, body: bytes) -> None:
        self.bucket.put(key, body)

    def delete(self, key: str) -> None:
        self.bucket.delete(key)


@pytest.fixture(params=["folder", "bucket", "bucket with versions"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Folder(tmp_path)
    return S3Place(request.getfixturevalue("s3"), keeps_versions=request.param != "bucket")


def keys(place: Place, *patterns: str) -> list[str]:
    return [version.key for version in place.source().list(patterns)]


def content(stream: ByteStream, size: int = 1 << 20) -> bytes:
    return b"".join(iter(lambda: bytes(stream.read(size)), b""))


def test_keys_come_in_the_order_of_their_bytes_over_all_folders(place: Place) -> None:
    written = ["a/b.csv", "a-b/c.csv", "a.csv", "a/b/c.csv", "a0.csv", "B.csv", "ä.csv", "z/日.csv", "z.csv"]
    for key in written:
        place.put(key, b"1")
    assert keys(place, "**") == sorted(written, key=str.encode)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*.csv"], ["top.csv"]),
        (["day/*.csv"], ["day/1.csv", "day/2.csv"]),
        (["day/**"], ["day/1.csv", "day/2.csv", "day/3.jsonl", "day/sub/4.csv"]),
        (["**/*.csv"], ["day/1.csv", "day/2.csv", "day/sub/4.csv", "top.csv"]),
        (["day/?.jsonl"], ["day/3.jsonl"]),
        (["day/[!1].csv"], ["day/2.csv"]),
        (["d*/1.csv"], ["day/1.csv"]),
        (["day/1.csv"], ["day/1.csv"]),
        (
            ["day/sub/*", "day/[12].csv", "day/2.*", "to*"],
            ["day/1.csv", "day/2.csv", "day/sub/4.csv", "top.csv"],
        ),
        (["nothing/*"], []),
        (["nothing.csv"], []),
        (["day"], []),
        (["day/sub*"], []),
    ],
)
def test_patterns_mean_the_same_everywhere(place: Place, patterns: list[str], expected: list[str]) -> None:
    for key in ["day/1.csv", "day/2.csv", "day/3.jsonl", "day/sub/4.csv", "day-2/5.txt", "top.csv"]:
        place.put(key, b"x")
    assert keys(place, *patterns) == expected


def test_hidden_files_are_found_only_by_patterns_that_write_the_dot(place: Place) -> None:
    for key in ["a.csv", ".b.csv", ".tmp/c.csv", "d/.e.csv"]:
        place.put(key, b"x")
    assert keys(place, "**") == ["a.csv"]
    assert keys(place, "*.csv") == ["a.csv"]
    assert keys(place, ".*.csv") == [".b.csv"]
    assert keys(place, ".tmp/*") == [".tmp/c.csv"]


def test_folders_are_no_objects_but_files_without_bytes_are(place: Place) -> None:
    place.put("day/", b"")
    place.put("day/sub/", b"")
    place.put("day/empty.csv", b"")
    assert keys(place, "**") == ["day/empty.csv"]
    with pytest.raises(ObjectMissing):
        place.source().head("day")


@pytest.mark.parametrize(
    "key",
    ["with space.csv", "a+b&c=d.csv", "100%25.csv", "hash#question?.csv", "ünïcode/日本.csv", "quote'\".csv"],
)
def test_awkward_keys_are_listed_asked_for_and_read(place: Place, key: str) -> None:
    place.put(key, key.encode())
    source = place.source()
    [listed] = source.list(["**"])
    assert listed == source.head(key)
    with source.open(listed) as stream:
        assert content(stream) == key.encode()


def test_a_listing_and_a_look_at_the_key_give_the_same_version(place: Place) -> None:
    for number in range(40):
        place.put(f"{number:02}.csv", b"x" * number)
    source = place.source()
    listed = list(source.list(["*.csv"]))
    assert listed == [source.head(version.key) for version in listed]
    assert [version.size for version in listed] == list(range(40))
    assert all(version.modified.tzinfo is not None for version in listed)
    assert all((version.version_id is not None) == place.keeps_versions for version in listed)


@pytest.mark.parametrize("key", ["missing.csv", "no/such/folder.csv"])
def test_a_key_that_is_not_there_is_missing(place: Place, key: str) -> None:
    place.put("other.csv", b"x")
    with pytest.raises(ObjectMissing) as caught:
        place.source().head(key)
    assert key in str(caught.value)


@pytest.mark.parametrize("key", ["../secret.csv", "a/../../secret.csv", "/etc/passwd", ""])
def test_no_key_leads_out_of_the_source(place: Place, key: str) -> None:
    with pytest.raises(SourceError):
        place.source().head(key)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
def test_a_stream_gives_exactly_the_bytes_and_never_more_than_asked_for(place: Place, size: int) -> None:
    body = os.urandom(size)
    place.put("x.bin", body)
    source = place.source()
    with source.open(source.head("x.bin")) as stream:
        pieces = list(iter(lambda: bytes(stream.read(70_000)), b""))
        assert bytes(stream.read(1)) == b""
    assert b"".join(pieces) == body
    assert all(len(piece) <= 70_000 for piece in pieces)


def test_an_overwritten_object_has_another_identity(place: Place) -> None:
    place.put("x.csv", b"one")
    before = place.source().head("x.csv")
    place.put("x.csv", b"two")
    assert place.source().head("x.csv").identity != before.identity


def test_a_pinned_version_is_read_or_refused_but_never_replaced_by_a_newer_one(place: Place) -> None:
    place.put("x.csv", b"one")
    source = place.source()
    pinned = source.head("x.csv")
    place.put("x.csv", b"two")
    if place.keeps_versions:
        with source.open(pinned) as stream:
            assert content(stream) == b"one"
    else:
        with pytest.raises(ObjectChanged), source.open(pinned):
            pass


def test_a_deleted_object_is_missing_unless_its_version_is_kept(place: Place) -> None:
    place.put("x.csv", b"one")
    source = place.source()
    pinned = source.head("x.csv")
    place.delete("x.csv")
    with pytest.raises(ObjectMissing):
        source.head("x.csv")
    assert keys(place, "*") == []
    if place.keeps_versions:
        with source.open(pinned) as stream:
            assert content(stream) == b"one"
    else:
        with pytest.raises(ObjectMissing), source.open(pinned):
            pass


def test_what_is_overwritten_while_it_is_read_is_never_mixed(place: Place) -> None:
    old, new = b"a" * 5_000_000, b"b" * 5_000_000
    place.put("x.csv", old)
    source = place.source()
    with source.open(source.head("x.csv")) as stream:
        begin = bytes(stream.read(1000))
        place.put("x.csv", new)
        try:
            assert begin + content(stream) == old
        except ObjectChanged:
            assert not place.keeps_versions


def test_an_older_version_can_be_asked_for_where_versions_are_kept(place: Place) -> None:
    place.put("x.csv", b"one")
    source = place.source()
    older = source.head("x.csv")
    place.put("x.csv", b"three")
    if place.keeps_versions:
        assert source.head("x.csv", older.version_id) == older
    with pytest.raises(ObjectMissing):
        source.head("x.csv", "no-such-version")


def test_a_stream_may_be_closed_early_and_twice(place: Place) -> None:
    place.put("x.csv", b"x" * 3_000_000)
    source = place.source()
    with source.open(source.head("x.csv")) as stream:
        stream.read(10)
        stream.close()
    stream.close()
