from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from loadstone import examples
from loadstone.errors import ConfigurationError, UsageError
from loadstone.examples.example import read_ledgers
from loadstone.examples.output import FolderOutput, open_output
from loadstone.model.pipeline import Pipeline


@pytest.mark.parametrize("example", examples.EXAMPLES.values(), ids=lambda example: example.name)
def test_an_example_has_a_pipeline_or_needs_none_and_a_page_for_people(example):
    assert (example.folder / "README.md").read_text(encoding="utf-8").startswith("# ")
    assert example.pipeline.exists() == (not example.deliveries)
    if example.deliveries:
        return
    document = yaml.safe_load(example.pipeline.read_text(encoding="utf-8"))
    pipeline = Pipeline.from_dict(document)
    assert pipeline.name == example.name
    (dataset,) = pipeline.datasets.values()
    assert dataset.table == example.table


def test_an_unknown_example_names_the_nearest():
    with pytest.raises(UsageError) as caught:
        examples.get("car_telemetri")
    assert caught.value.hint == "did you mean car-telemetry?"
    with pytest.raises(UsageError) as caught:
        examples.get("zzz")
    assert caught.value.hint == "there are: car-telemetry, online-retail, table-per-file"


def test_a_file_has_its_name_only_once_it_is_whole(tmp_path):
    output = FolderOutput(tmp_path)
    with output.open("a/b.csv") as file:
        file.write(b"x")
        assert not (tmp_path / "a" / "b.csv").exists()
    assert (tmp_path / "a" / "b.csv").read_bytes() == b"x"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.csv"]


def test_a_writer_that_fails_leaves_nothing_behind(tmp_path):
    def write_half():
        with FolderOutput(tmp_path).open("b.csv") as file:
            file.write(b"x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert not any(tmp_path.iterdir())


def test_a_place_that_is_no_folder_is_a_mistake_that_is_explained(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(UsageError, match="cannot be written"),
        open_output(tmp_path / "file").open("a") as file,
    ):
        file.write(b"")


@pytest.mark.parametrize("place", ["ftp://host/x", "s3://", "s3:///key"])
def test_other_places_are_refused(place):
    with pytest.raises(UsageError):
        open_output(place)


def test_a_folder_without_generated_data_says_how_to_get_some(tmp_path):
    with pytest.raises(UsageError) as caught:
        read_ledgers(tmp_path)
    assert "loadstone generate" in (caught.value.hint or "")


def test_a_damaged_record_of_faults_is_named(tmp_path):
    (tmp_path / "x.csv.faults.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"x\.csv\.faults\.json"):
        read_ledgers(tmp_path)


def test_generated_files_can_be_read_by_others(tmp_path):
    (file,) = examples.get("car-telemetry").generate(tmp_path, rows=10)
    assert stat.S_IMODE(Path(file.uri).stat().st_mode) & 0o044
