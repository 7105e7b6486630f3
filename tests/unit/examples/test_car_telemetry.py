from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone import examples
from loadstone.errors import UsageError
from loadstone.examples.car_telemetry.fleet import MEASURES, PROFILES, readings
from loadstone.examples.car_telemetry.generator import Telemetry
from loadstone.examples.car_telemetry.layouts import COLUMNS, CsvLayout, JsonLayout

CARS = examples.get("car-telemetry")


class Reference:
    """What the files must become, read by Python's csv and json modules, one dict for the table."""

    def __init__(self):
        self.table = {}
        self.rejected = []
        self.deduplicated = self.updated = self.rows = 0
        self.repaired = Counter()

    def load(self, path):
        seen = set()
        for line, cells in self._records(path):
            self.rows += 1
            try:
                row = self._row(cells)
            except (ValueError, TypeError, KeyError):
                self.rejected.append((path.name, line))
                continue
            key = row[:3]
            self.deduplicated += key in seen
            self.updated += key not in seen and key in self.table
            seen.add(key)
            self.table[key] = row

    def _records(self, path):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            reader = csv.reader(text.splitlines(keepends=True))
            next(reader)
            yield from ((reader.line_num, cells) for cells in reader)
        elif path.suffix == ".jsonl":
            for line, record in enumerate(text.splitlines(), 1):
                try:
                    yield line, list(json.loads(record).values())
                except ValueError:
                    yield line, []
        else:
            yield from ((line, list(record.values())) for line, record in enumerate(json.loads(text), 2))

    def _row(self, cells):
        timestamp, device_id, model, *numbers, location = cells
        if len(cells) != len(COLUMNS) or not device_id or not model or not timestamp.startswith("2"):
            raise ValueError
        if "nowhere" in location:
            raise ValueError
        values = [self._number(name, cell) for name, cell in zip(MEASURES, numbers, strict=True)]
        return device_id, model, datetime.fromisoformat(timestamp), *values

    def _number(self, name, cell):
        if "_" in str(cell) or (name == "odometer_km" and "." in str(cell)):
            raise ValueError
        try:
            number = Decimal(str(cell))
        except ArithmeticError:
            raise ValueError from None
        if name == "odometer_km" and abs(number) > 2**31:
            raise ValueError
        if number < 0 or (name == "fuel_level_percent" and number > 100):
            self.repaired[name] += 1
            return Decimal(0)
        return number


