"""The ground that the other tests stand on."""

from __future__ import annotations

import os

import psycopg
import pytest

from fixtures.bucket import Bucket
from loadstone.embedded import EmbeddedServer


@pytest.mark.parametrize("value", [1, 2])
def test_each_test_has_a_database_of_its_own(connection: psycopg.Connection, value: int) -> None:
    connection.execute("CREATE TABLE same_name (a integer)")
    connection.execute("INSERT INTO same_name VALUES (%s)", [value])
    assert connection.execute("SELECT a FROM same_name").fetchall() == [(value,)]


def test_a_committed_row_survives_the_crash_of_the_tests_own_server(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
    server.crash()
    assert not server.running
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)
    server.restart()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT a FROM kept").fetchall() == [(1,)]


def test_the_bucket_is_empty_and_keeps_what_is_put(s3: Bucket) -> None:
    assert s3.client.list_objects_v2(Bucket=s3.name)["KeyCount"] == 0
    s3.keep_versions()
    s3.put("folder/a.csv", "first")
    s3.put("folder/a.csv", b"second")
    versions = s3.client.list_object_versions(Bucket=s3.name)["Versions"]
    assert len(versions) == 2
    assert os.environ["AWS_ENDPOINT_URL"] == s3.endpoint_url
    assert s3.client.get_object(Bucket=s3.name, Key="folder/a.csv")["Body"].read() == b"second"


def test_the_pooler_leads_to_the_same_database(connection: psycopg.Connection, pgbouncer_url: str) -> None:
    connection.execute("CREATE TABLE seen AS SELECT 7 AS a")
    with psycopg.connect(pgbouncer_url, prepare_threshold=None) as pooled:
        assert pooled.execute("SELECT a FROM seen").fetchall() == [(7,)]
        assert "pgbouncer" in pooled.info.host
