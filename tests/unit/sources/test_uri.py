"""What people type names the files they mean."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadstone.errors import LoadstoneError, ObjectMissing, SourceError, UsageError
from loadstone.sources import open_source, resolve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in ["data/a.csv", "data/b[1].csv", "data/sub/c.csv", "data/sub-x/d.jsonl", "data/.hidden/e.csv"]:
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)
    (tmp_path / "data" / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(uri: str, within: str | None = None) -> tuple[str, list[str]]:
    source, patterns = resolve(uri, within=within)
    return source.bucket, [version.key for version in source.list(patterns)]


@pytest.mark.parametrize(
    ("uri", "bucket", "keys"),
    [
        ("data/a.csv", "data", ["a.csv"]),
        ("./data/../data/a.csv", "data", ["a.csv"]),
        ("data/b[1].csv", "data", ["b[1].csv"]),
        ("data", "data", ["a.csv", "b[1].csv", "sub-x/d.jsonl", "sub/c.csv"]),
        ("data/", "data", ["a.csv", "b[1].csv", "sub-x/d.jsonl", "sub/c.csv"]),
        ("data/*.csv", "data", ["a.csv", "b[1].csv"]),
        ("data/**/*.csv", "data", ["a.csv", "b[1].csv", "sub/c.csv"]),
        ("data/sub*/*", "data", ["sub-x/d.jsonl", "sub/c.csv"]),
        ("data/.hidden/*", "data/.hidden", ["e.csv"]),
        ("*/a.csv", ".", ["data/a.csv"]),
    ],
)
def test_paths_folders_and_patterns(folder: Path, uri: str, bucket: str, keys: list[str]) -> None:
    assert found(uri) == (str(folder / bucket), keys)
    assert found(str(folder / uri)) == (str(folder / bucket), keys)


def test_a_file_uri_is_a_path(folder: Path) -> None:
    assert found(f"file://{folder}/data/b%5B1%5D.csv") == (str(folder / "data"), ["b[1].csv"])


def test_the_home_folder_is_understood(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert found("~/data/a.csv") == (str(folder / "data"), ["a.csv"])


@pytest.mark.parametrize(
    ("uri", "keys"),
    [
        ("data/a.csv", ["data/a.csv"]),
        ("data/b[1].csv", ["data/b[1].csv"]),
        ("data/sub", ["data/sub/c.csv"]),
        ("data/**/c.csv", ["data/sub/c.csv"]),
        ("data/.hidden/e.csv", ["data/.hidden/e.csv"]),
        (".", ["data/a.csv", "data/b[1].csv", "data/sub-x/d.jsonl", "data/sub/c.csv"]),
    ],
)
def test_what_lies_in_the_pipelines_source_keeps_its_key_there(
    folder: Path, uri: str, keys: list[str]
) -> None:
    assert found(uri, within=str(folder)) == (str(folder), keys)


def test_what_lies_outside_the_pipelines_source_has_its_own_folder(folder: Path) -> None:
    assert found("data/a.csv", within=str(folder / "data" / "sub")) == (str(folder / "data"), ["a.csv"])
    assert found("data/a.csv", within="s3://landing/x") == (str(folder / "data"), ["a.csv"])


@pytest.mark.parametrize(
    ("uri", "error", "message", "hint"),
    [
        ("data/aa.csv", ObjectMissing, "no such file", "did you mean a.csv?"),
        ("nowhere/at/all.csv", ObjectMissing, "no such file", "there is no folder"),
        ("data/a.csv/b.csv", ObjectMissing, "no such file", "None"),
        ("data/empty", ObjectMissing, "there is no file in it", "hidden"),
        ("data/*.parquet", ObjectMissing, "no file matches this pattern", "crosses folders"),
        ("nowhere/*.csv", ObjectMissing, "no such folder", "check the path"),
        ("gs://bucket/key", UsageError, "gs:// is not read", "s3://"),
        ("s3://", UsageError, "no bucket", "s3://bucket/key"),
        ("file://elsewhere/a.csv", UsageError, "another machine", "None"),
        ("", UsageError, "empty", "None"),
        ("/dev/null", SourceError, "not a regular file", "write its content"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_meant_is_told_with_a_way_out(
    uri: str, error: type[LoadstoneError], message: str, hint: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        resolve(uri)
    assert hint in str(caught.value.hint)


def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "data" / "pipe.csv")
    with pytest.raises(SourceError, match="pipe"):
        resolve("data/pipe.csv")
    assert "pipe.csv" not in found("data")[1]


@pytest.mark.usefixtures("folder")
def test_a_source_is_a_folder_or_a_bucket() -> None:
    assert open_source("data").bucket.endswith("/data")
    with pytest.raises(ObjectMissing, match="no such folder"):
        open_source("nowhere")
    with pytest.raises(UsageError, match="this is a file"):
        open_source("data/a.csv")
    with pytest.raises(UsageError, match="no pattern"):
        open_source("s3://bucket/*")
