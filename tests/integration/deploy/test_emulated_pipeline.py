"""From `aws s3 cp` to rows through the unmodified template on an emulator, the function being the zip."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from fixtures.databases import create_database, drop_database
from fixtures.deployed_pipeline import DeployedPipeline, deployed_pipeline, function_zip
from fixtures.ministack import MiniStack
from fixtures.workers import eventually
from loadstone import examples
from loadstone.embedded import EmbeddedServer

ROW = """\
timestamp,device_id,model,odometer_km,trip_driven_km,instant_consumption_l_per_100km,\
avg_consumption_l_per_100km,fuel_level_percent,location
2026-01-01T00:00:00Z,{},Zoe,{},1,1,1,1,"('Bonn', 'DE', 'Europe/Berlin')"
"""


@pytest.fixture(scope="module")
def pipeline(
    running_ministack: MiniStack, shared_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedPipeline | str]:
    """One for all of them, or why there is none."""
    zipped = function_zip(tmp_path_factory.mktemp("zip"), running_ministack.python)
    if isinstance(zipped, str):
        yield f"the function's zip cannot be made ({zipped})"
        return
    url = create_database(shared_server.url)
    with deployed_pipeline(running_ministack, *zipped, url, tmp_path_factory.mktemp("pipeline")) as made:
        yield made
    drop_database(shared_server.url, url)


@pytest.fixture
def deployed(
    cloud: MiniStack, request: pytest.FixtureRequest, leave_out: Callable[[str], NoReturn]
) -> DeployedPipeline:
    assert cloud.url
    if shutil.which("aws") is None:
        leave_out("the run through an emulated cloud: no `aws` on PATH (pip install awscli)")
    made: DeployedPipeline | str = request.getfixturevalue("pipeline")
    if isinstance(made, str):
        leave_out(f"the run through an emulated cloud: {made}")
    return made


def test_what_is_copied_to_the_bucket_is_loaded_told_of_and_put_aside_where_it_is_broken(
    deployed: DeployedPipeline, tmp_path: Path
) -> None:
    example = examples.get("car-telemetry")
    example.generate(tmp_path / "out", rows=2_000, files=2, dirty=0.05)
    deployed.copy(tmp_path / "out" / "telemetry", "telemetry/")
    good = ["telemetry/telemetry_0001.csv", "telemetry/telemetry_0002.csv"]
    eventually(
        lambda: [deployed.state_of(key) for key in good] == ["loaded"] * 2, "the loading of both files"
    )
    expected = example.expected(tmp_path / "out")
    assert [check for check in example.check(deployed.query, expected) if not check.ok] == []
    assert sorted(deployed.ledger()) == [(key, "loaded", True) for key in good]
    told = deployed.notices(2)
    assert sorted(one["MessageAttributes"]["kind"]["Value"] for one in told) == ["loaded"] * 2

    # A file that no try could load is with the dead letters at once, and says why.
    key = "telemetry/täglich 100%+.csv"
    file = tmp_path / "day.csv"
    file.write_text("")
    deployed.copy(file, key)
    eventually(lambda: len(deployed.letters()) == 1, "a dead letter")
    (letter,) = deployed.letters()
    assert (letter["code"], letter["reason"]) == ("format_error", "the file is empty")
    assert letter["uri"] == f"s3://{deployed.bucket}/{key}"
    (notice,) = deployed.notices(1)
    assert "the file is empty" in notice["Message"]

    # Mended while nobody is told of it: that it is loaded then is the letter's doing.
    file.write_text(ROW.format("mended", 1))
    with deployed.without_events():
        deployed.copy(file, key)
    assert deployed.state_of(key) == "failed"
    assert "1 dead letter put back" in deployed.loadstone("redrive").err
    eventually(lambda: deployed.state_of(key) == "loaded", "the loading of the mended file")
    assert deployed.odometer("mended") == [(1,)]
    assert deployed.letters() == []


def test_names_of_all_kinds_overwritten_and_deleted_objects_and_folders_come_through(
    deployed: DeployedPipeline, tmp_path: Path
) -> None:
    keys = [f"telemetry/{name}.csv" for name in ("a b", "a+b", "a%2Bb", "100%", "été 🚗", "a&b=c?d#e'f")]
    file = tmp_path / "day.csv"
    for number, key in enumerate(keys):
        file.write_text(ROW.format(f"car-{number}", number))
        deployed.copy(file, key)
    deployed.cloud.client("s3").put_object(Bucket=deployed.bucket, Key="telemetry/folder.csv/", Body=b"")
    eventually(lambda: {deployed.state_of(key) for key in keys} == {"loaded"}, "the loading of all keys")
    assert [deployed.odometer(f"car-{number}") for number in range(len(keys))] == [
        [(number,)] for number in range(len(keys))
    ]
    file.write_text(ROW.format("car-0", 4711))
    deployed.copy(file, keys[0])
    eventually(lambda: deployed.odometer("car-0") == [(4711,)], "the loading of the newer version")
    deployed.cloud.client("s3").delete_object(Bucket=deployed.bucket, Key=keys[1])
    eventually(lambda: deployed.state_of(keys[1]) == "removed", "the deletion's being noted")
    assert deployed.odometer("car-1") == [(1,)]  # kept, unless the dataset says otherwise
    assert deployed.state_of("telemetry/folder.csv/") is None
    assert deployed.letters() == []
