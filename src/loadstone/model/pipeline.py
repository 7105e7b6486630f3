"""A pipeline as people write it: the datasets of one `pipeline.yaml`, checked, with defaults filled in.

The JSON Schema for editors is made from these classes. Unknown keys are errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from loadstone.model.contract import Drift, Metadata
from loadstone.model.notify import NothingBy, NotifyOn, NotifyTarget
from loadstone.model.presets import PRESETS
from loadstone.model.records_path import parse_records_path
from loadstone.model.reject_limit import RejectLimit
from loadstone.model.retention import Retention
from loadstone.model.settings import Settings
from loadstone.model.types import parse_type

__all__ = [
    "ChildConfig",
    "ColumnConfig",
    "Dataset",
    "Format",
    "Limits",
    "NothingBy",
    "NotifyOn",
    "NotifyTarget",
    "PartitionBy",
    "Pipeline",
    "RejectLimit",
    "Retention",
]


#: The text of a cell; written without quotes (5, 0.5, 2024-01-01), a value means its text.
CellText = Annotated[str, Meta(extra={"is_cell": True})]


class ColumnConfig(Settings, frozen=True, kw_only=True):
    """One column of a dataset, as written under `columns:`."""

    type: str | None = None
    rename: str | None = None
    required: bool = False
    null_values: tuple[CellText, ...] = ()
    trim: bool | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    format: str | None = None
    formats: tuple[str, ...] = ()
    timezone: str | None = None
    round: bool = False
    range: tuple[CellText | None, CellText | None] | None = None
    max_length: Annotated[int, Meta(ge=0)] | None = None
    values: tuple[CellText, ...] | None = None
    pattern: str | None = None
    otherwise: Literal["reject", "null"] | dict[Literal["set"], CellText] = "reject"
    default: CellText | None = None
    constant: CellText | None = None
    metadata: Metadata | None = None
    split: tuple[str, ...] | None = None
    sep: str | None = None

    def check(self) -> None:
        """Compares the keys with each other."""
        if self.type is not None:
            parse_type(self.type)
        if self.constant is not None and self.metadata is not None:
            raise ValueError("a column has either constant or metadata, not both")
        if self.sep is not None and self.split is None:
            raise ValueError("sep goes with split")
        if self.format is not None and self.formats:
            raise ValueError("give format or formats, not both")
        if self.thousands is not None and self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both {self.decimal!r}")


class PartitionBy(Settings, frozen=True, kw_only=True):
    """How a table that loadstone creates is partitioned."""

    hash: tuple[str, ...] | None = None
    range: tuple[str, ...] | None = None
    list: tuple[str, ...] | None = None
    partitions: int | dict[str, Any] | None = None

    def check(self) -> None:
        """Compares the keys with each other."""
        chosen = [name for name in ("hash", "range", "list") if getattr(self, name)]
        if len(chosen) != 1:
            raise ValueError("partition_by takes exactly one of hash, range, list")
        if chosen == ["hash"] and not (isinstance(self.partitions, int) and self.partitions > 0):
            raise ValueError("partition_by hash takes `partitions: N`, a positive number")
        if chosen != ["hash"] and not isinstance(self.partitions, dict):
            raise ValueError(f"partition_by {chosen[0]} takes `partitions:`, names with their bounds")
        if chosen == ["list"] and self.list is not None and len(self.list) != 1:
            raise ValueError("partition_by list takes one column")


_Character = Annotated[str, Meta(max_length=1)]
#: What a file's text may be encoded in: that of Unicode, code pages of Windows and DOS, those of East Asia.
Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "iso8859-2", "iso8859-15", "koi8-r", "mac-roman",
    "cp437", "cp850", "cp852", "cp866", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257", "cp874", "cp932", "euc-jp", "gb18030", "big5", "euc-kr",
]  # fmt: skip


class Format(Settings, frozen=True, kw_only=True):
    """How the files of a dataset are written. What is not given is decided from the file."""

    type: Literal["csv", "jsonl", "json", "parquet", "avro", "orc", "xlsx"] | None = None
    preset: str | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    quote: _Character | None = None
    escape: _Character | None = None
    comment: _Character | None = None
    encoding: Encoding | None = None
    header: bool | tuple[str, ...] | None = None
    header_rows: Annotated[int, Meta(ge=1)] | None = None
    skip_lines: Annotated[int, Meta(ge=0)] | None = None
    ragged: Literal["reject", "pad", "truncate", "pad_and_truncate"] = "reject"
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    sheet: str | int | None = None
    max_record_bytes: Annotated[int, Meta(ge=1024)] = 16 * 1024 * 1024
    max_compression_ratio: Annotated[int, Meta(ge=1)] = 200
    records: str | None = None
    nested: Literal["jsonb", "flatten"] = "jsonb"
    separator: str = "_"

    @classmethod
    def short_form(cls, value: object) -> object:
        """With what the preset says of the keys that are not given."""
        if not isinstance(value, Mapping) or not isinstance(name := value.get("preset"), str):
            return value
        if name not in PRESETS:
            raise ValueError(f"there is no preset {name!r}; there are {', '.join(sorted(PRESETS))}")
        return {**PRESETS[name], **value}

    def check(self) -> None:
        """Compares the keys with each other."""
        if self.records is not None:
            parse_records_path(self.records)
            if self.type not in {None, "json"}:
                raise ValueError(f"records goes with type: json, not with {self.type}")
        if self.decimal is not None and self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both {self.decimal!r}")
        if self.header_rows is not None and self.header not in {None, True}:
            raise ValueError("header_rows goes with a header in the file")


class ChildConfig(Settings, frozen=True, kw_only=True):
    """The table of a JSON list, as written under `children:`."""

    table: str | None = None
    key: tuple[str, ...] = ()
    columns: dict[str, ColumnConfig] = field(default_factory=dict)

    @classmethod
    def short_form(cls, value: object) -> object:
        """With a list of one where a name stands alone; nothing at all is every default."""
        if value is None:
            return {}
        if isinstance(value, Mapping) and isinstance(key := value.get("key"), str):
            return {**value, "key": (key,)}
        return value


class Dataset(Settings, frozen=True, kw_only=True):
    """Files of one pattern: format, contract, rules, table, mode."""

    files: Annotated[tuple[str, ...], Meta(min_length=1)]
    table: str | None = None
    mode: Literal["append", "merge", "replace"] = "append"
    key: tuple[str, ...] = ()
    order_by: str | None = None
    deduplicate: Literal["last"] | None = None
    on_overwrite: Literal["replace_rows", "append", "ignore", "upsert"] | None = None
    on_delete: Literal["keep", "remove_rows"] = "keep"
    method: Literal["truncate", "delete"] = "truncate"
    allow_empty: bool = False
    partition_by: PartitionBy | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    reject_limit: RejectLimit = RejectLimit.unchecked(share=0.1)
    columns: dict[str, ColumnConfig] = field(default_factory=dict)
    children: dict[str, ChildConfig] = field(default_factory=dict)
    contract: Drift = "evolve"
    types: Literal["infer", "text"] = "infer"
    lineage: bool = True
    format: Format = Format.unchecked()
    notify: tuple[NotifyTarget, ...] | None = None

    @classmethod
    def short_form(cls, value: object) -> object:
        """With lists of one where a name stands alone."""
        if not isinstance(value, Mapping):
            return value
        settings = dict(value)
        for name in ("files", "key"):
            if isinstance(settings.get(name), str):
                settings[name] = (settings[name],)
        if isinstance(indexes := settings.get("indexes"), list | tuple):
            settings["indexes"] = tuple((one,) if isinstance(one, str) else one for one in indexes)
        return settings

    def check(self) -> None:
        """Compares the keys with each other."""
        if self.mode == "merge" and not self.key:
            raise ValueError("mode: merge needs a key")
        if self.deduplicate and not self.key:
            raise ValueError("deduplicate needs a key")
        if self.order_by and self.mode != "merge":
            raise ValueError("order_by goes with mode: merge")
        allowed: dict[str, set[str | None]] = {
            "append": {None, "replace_rows", "append", "ignore"},
            "merge": {None, "upsert", "replace_rows", "ignore"},
            "replace": {None},
        }
        if self.on_overwrite not in allowed[self.mode]:
            words = ", ".join(sorted(word for word in allowed[self.mode] if word))
            words = words or "nothing: each file replaces all rows"
            raise ValueError(
                f"on_overwrite: {self.on_overwrite} does not go with mode: {self.mode} (it takes {words})"
            )
        if self.overwrite == "replace_rows" and not self.lineage and self.on_overwrite is not None:
            raise ValueError(
                "on_overwrite: replace_rows needs lineage: the rows of a load are found by _load_id"
            )
        if self.on_delete == "remove_rows" and not self.lineage:
            raise ValueError("on_delete: remove_rows needs lineage: the rows of a load are found by _load_id")
        self._check_children()

    def _check_children(self) -> None:
        """Lists that have tables of their own."""
        if not self.children:
            return
        if self.format.type not in {None, "json", "jsonl"}:
            raise ValueError(
                f"children goes with JSON, not with type: {self.format.type}; leave children out, or give the"
                " files that are JSON a dataset of their own"
            )
        if not self.lineage:
            raise ValueError(
                "children needs lineage: rows of a child find their parent by it; leave lineage: false out"
            )
        if self.partition_by is not None:
            raise ValueError(
                "children does not go with partition_by; leave one of them out: without children, a list is"
                " kept in a jsonb column"
            )
        if both := [key for key in self.children if key in self.columns]:
            raise ValueError(f"{both[0]!r} is under columns and under children: it is one or the other")
        if names := [child.key for child in self.children.values() if child.key]:
            if not self.links_by_key:
                raise ValueError("the key of a child goes with mode: merge, where rows are told by a key")
            if any(len(given) != len(self.key) for given in names):
                raise ValueError("the key of a child names a column for each of the dataset's key")

    @property
    def links_by_key(self) -> bool:
        """Whether rows of children find their parent by its key: else by the load and the record."""
        return self.mode != "append" and self.deduplicates

    @property
    def overwrite(self) -> Literal["replace_rows", "append", "ignore", "upsert"]:
        """What a new version of a key does, with the default of the mode filled in."""
        if self.on_overwrite is not None:
            return self.on_overwrite
        return "upsert" if self.mode == "merge" else "replace_rows"

    @property
    def deduplicates(self) -> bool:
        """Whether the last row of a key wins within a file."""
        return bool(self.key) and (self.mode == "merge" or self.deduplicate == "last")


class Limits(Settings, frozen=True, kw_only=True):
    """How long things may take. Seconds without progress, not in total."""

    max_concurrent_loads: Annotated[int, Meta(ge=1)] | None = None
    lock_timeout: Annotated[float, Meta(gt=0)] = 10.0
    stall_timeout: Annotated[float, Meta(gt=0)] = 300.0
    wait_for_slot: Annotated[float, Meta(ge=0)] = 600.0
    attempts: Annotated[int, Meta(ge=1)] = 5


class Pipeline(Settings, frozen=True, kw_only=True):
    """The datasets of one `pipeline.yaml`, where their files come from and where the rows go."""

    name: str = "default"
    source: str | None = None
    destination: str | None = None
    limits: Limits = Limits.unchecked()
    retention: Retention | None = None
    notify: tuple[NotifyTarget, ...] = ()
    datasets: dict[str, Dataset] = field(default_factory=dict)
