"""Types from samples: only what every value proves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.infer import infer_type


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-20", "0", None, ""], "bigint"),
        (["1", "2.50"], "numeric"),
        (["1", "1e5"], "double precision"),
        (["true", "FALSE"], "boolean"),
        (["2024-02-29"], "date"),
        (["2024-02-29", "2024-02-29 10:00:00"], "text"),
        (["2024-02-29T10:00:00", "2024-02-29 10:00:00.123"], "timestamp without time zone"),
        (["2024-02-29T10:00:00Z", "2024-02-29 10:00:00+02:00"], "timestamp with time zone"),
        (["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        (["9223372036854775807"], "bigint"),
        ([], "text"),
        ([None, ""], "text"),
    ],
)
def test_a_type_is_chosen_when_every_value_fits_it(cells: list[str | None], expected: str) -> None:
    assert infer_type(cells).name == expected


@pytest.mark.parametrize(
    "cell",
    ["007", "+49301234", "9223372036854775808", "1_000", "0x10", "01/02/2024", "yes", "NaN", "1,5", "tRuE"],
)
def test_what_only_looks_like_a_number_a_date_or_a_truth_stays_text(cell: str) -> None:
    assert infer_type([cell]).name == "text"


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_as_python_prints_them_are_bigint(values: list[int]) -> None:
    assert infer_type(str(value) for value in values).name == "bigint"
