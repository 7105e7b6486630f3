from __future__ import annotations

import pytest

from loadstone.model.mistake import InvalidSettings
from loadstone.model.pipeline import Format
from loadstone.model.records_path import parse_records_path


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("$.data.items", ("data", "items")),
        ("$[*].rows[*]", (None, "rows", None)),
        ("$['a b'][\"c.d\"].é-1", ("a b", "c.d", "é-1")),
    ],
)
def test_a_path_to_records_is_names_and_stars(text, steps):
    assert parse_records_path(text) == steps


@pytest.mark.parametrize(
    "text", ["", "data.items", "$.", "$..a", "$[0]", "$.a[?(@.b)]", "$.*", "$.a b", "$[*"]
)
def test_what_is_no_such_path_is_refused_with_an_example(text):
    with pytest.raises(InvalidSettings, match=r"as in \$\.data\.items"):
        Format(records=text)


def test_a_path_goes_with_json_alone():
    assert Format(records="$.a", type="json").records == "$.a"
    with pytest.raises(InvalidSettings, match="records goes with type: json, not with csv"):
        Format(records="$.a", type="csv")
