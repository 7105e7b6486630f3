"""JSON keys that appear late become columns that their successors fit; types that are outgrown get wider."""

from __future__ import annotations

import pytest

from loadstone.core.drift import late_columns, wider_types
from loadstone.errors import ContractError
from loadstone.model.contract import Column
from loadstone.model.types import parse_type

KNOWN = [Column("id", parse_type("bigint"), "id")]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("1", "numeric"),
        ("-2.5e3", "numeric"),
        ("true", "boolean"),
        ('"1"', "text"),
        ("[1]", "jsonb"),
        ("{}", "jsonb"),
    ],
)
def test_one_value_decides_the_kind_and_leaves_room(value: str, type_name: str) -> None:
    assert late_columns({"New Key": value}, KNOWN, "infer", "day.jsonl") == (
        Column("new_key", parse_type(type_name), "New Key"),
    )


def test_types_text_makes_all_of_them_text() -> None:
    (column,) = late_columns({"n": "1"}, KNOWN, "text", "day.jsonl")
    assert column.type.name == "text"


@pytest.mark.parametrize("keys", [["ID"], ["a b", "a-b"]])
def test_two_keys_do_not_become_one_column(keys: list[str]) -> None:
    with pytest.raises(ContractError, match="would become the same column") as raised:
        late_columns(dict.fromkeys(keys, "1"), KNOWN, "infer", "day.jsonl")
    assert raised.value.where == "day.jsonl"


@pytest.mark.parametrize(
    ("narrow", "wider"),
    [
        ("smallint", ["integer", "bigint", "numeric"]),
        ("integer", ["bigint", "numeric"]),
        ("bigint", ["numeric"]),
        ("real", ["double precision"]),
        ("numeric(5,2)", ["numeric"]),
        ("varchar(3)", ["character varying"]),
        ("timestamp(0)", ["timestamp without time zone"]),
        *((fixed, []) for fixed in ("numeric", "double precision", "text", "varchar", "char(3)")),
        *((fixed, []) for fixed in ("date", "timestamp", "boolean", "uuid", "jsonb", "integer[]", "citext")),
    ],
)
def test_a_type_widens_step_by_step_and_never_to_another_kind(narrow: str, wider: list[str]) -> None:
    assert [kind.sql for kind in wider_types(parse_type(narrow))] == wider
