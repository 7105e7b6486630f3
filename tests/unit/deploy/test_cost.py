"""What `loadstone cost` says follows from the price file and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadstone.deploy.cost import Component, Usage, estimate
from loadstone.errors import ConfigurationError, UsageError
from loadstone.platform.prices import read_prices

PRICES = read_prices()
USAGE = Usage(objects=10_000, megabytes=2)


def amounts(usage: Usage, region: str = "us-east-1") -> dict[str, float]:
    return {one.name: one.amount for one in estimate(usage, PRICES.region(region))}


def test_the_price_file_has_a_date_sources_and_both_regions() -> None:
    assert PRICES.date[:2] == "20"
    assert len(PRICES.date) == len("2026-11-20")
    assert all(source.startswith("https://aws.amazon.com/") for source in PRICES.sources)
    assert set(PRICES.regions) == {"us-east-1", "eu-central-1"}


def test_an_instance_is_paid_for_all_month_and_twice_with_one_that_stands_by() -> None:
    one = amounts(USAGE)
    two = amounts(replace(USAGE, multi_az=True))
    assert one["database"] == pytest.approx(0.065 * 730)
    assert two["database"] == pytest.approx(2 * one["database"])
    assert two["database storage"] == pytest.approx(2 * one["database storage"])


def test_endpoints_are_paid_for_by_zone() -> None:
    assert amounts(USAGE)["endpoints"] == pytest.approx(3 * 2 * 730 * 0.01)
    assert amounts(replace(USAGE, zones=1))["endpoints"] == pytest.approx(3 * 730 * 0.01)
    assert "endpoints" not in amounts(replace(USAGE, endpoints=0))


def test_a_function_is_paid_for_by_memory_and_time() -> None:
    usage = Usage(
        objects=1_000_000, megabytes=8, memory_mb=1024, seconds_to_begin=0.2, megabytes_per_second=10
    )
    assert amounts(usage)["function"] == pytest.approx(0.2 + 1_000_000 * 0.0000133334)


def test_nothing_that_stands_still_grows_with_what_is_loaded() -> None:
    def standing(usage: Usage) -> list[Component]:
        return [one for one in estimate(usage, PRICES.region("eu-central-1")) if not one.grows]

    assert standing(USAGE) == standing(replace(USAGE, objects=USAGE.objects * 100))


def test_what_grows_is_nothing_where_nothing_is_loaded() -> None:
    nothing = estimate(Usage(objects=0, megabytes=10), PRICES.region("us-east-1"))
    assert sum(one.amount for one in nothing if one.grows) == 0


def test_a_database_that_is_there_costs_nothing_more() -> None:
    assert "database" not in amounts(replace(USAGE, database="none"))


def test_a_region_and_an_instance_class_without_a_price_name_those_with_one() -> None:
    with pytest.raises(UsageError) as error:
        PRICES.region("mars-north-1")
    assert "eu-central-1, us-east-1" in (error.value.hint or "")
    with pytest.raises(UsageError) as error:
        amounts(replace(USAGE, instance_class="db.x99.huge"))
    assert "db.t4g.medium" in (error.value.hint or "")


def test_a_price_file_of_ones_own_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    own = tmp_path / "prices.json"
    own.write_text(json.dumps({"date": "2027-01-01"}), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no price file"):
        read_prices(own)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_prices(tmp_path / "none.json")
