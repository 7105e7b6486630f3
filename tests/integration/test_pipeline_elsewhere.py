"""pipeline.yaml lies in a bucket or in a parameter of SSM, and is read as a file is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from fixtures.answering import Answer, AnsweringServer
from fixtures.bucket import Bucket
from fixtures.commandline import CommandLine
from loadstone import Pipeline
from loadstone.errors import AccessDenied, ConfigurationError
from loadstone.platform import aws_client
from loadstone.wiring.pipeline_location import open_pipeline

TEXT = """
source: {source}
datasets:
  cities:
    files: "*.csv"
    table: public.cities
"""
WRONG = "datasets:\n  cities:\n    files: '*.csv'\n    mode: upsert\n"


@pytest.fixture
def parameters(s3: Bucket) -> Iterator[Any]:
    """SSM as moto plays it, in the environment of `s3`."""
    client: Any = boto3.client("ssm", endpoint_url=s3.endpoint_url)
    yield client
    for found in client.describe_parameters()["Parameters"]:
        client.delete_parameter(Name=found["Name"])


def test_a_pipeline_in_a_bucket_loads(s3: Bucket, tmp_path: Path, database_url: str) -> None:
    s3.put("data/day1.csv", "id,city\n1,Ulm\n")
    uri = s3.put("conf/pipeline.yaml", TEXT.format(source="../data"))
    line = CommandLine(tmp_path, {"LOADSTONE_DATABASE_URL": database_url})
    assert line("load", "-f", uri, "--json").document["loads"][0]["state"] == "loaded"
    by_variable = CommandLine(tmp_path, {**line.variables, "LOADSTONE_PIPELINE": uri})
    assert by_variable("load", "--json").document["loads"][0]["state"] == "skipped"
    assert by_variable("validate", "--json").document["file"] == uri


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("/loadstone/pipeline", "ssm:///loadstone/pipeline"),
        ("/loadstone/pipeline", "ssm://loadstone/pipeline"),
        ("pipeline", "ssm://pipeline"),
        ("pipeline", "ssm://pipeline?region=us-east-1"),
        ("pipeline", "ssm://arn:aws:ssm:us-east-1:123456789012:parameter/pipeline"),
    ],
)
@pytest.mark.parametrize("kind", ["String", "SecureString"])
def test_a_pipeline_in_a_parameter_is_read(parameters: Any, name: str, address: str, kind: str) -> None:
    parameters.put_parameter(Name=name, Value=TEXT.format(source="s3://landing/${FOLDER}"), Type=kind)
    assert open_pipeline(address, {"FOLDER": "new"}).source == "s3://landing/new"


def test_python_reads_it_too(s3: Bucket) -> None:
    assert Pipeline.from_file(s3.put("pipeline.yaml", TEXT.format(source="data"))).source == s3.uri("data")


@pytest.mark.parametrize(
    ("written", "read"),
    [("data", "conf/data"), (".", "conf"), ("./x/", "conf/x"), ("..", ""), ("../../../x", "x")],
)
def test_a_relative_source_lies_beside_the_object(s3: Bucket, written: str, read: str) -> None:
    pipeline = open_pipeline(s3.put("conf/p.yaml", TEXT.format(source=written)), {})
    assert pipeline.source == s3.uri(read).rstrip("/")


def test_mistakes_are_told_with_their_places(s3: Bucket, parameters: Any) -> None:
    uri = s3.put("wrong.yaml", WRONG)
    with pytest.raises(ConfigurationError, match=r"datasets\.cities\.mode") as raised:
        open_pipeline(uri, {})
    assert str(raised.value).startswith(f"{uri}:4:11: ")
    parameters.put_parameter(Name="wrong", Value=WRONG, Type="String")
    with pytest.raises(ConfigurationError) as raised:
        open_pipeline("ssm://wrong", {})
    assert str(raised.value).startswith("ssm://wrong:4:11: ")


def test_a_pipeline_that_is_not_there_is_told(s3: Bucket, parameters: Any) -> None:
    for address, what in [
        (s3.uri("nothing.yaml"), "no such object"),
        ("s3://no-such-bucket-anywhere/x.yaml", "no such"),
        ("ssm://nothing", "it does not exist"),
        ("s3://bucket", "no object is named"),
        (s3.uri("folder/"), "no object is named"),
        ("ssm://", "no parameter is named"),
        ("https://example.com/pipeline.yaml", "https:// is no place of pipelines"),
    ]:
        with pytest.raises(ConfigurationError, match=what) as raised:
            open_pipeline(address, {})
        assert raised.value.where == address
    parameters.put_parameter(Name="beside", Value=TEXT.format(source="data"), Type="String")
    with pytest.raises(ConfigurationError, match="nothing lies beside a parameter"):
        open_pipeline("ssm://beside", {})


def test_what_is_no_text_or_far_too_large_is_no_pipeline(s3: Bucket) -> None:
    with pytest.raises(ConfigurationError, match="not UTF-8 text: byte 7"):
        open_pipeline(s3.put("latin.yaml", "name: \xe9".encode("latin-1")), {})
    with pytest.raises(ConfigurationError, match="an object of 5,000,000 bytes is no pipeline"):
        open_pipeline(s3.put("data.csv", b"x" * 5_000_000), {})


def test_a_parameter_that_may_not_be_read_is_told(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    del s3
    monkeypatch.setattr(aws_client, "_ATTEMPTS", 1)
    with AnsweringServer(Answer.json_error(400, "AccessDeniedException", "not authorized")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", server.url)
        with pytest.raises(AccessDenied, match="access denied: not authorized") as raised:
            open_pipeline("ssm://pipeline", {})
    assert "ssm:GetParameter" in (raised.value.hint or "")


def test_init_writes_no_pipeline_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    told = CommandLine(tmp_path, {})("init", "-f", "s3://bucket/pipeline.yaml", code=2).err
    assert "s3://bucket/pipeline.yaml: init writes a file" in told
