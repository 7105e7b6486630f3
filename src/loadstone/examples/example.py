"""What an example is: a pipeline, its data, and the figures that a run of it must give."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from loadstone.errors import ConfigurationError, UsageError
from loadstone.examples.output import Output, open_output

__all__ = [
    "LEDGER_SUFFIX",
    "Check",
    "DataFormat",
    "Example",
    "Expected",
    "GeneratedFile",
    "Progress",
    "Query",
    "Request",
    "Write",
    "read_ledgers",
    "write_ledger",
]

DataFormat = Literal["csv", "jsonl", "json", "xlsx", "parquet"]

#: Called with rows written so far and rows in all.
Progress = Callable[[int, int], None]

#: Runs one SELECT on the destination and returns its rows.
Query = Callable[[str], Sequence[Sequence[Any]]]

#: What a generator knows about a file it wrote stands in a document of this name, above the data's folder.
LEDGER_SUFFIX = ".faults.json"


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A file that a generator wrote.

    Attributes:
        uri: a path, or `s3://bucket/key`.
        rows: records, the header not counted.
        bytes: its size.
    """

    uri: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run over all files of a folder must give, computed without loadstone.

    Attributes:
        rows_read: records in all files.
        rows_loaded: rows that the table then holds.
        rejected: rows by reason, in the generator's words.
        deduplicated: rows that a later row of the same file replaced.
        updated: rows of the table that a later file replaced.
        repaired: cells that a rule mended, by column.
        figures: further figures, by the name of their check.
    """

    rows_read: int
    rows_loaded: int
    rejected: dict[str, int] = field(default_factory=dict)
    deduplicated: int = 0
    updated: int = 0
    repaired: dict[str, int] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def rows_rejected(self) -> int:
        """Rejected rows for all reasons."""
        return sum(self.rejected.values())


@dataclass(frozen=True, slots=True)
class Check:
    """One figure, as it must be and as the database has it."""

    name: str
    expected: Any
    found: Any

    @property
    def ok(self) -> bool:
        """Whether the two are equal."""
        return bool(self.expected == self.found)


@dataclass(frozen=True, slots=True)
class Request:
    """Which data are wanted; the same request, the same bytes.

    Attributes:
        rows: in all files together.
        files: how many files the rows are spread over.
        format: one of the example's formats.
        dirty: the share of rows that get a fault, 0 to 1.
        seed: of the generator.
    """

    rows: int
    files: int
    format: DataFormat
    dirty: float
    seed: int


class Write(Protocol):
    """Writes an example's data."""

    def __call__(self, output: Output, request: Request, progress: Progress) -> list[GeneratedFile]:
        """Streams the files to where the output leads.

        Raises:
            UsageError: the example cannot be had that way.
        """


@dataclass(frozen=True, slots=True)
class Example:
    """A pipeline that runs from the package itself, its data, and what must come out.

    Attributes:
        name: as on the command line.
        title: one line for people.
        folder: holds `README.md` and, if it has one, `pipeline.yaml`.
        formats: of its files.
        default_rows: how many rows `generate` writes where nobody says.
        demo_rows: how many the demonstration takes.
        demo_dirty: the share of faults in the demonstration's files.
        table: where the rows arrive.
        write: writes the data.
        expected: reads a folder that `generate` wrote, tells what a run over all of it must give.
        check: compares the database with what was expected.
        deliveries: folders of the data that are loaded one after another, without a pipeline file; none where
            there is a `pipeline.yaml`.
        fixed_files: why nobody can choose the number of files; empty where one can.
        faultless: why no faults can be planted; empty where they can.
    """

    name: str
    title: str
    folder: Path
    formats: tuple[DataFormat, ...]
    default_rows: int
    demo_rows: int
    demo_dirty: float
    table: str
    write: Write
    expected: Callable[[Path], Expected]
    check: Callable[[Query, Expected], list[Check]]
    deliveries: tuple[str, ...] = ()
    fixed_files: str = ""
    faultless: str = ""

    @property
    def pipeline(self) -> Path:
        """Its `pipeline.yaml`; an example of deliveries has none."""
        return self.folder / "pipeline.yaml"

    @property
    def landing_pipeline(self) -> Path:
        """The pipeline for files that land: an event's file has to belong to a dataset."""
        return self.folder / "landing.yaml" if self.deliveries else self.pipeline

    def generate(
        self,
        out: Path | str,
        *,
        rows: int | None = None,
        files: int = 1,
        format: DataFormat = "csv",  # noqa: A002  # the command line's own word
        dirty: float = 0.0,
        seed: int = 1,
        progress: Progress | None = None,
    ) -> list[GeneratedFile]:
        """Writes its data into a folder, or below `s3://bucket/prefix`.

        Args:
            out: a folder (made where absent) or an `s3://` URI.
            rows: as in `Request`; None for the example's own number.
            files: as in `Request`, like those that follow.
            format: see there.
            dirty: see there.
            seed: see there.
            progress: told every few thousand rows.

        Raises:
            UsageError: the example cannot be had that way.
        """
        if format not in self.formats:
            *others, last = self.formats
            raise UsageError(f"{self.name} is written as {', '.join(others)} or {last}, not {format}")
        if files != 1 and self.fixed_files:
            raise UsageError(f"{self.name} {self.fixed_files}", hint="leave --files out")
        if dirty and self.faultless:
            raise UsageError(
                f"{self.name} {self.faultless}", hint="leave --dirty out; car-telemetry takes it"
            )
        request = Request(self.default_rows if rows is None else rows, files, format, dirty, seed)
        return self.write(open_output(out), request, progress or (lambda _rows, _total: None))


def write_ledger(output: Output, name: str, document: dict[str, Any]) -> None:
    """Leaves what the generator knows about the file `name`, for `read_ledgers`."""
    with output.open(name + LEDGER_SUFFIX) as file:
        file.write((json.dumps(document, separators=(",", ":")) + "\n").encode())


def read_ledgers(folder: Path) -> list[dict[str, Any]]:
    """The documents that `generate` left in a folder, in the order of the files.

    Raises:
        UsageError: there are none.
        ConfigurationError: one of them cannot be read.
    """
    paths = sorted(folder.glob(f"*{LEDGER_SUFFIX}"))
    if not paths:
        raise UsageError(
            "no generated data here",
            where=str(folder),
            hint="write some first: loadstone generate NAME --out FOLDER",
        )
    documents = []
    for path in paths:
        try:
            documents.append(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"not a generator's record of its faults ({error})", where=str(path)
            ) from error
    return documents
