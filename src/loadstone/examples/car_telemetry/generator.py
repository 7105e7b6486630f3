"""Writes the fleet's readings to files, with faults planted, and tells what a load must make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice

from loadstone.errors import UsageError
from loadstone.examples.car_telemetry.faults import KINDS, FaultKind, FaultPlanter, corrected
from loadstone.examples.car_telemetry.fleet import Reading, readings
from loadstone.examples.car_telemetry.layouts import CsvLayout, JsonLayout, Layout
from loadstone.examples.car_telemetry.record import FileRecord
from loadstone.examples.car_telemetry.repeats import Repeats
from loadstone.examples.example import GeneratedFile, Progress, Request, write_ledger
from loadstone.examples.output import Output

__all__ = ["DEFAULT_ROWS", "Telemetry", "write"]

DEFAULT_ROWS = 100_000

_BATCH = 4_096
_EVENLY: Mapping[FaultKind, float] = dict.fromkeys(KINDS, 1.0)


def write(output: Output, request: Request, progress: Progress) -> list[GeneratedFile]:
    """Writes `telemetry/telemetry_0001.csv` and so on, each with a `.faults.json` above the folder.

    The files follow each other in time; a repeated reading may belong to an earlier file.

    Raises:
        UsageError: numbers that make no sense.
    """
    layouts: dict[str, Layout] = {
        "csv": CsvLayout(),
        "jsonl": JsonLayout(),
        "json": JsonLayout(array=True),
    }
    layout = layouts[request.format]
    telemetry = Telemetry(request.rows, request.files, layout, request.dirty, request.seed)
    written: list[GeneratedFile] = []
    for number in range(1, request.files + 1):
        name = f"telemetry_{number:04}.{request.format}"
        size, record = telemetry.write_next(output, f"telemetry/{name}", progress)
        run = asdict(request)
        write_ledger(output, name, {"file": f"telemetry/{name}", "run": run, **record.document()})
        written.append(GeneratedFile(output.uri(f"telemetry/{name}"), record.rows, size))
    return written


@dataclass(slots=True)
class Telemetry:
    """A run of the generator: what it draws carries over from file to file.

    Attributes:
        rows: in all files.
        files: how many; the first ones have a row more where it does not come out even.
        layout: of the files.
        dirty: the share of rows with a fault, 0 to 1.
        seed: of the readings and of the faults.
        weights: how often each kind of fault, in relation to the others.
        with_broken_cars: whether the two cars report that were registered without an id, without a model.
    """

    rows: int
    files: int
    layout: Layout
    dirty: float = 0.0
    seed: int = 1
    weights: Mapping[FaultKind, float] = field(default_factory=lambda: _EVENLY)
    with_broken_cars: bool = True
    _source: Iterator[Reading] = field(init=False)
    _planter: FaultPlanter = field(init=False)
    _repeats: Repeats = field(init=False)
    _file_number: int = field(init=False, default=0)
    _written: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Checks the numbers.

        Raises:
            UsageError: they make no sense.
        """
        if not 0 <= self.dirty <= 1:
            raise UsageError(f"a share of {self.dirty:g} is not between 0 and 1 (0 % and 100 %)")
        if self.files < 1:
            raise UsageError(f"{self.files:,} files cannot be written")
        if self.rows < self.files:
            raise UsageError(f"{self.rows:,} rows do not fill {self.files:,} files")
        self._source = readings(self.seed, with_broken_cars=self.with_broken_cars)
        self._planter = FaultPlanter(self.seed, self.dirty, self.weights, self.layout)
        self._repeats = Repeats(self._planter.random)

    def write_next(self, output: Output, name: str, progress: Progress | None) -> tuple[int, FileRecord]:
        """Writes the next file; returns its bytes and what is known about it."""
        self._file_number += 1
        rows = self.rows // self.files + (self._file_number <= self.rows % self.files)
        record = FileRecord(self.layout.first_line)
        with output.open(name) as file:
            size = file.write(self.layout.prefix.encode())
            between = ""
            while record.rows < rows:
                batch = list(islice(self._source, min(_BATCH, rows - record.rows)))
                lines = self._lines(batch, record)
                size += file.write((between + self.layout.between.join(lines)).encode())
                between = self.layout.between
                self._written += len(batch)
                if progress is not None:
                    progress(self._written, self.rows)
            size += file.write(self.layout.suffix.encode())
        return size, record

    def _lines(self, batch: list[Reading], record: FileRecord) -> list[str]:
        """The records of a batch, faults planted."""
        first_row = record.rows
        record.add(batch)
        lines = list(map(self.layout.record, batch))
        unfit = set()
        for position, reading in enumerate(batch):
            if reading.profile.is_broken:
                unfit.add(position)
                record.unregistered(first_row + position, reading)
        for position in self._planter.positions(len(batch)):
            if position in unfit:
                continue  # one fault to a row
            lines[position] = self._faulty(batch, position, unfit, first_row, record)
            unfit.add(position)
        if self.dirty:
            fit = [reading for position, reading in enumerate(batch) if position not in unfit]
            self._repeats.end_batch(fit, self._file_number)
        return lines

    def _faulty(
        self, batch: list[Reading], position: int, unfit: set[int], first_row: int, record: FileRecord
    ) -> str:
        reading = batch[position]
        kind = self._planter.kind()
        if kind == "duplicate":
            nearby = range(max(0, position - 100), position)
            earlier = [batch[other] for other in nearby if other not in unfit]
            repeated = self._repeats.pick(earlier, self._file_number)
            if repeated is None:
                kind = "bad_timestamp"  # nothing was accepted yet that could come again
            else:
                again = corrected(repeated.reading, self._planter.random)
                in_this_file = repeated.file_number == self._file_number
                record.repeated(reading, repeated.reading, again, in_this_file=in_this_file)
                repeated.reading, repeated.file_number = again, self._file_number
                return self.layout.record(again)
        fault = self._planter.fault(kind, reading)
        record.spoiled(first_row + position, kind, reading, fault)
        return fault.record
