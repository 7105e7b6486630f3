from __future__ import annotations

import csv
import json
from decimal import Decimal

import pytest

from loadstone import examples
from loadstone.errors import UsageError
from loadstone.examples.online_retail import data

RETAIL = examples.get("online-retail")


def test_the_packed_data_is_the_data_set():
    rows = cancelled = undescribed = without_customer = 0
    revenue = Decimal(0)
    days = set()
    for invoice, _stock, description, quantity, date, price, customer, _country in data.records():
        rows += 1
        cancelled += invoice.startswith("C")
        undescribed += not description
        without_customer += not customer
        revenue += int(quantity) * Decimal(price)
        days.add(date[:10])
    # the figures that the data set's publisher and its users give
    assert (rows, cancelled, undescribed, without_customer) == (541_909, 9_288, 1_454, 135_080)
    assert revenue == Decimal("9747747.934")
    assert len(days) == 305


def test_csv_and_json_lines_hold_the_same_rows_and_every_digit(tmp_path):
    for data_format in ("csv", "jsonl", "json"):
        RETAIL.generate(tmp_path, rows=20_000, format=data_format)
    with (tmp_path / "retail" / "online_retail.csv").open(encoding="utf-8", newline="") as file:
        from_csv = [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]
    with (tmp_path / "retail" / "online_retail.jsonl").open(encoding="utf-8") as file:
        from_jsonl = [json.loads(line, parse_float=str, parse_int=str) for line in file]
    text = (tmp_path / "retail" / "online_retail.json").read_text(encoding="utf-8")
    assert from_csv == from_jsonl == json.loads(text, parse_float=str, parse_int=str)
    assert len(from_csv) == 20_000


def test_the_expected_figures_follow_the_bronze_rule(tmp_path):
    RETAIL.generate(tmp_path, rows=541_909)
    expected = RETAIL.expected(tmp_path)
    assert expected.rows_read == 541_909
    assert expected.rows_loaded == 541_897
    assert expected.rows_rejected == 12
    assert expected.figures["rows described as UNKNOWN"] == 1_454


def test_a_check_tells_what_was_wanted_and_what_was_found(tmp_path):
    RETAIL.generate(tmp_path, rows=100)
    expected = RETAIL.expected(tmp_path)
    found = [*expected.figures.values()]
    found[1] += 1
    checks = RETAIL.check(lambda _sql: [tuple(found)], expected)
    assert [check.ok for check in checks] == [True, False, True, True, True]
    assert checks[1].found == checks[1].expected + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 0}, "1 to 541,909 rows, not 0"),
        ({"rows": 600_000}, "1 to 541,909 rows, not 600,000"),
        ({"files": 2}, "it is one file"),
        ({"dirty": 0.1}, "real data"),
        ({"format": "xlsx"}, "csv, jsonl or json, not xlsx"),
    ],
)
def test_what_the_real_data_cannot_give_is_refused(tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        RETAIL.generate(tmp_path, **arguments)
