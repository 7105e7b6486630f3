"""Lists with tables of their own, as they are configured."""

from __future__ import annotations

from typing import Any

import pytest

from loadstone.config.pipeline_file import parse_pipeline
from loadstone.config.problem import InvalidPipeline
from loadstone.core.children import child_dataset, link
from loadstone.model.mistake import InvalidSettings
from loadstone.model.pipeline import Dataset


def dataset(**more: Any) -> Dataset:
    return Dataset.from_dict({"files": "*.json", "table": "shop.orders", "children": {"items": {}}, **more})


MERGE = {"mode": "merge", "key": "id"}


def test_without_a_key_the_record_links_an_element() -> None:
    assert link(dataset(), "items").is_lineage
    assert link(dataset(mode="replace"), "items").is_lineage
    assert link(dataset(key="id", deduplicate="last"), "items").is_lineage


def test_a_key_links_an_element_under_a_name_of_its_own() -> None:
    assert link(dataset(**MERGE), "items").child == ("orders_id",)
    named = dataset(mode="replace", key=["a", "b"], deduplicate="last", children={"x": {"key": ["c", "d"]}})
    assert link(named, "x") == (("a", "b"), ("c", "d"))


@pytest.mark.parametrize(
    ("parent", "child", "table"),
    [
        ("shop.orders", {}, "shop.orders_items"),
        ('"Shop"."Orders"', {}, '"Shop"."Orders_items"'),
        ("orders", {"table": "lines"}, "lines"),
    ],
)
def test_the_table_of_a_child_stands_beside_its_parent(
    parent: str, child: dict[str, str], table: str
) -> None:
    assert child_dataset(dataset(table=parent, children={"items": child}), "items").table == table


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"format": {"type": "csv"}}, "children goes with JSON, not with type: csv; leave children out"),
        ({"lineage": False}, "children needs lineage: .*; leave lineage: false out"),
        (
            {"partition_by": {"hash": ["id"], "partitions": 2}},
            "children does not go with partition_by; .*jsonb column",
        ),
        ({"columns": {"items": {}}}, "'items' is under columns and under children"),
        ({"children": {"items": {"key": "x"}}}, "goes with mode: merge"),
        ({**MERGE, "children": {"items": {"key": ["x", "y"]}}}, "names a column for each"),
        ({"children": {"items": {"keys": "x"}}}, "keys"),
    ],
)
def test_what_children_do_not_go_with_is_refused(options: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidSettings, match=what):
        dataset(**options)


def test_a_mistake_in_a_child_is_told_with_its_place() -> None:
    text = """
datasets:
  orders:
    files: "*.json"
    children:
      items:
        columns: {a: {pattern: "("}}
      tags:
        table: t
      more:
        table: t
"""
    with pytest.raises(InvalidPipeline) as caught:
        parse_pipeline(text, "pipeline.yaml", {})
    told = str(caught.value)
    assert "children.items.columns.a.pattern" in told
    assert "children.more: t is the table of other rows" in told
