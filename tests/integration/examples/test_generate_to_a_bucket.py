from __future__ import annotations

import pytest

from loadstone import examples
from loadstone.errors import LoadstoneError


def test_a_bucket_gets_the_same_bytes_as_a_folder(s3, tmp_path):
    for name, out in (("folder", tmp_path), ("bucket", s3.uri("landing"))):
        written = examples.get("car-telemetry").generate(out, rows=90_000, files=2, dirty=0.05)
        assert [file.rows for file in written] == [45_000, 45_000], name
    assert written[0].uri == s3.uri("landing/telemetry/telemetry_0001.csv")
    for path in sorted(file for file in tmp_path.rglob("*") if file.is_file()):
        key = f"landing/{path.relative_to(tmp_path)}"
        stored = s3.client.get_object(Bucket=s3.name, Key=key)["Body"].read()
        assert stored == path.read_bytes(), key


def test_a_bucket_that_is_not_there_is_named_with_a_hint(s3):
    with pytest.raises(LoadstoneError) as caught:
        examples.get("car-telemetry").generate(f"s3://no-{s3.name}/landing", rows=100)
    assert f"s3://no-{s3.name}/landing/telemetry/telemetry_0001.csv" in str(caught.value)
    assert "AWS_REGION" in (caught.value.hint or "")