@pytest.mark.parametrize("data_format", ["csv", "jsonl", "json"])
@given(
    rows=st.integers(30, 6_000),
    files=st.integers(1, 3),
    dirty=st.sampled_from([0, 0.02, 0.3, 1]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=8, deadline=None)
def test_what_the_generator_says_of_its_faults_is_what_a_plain_reading_finds(
    tmp_path_factory, data_format, rows, files, dirty, seed
):
    folder = tmp_path_factory.mktemp("cars")
    written = CARS.generate(folder, rows=rows, files=files, format=data_format, dirty=dirty, seed=seed)
    expected = CARS.expected(folder)
    reference = Reference()
    for path in sorted((folder / "telemetry").iterdir()):
        reference.load(path)

    assert len(written) == files
    assert reference.rows == expected.rows_read == rows
    assert len(reference.rejected) == expected.rows_rejected
    assert reference.deduplicated == expected.deduplicated
    assert reference.updated == expected.updated
    assert +reference.repaired == Counter(expected.repaired)
    sums = [sum(row[position] for row in reference.table.values()) for position in range(3, 8)]
    assert list(expected.figures.values()) == [len(reference.table), len(reference.table), *sums]
    told = []
    for path in sorted(folder.glob("*.faults.json")):
        document = json.loads(path.read_text())
        name = document["file"].removeprefix("telemetry/")
        told += [(name, line) for line, _reason, _column in document["rejected_rows"]]
    assert told == reference.rejected


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        CARS.generate(tmp_path / name, rows=500, dirty=0.1, seed=seed)
        contents.append((tmp_path / name / "telemetry" / "telemetry_0001.csv").read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_a_dirty_file_differs_from_the_clean_one_of_its_seed_in_the_faulty_rows_only(tmp_path):
    CARS.generate(tmp_path / "clean", rows=2_000, seed=3)
    CARS.generate(tmp_path / "dirty", rows=2_000, seed=3, dirty=0.05)
    clean, dirty = (
        (tmp_path / name / "telemetry" / "telemetry_0001.csv").read_text().splitlines()
        for name in ("clean", "dirty")
    )
    planted = json.loads((tmp_path / "dirty" / "telemetry_0001.csv.faults.json").read_text())["planted"]
    assert sum(a != b for a, b in zip(clean, dirty, strict=True)) == sum(planted.values()) > 50


def test_every_kind_of_fault_is_planted_in_about_its_share(tmp_path):
    CARS.generate(tmp_path, rows=20_000, dirty=0.05)
    planted = json.loads((tmp_path / "telemetry_0001.csv.faults.json").read_text())["planted"]
    assert set(planted) == {
        "unparsable_number",
        "negative_value",
        "bad_timestamp",
        "ragged_row",
        "duplicate",
    }
    assert all(150 < count < 260 for count in planted.values())


def test_files_follow_each_other_in_time_and_share_the_rows_evenly(tmp_path):
    written = CARS.generate(tmp_path, rows=1_001, files=3)
    assert [file.rows for file in written] == [334, 334, 333]
    spans = []
    for file in written:
        with Path(file.uri).open(encoding="utf-8", newline="") as lines:
            times = [row["timestamp"] for row in csv.DictReader(lines)]
        spans += [times[0], times[-1]]
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    "layout", [CsvLayout(), CsvLayout(flat=True), JsonLayout(), JsonLayout(array=True), JsonLayout(flat=True)]
)
def test_the_fast_way_to_write_a_reading_and_the_one_by_cells_agree(layout):
    for reading in islice(readings(7), 400):
        assert layout.record(reading) == layout.joined(layout.cells(reading))


def test_sixteen_profiles_of_which_one_lacks_an_id_and_one_a_model():
    assert len(PROFILES) == 16
    assert [profile.device_id for profile in PROFILES].count(None) == 1
    assert [profile.model for profile in PROFILES].count(None) == 1
    assert all(len(profile.device_id or "") <= 10 for profile in PROFILES)


def test_readings_of_a_car_are_fifteen_minutes_apart_and_within_its_ranges():
    by_car = {}
    for reading in islice(readings(1), 5_000):
        by_car.setdefault(reading.profile, []).append(reading)
    assert len(by_car) == 16
    for profile, own in by_car.items():
        times = [datetime.fromisoformat(reading.timestamp) for reading in own]
        steps = {(b - a).total_seconds() / 60 for a, b in pairwise(times)}
        assert steps == ({240} if profile.is_broken else {15})
        low, high = (round(limit * 1000) for limit in profile.consumption)
        assert all(
            reading.instant_consumption_l_per_100km == 0
            or low <= reading.instant_consumption_l_per_100km < high
            for reading in own
        )
        assert all(0 <= reading.fuel_level_percent <= 100_000 for reading in own)
        odometers = [reading.odometer_km for reading in own]
        assert odometers == sorted(odometers)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 0}, "0 rows do not fill 1 files"),
        ({"files": 0}, "0 files cannot be written"),
        ({"dirty": 1.5}, "a share of 1.5 is not between 0 and 1"),
        ({"format": "xlsx"}, "car-telemetry is written as csv, jsonl or json, not xlsx"),
    ],
)
def test_what_cannot_be_generated_is_refused_before_anything_is_written(tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        CARS.generate(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_files_of_several_runs_in_one_folder_have_no_expected_figures(tmp_path):
    CARS.generate(tmp_path, rows=100, format="csv")
    CARS.generate(tmp_path, rows=100, format="jsonl")
    with pytest.raises(UsageError, match="several runs"):
        CARS.expected(tmp_path)


def test_progress_is_told_up_to_the_last_row(tmp_path):
    told = []
    CARS.generate(tmp_path, rows=10_000, files=2, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (10_000, 10_000)


def test_benchmarks_can_leave_the_unregistered_cars_out():
    telemetry = Telemetry(rows=100, files=1, layout=CsvLayout(), with_broken_cars=False)
    assert telemetry.rows == 100
    assert not any(r.profile.is_broken for r in islice(readings(1, with_broken_cars=False), 1_000))
