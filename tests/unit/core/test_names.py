"""Names of tables and columns from what files are called and headers say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.names import column_name, table_name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("InvoiceNo", "invoiceno"),
        ("Invoice No.", "invoice_no"),
        ("  unit price (EUR) ", "unit_price_eur"),
        ("2nd try", "_2nd_try"),
        ("Straße", "straße"),
        ("客户", "客户"),
        ("--", "column"),
        ("a" * 100, "a" * 63),
        ("é" * 40, "é" * 31),
    ],
)
def test_a_header_becomes_a_plain_identifier(written: str, expected: str) -> None:
    assert column_name(written) == expected


@given(st.text())
def test_every_header_gives_a_name_that_postgresql_keeps_whole_and_that_is_stable(written: str) -> None:
    name = column_name(written)
    assert 0 < len(name.encode()) <= 63
    assert not name[0].isdigit()
    assert column_name(name) == name


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("exports/2024/Customers.csv", "customers"),
        ("customers.csv.gz", "customers"),
        ("customers", "customers"),
        ("Sales 2024-01.jsonl.zst", "sales_2024_01"),
    ],
)
def test_a_table_is_called_as_its_file_without_folders_and_extensions(key: str, expected: str) -> None:
    assert table_name(key) == expected
