"""Columns as people write them become the contract's."""

from __future__ import annotations

from loadstone.core.columns import resolve_columns
from loadstone.core.config_hash import config_hash
from loadstone.model.contract import Column, Otherwise, SplitPart
from loadstone.model.pipeline import Dataset
from loadstone.model.types import UNDECIDED, parse_type


def dataset(**columns: object) -> Dataset:
    return Dataset.from_dict({"files": "x.csv", "columns": columns})


def test_a_column_is_named_as_in_the_file_made_an_identifier_or_as_renamed() -> None:
    columns = resolve_columns(dataset(**{"Unit Price": {}, "InvoiceNo": {}, "b": {"rename": "B b"}}))
    assert [(c.source, c.name) for c in columns] == [
        ("Unit Price", "unit_price"),
        ("InvoiceNo", "invoiceno"),
        ("b", "B b"),
    ]


def test_a_column_without_a_type_is_left_to_the_table_or_the_file() -> None:
    (column,) = resolve_columns(dataset(a={}))
    assert column == Column("a", UNDECIDED, source="a")


def test_rules_are_carried_over() -> None:
    (column,) = resolve_columns(
        dataset(a={"type": "int4", "range": [0, None], "otherwise": {"set": 0}, "format": "%d", "default": 5})
    )
    assert (column.minimum, column.maximum, column.default) == ("0", None, "5")
    assert column.otherwise == Otherwise("set", "0")
    assert column.formats == ("%d",)
    assert column.type == parse_type("integer")


def test_a_split_column_becomes_its_parts_in_its_place() -> None:
    columns = resolve_columns(
        dataset(
            id={"type": "bigint"},
            city={"type": "varchar(9)", "rename": "town", "required": False},
            location={"split": ["city", "country"], "required": True, "sep": ";", "null_values": ["-"]},
            last={},
        )
    )
    assert [(c.name, c.source, c.split) for c in columns] == [
        ("id", "id", None),
        ("town", "location", SplitPart(0, 2, ";")),
        ("country", "location", SplitPart(1, 2, ";")),
        ("last", "last", None),
    ]
    town, country = columns[1:3]
    assert (town.type, town.required, town.null_values) == (parse_type("varchar(9)"), False, ("-",))
    assert (country.type, country.required, country.null_values) == (parse_type("text"), True, ("-",))


def test_a_part_may_be_called_as_the_whole() -> None:
    columns = resolve_columns(dataset(a={"split": ["a", "b"], "type": "integer"}))
    assert [(c.name, c.source, c.type.sql) for c in columns] == [("a", "a", "integer"), ("b", "a", "integer")]


def test_constants_and_metadata_are_not_read_from_the_file() -> None:
    columns = resolve_columns(dataset(a={"constant": 1}, b={"metadata": "modified"}, c={"metadata": "key"}))
    assert [(c.source, c.type.name, c.is_from_file) for c in columns] == [
        (None, "unknown", False),
        (None, "timestamp with time zone", False),
        (None, "text", False),
    ]


def test_the_hash_changes_with_what_is_configured_and_not_with_defaults_written_out() -> None:
    plain = config_hash(dataset(a={"type": "text"}))
    assert config_hash(dataset(a={"type": "text", "required": False})) == plain
    assert config_hash(dataset(a={"type": "text", "required": True})) != plain
    assert config_hash(dataset(a={}, b={})) != config_hash(dataset(b={}, a={}))
    assert len(plain) == 16
