"""Types from samples: only what every value proves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.infer import infer, infer_type


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-20", "0", None, ""], "bigint"),
        (["1", "2.50"], "numeric"),
        (["1", "1e+5"], "double precision"),
        (["1.5", "1e5"], "double precision"),
        (["1", "1e5"], "text"),
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


def evidence(*cells: str | None, **how: Any) -> str:
    return infer(cells, **how).evidence


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            ["3", "85123", "7", None],
            "3 of 3 values are whole numbers, from 3 to 85,123; 1 of 4 rows have none",
        ),
        (["00123", "5"], "kept as text: 1 value has leading zeros, such as '00123'"),
        (["+49", "+50", "1"], "kept as text: 2 values have a plus sign, such as '+49'"),
        (["1", "2", "n/a"], "kept as text: 2 of 3 values are numbers, but 1 is not, such as 'n/a'"),
        (["2024-01-01", "2024-03-05"], "2 of 2 values are dates, from 2024-01-01 to 2024-03-05"),
        ([None, ""], "text: there is no value to tell a type by"),
        (["a", "bcd", "a"], "text: 2 different values of 3, the longest with 3 characters"),
    ],
)
def test_every_type_comes_with_the_reason_for_it(cells: list[str | None], said: str) -> None:
    assert evidence(*cells) == said


def test_a_sample_says_that_it_is_one() -> None:
    assert evidence("1", "2", is_complete=False).endswith("from 1 to 2 (in the first 2 rows)")


@pytest.mark.parametrize(
    ("cells", "kind", "formats"),
    [
        (["01/02/2024", "31/01/2024"], "date", ("%d/%m/%Y",)),
        (["01/02/2024", "01/31/2024"], "date", ("%m/%d/%Y",)),
        (["31.12.2024", "1.2.2024"], "date", ("%d.%m.%Y",)),
        (["31.12.2024", "31/12/2024"], "date", ("%d.%m.%Y", "%d/%m/%Y")),
        (["12/13/2010 8:26"], "timestamp without time zone", ("%m/%d/%Y %H:%M",)),
        (["12/13/2010 8:26:01 PM"], "timestamp without time zone", ("%m/%d/%Y %I:%M:%S %p",)),
        (["2024/05/06"], "date", ("%Y/%m/%d",)),
        (["5 Jan 2024", "06 February 2024"], "date", ("%d %B %Y", "%d %b %Y")),
        (["Jan 5, 2024"], "date", ("%b %d, %Y",)),
    ],
)
def test_a_date_order_is_chosen_where_a_value_proves_it(
    cells: list[str], kind: str, formats: tuple[str, ...]
) -> None:
    found = infer(cells)
    assert (found.type.name, found.formats) == (kind, formats)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (
            ["01/02/2024", "12/11/2024"],
            "nothing shows whether the day or the month comes first, as in '01/02/2024'",
        ),
        (["31/01/2024", "01/31/2024"], "'31/01/2024' has the day first, '01/31/2024' the month"),
        (["31/02/2024"], "'31/02/2024' is no date"),
        (["31/01/2024", "31/01/2024 10:00"], "some dates have a time, others have none"),
    ],
)
def test_dates_that_prove_no_order_stay_text_and_it_is_said(cells: list[str], why: str) -> None:
    found = infer(cells)
    assert (found.type.name, found.is_doubtful) == ("text", True)
    assert found.evidence.endswith(f"but {why}")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["t", "f"], "boolean"),
        (["yes", "No"], "boolean"),
        (["f", "f"], "text"),
        (["no"], "text"),
        (["0", "1"], "bigint"),
        (["true", "yes"], "text"),
        (["9223372036854775808", "5"], "numeric"),
        (["-0"], "text"),
        (["1e400"], "text"),
        (["1.2345678901234567890e5", "1"], "numeric"),
        (['{"a": 1}', "[1, 2]"], "json"),
        (['{"a": 1', "[1, 2]"], "text"),
        (["[NaN]"], "text"),
        (["10.0.0.1", "::1"], "inet"),
        (["10.0.19041.1"], "text"),
        (["2001:DB8::1"], "text"),
        (["2024-02-30"], "text"),
        (["24:00:00"], "text"),
    ],
)
def test_only_clear_forms_are_more_than_text(cells: list[str], kind: str) -> None:
    assert infer_type(cells).name == kind


def test_a_decimal_comma_is_one_where_the_file_has_it() -> None:
    assert infer(["1,5", "-2"], decimal=",").type.name == "numeric"
    assert infer(["1.5"], decimal=",").type.name == "text"


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=20))
def test_any_text_has_a_type_and_a_reason(cells: list[str | None]) -> None:
    found = infer(cells)
    assert found.evidence
    assert "\n" not in found.evidence


@given(st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=1), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_a_chosen_date_order_is_never_the_wrong_one(days: list[date], order: str) -> None:
    found = infer(day.strftime(order) for day in days)
    assert found.formats in {(), (order,)}
