"""What a load in the function may have cost follows from the price file, its time, and its requests."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import msgspec
import pytest

from loadstone.platform.function_cost import FunctionCost
from loadstone.platform.prices import read_prices

PRICES = read_prices()
HERE = PRICES.region("us-east-1")
FUNCTION = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1"}
OF_OBJECT = 0.000001 + 3 * 0.0000004 + 3 * 0.0000004


def test_the_loads_of_an_invocation_share_its_time_and_its_request() -> None:
    now = iter([0.0, 10.0, 12.0, 15.0, 100.0, 100.5])
    cost = FunctionCost(HERE, PRICES.date, 1_024, "arm64", clock=lambda: next(now))
    cost.begin()
    first, second = cost.of_load(), cost.of_load()
    assert first.usd == pytest.approx(2 * 0.0000133334 + OF_OBJECT + 0.0000002)
    assert second.usd == pytest.approx(3 * 0.0000133334 + OF_OBJECT)
    cost.begin()  # what was between the two is not the function's
    assert cost.of_load().usd == pytest.approx(0.5 * 0.0000133334 + OF_OBJECT + 0.0000002)
    assert first.prices_of == PRICES.date


def test_memory_and_architecture_have_their_price() -> None:
    now = iter([0.0, 0.0, 1.0])
    cost = FunctionCost(HERE, PRICES.date, 512, "x86_64", clock=lambda: next(now))
    cost.begin()
    assert cost.of_load().usd == pytest.approx(0.5 * 0.0000166667 + OF_OBJECT + 0.0000002)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_function_knows_its_memory_region_and_machine(
    machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert FunctionCost.of(FUNCTION) is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"AWS_REGION": "mars-north-1"}, "no prices for mars-north-1"),
        ({"LOADSTONE_PRICES": "/nowhere.json"}, "cannot be read"),
    ],
)
def test_where_prices_are_not_known_none_is_made_up_and_the_log_says_so(
    change: dict[str, str], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "loadstone"):
        assert FunctionCost.of({**FUNCTION, **change}) is None
    assert reason in caplog.text


def test_prices_of_ones_own_are_those_of_the_function(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = msgspec.to_builtins(PRICES)
    content["regions"] = {"mars-north-1": content["regions"]["us-east-1"]}
    own = tmp_path / "own.json"
    mars = {**FUNCTION, "AWS_REGION": "mars-north-1", "LOADSTONE_PRICES": str(own)}
    own.write_text(json.dumps(content))
    assert FunctionCost.of(mars) is not None
    own.write_text(json.dumps({**content, "currency": "EUR"}))
    with caplog.at_level("INFO", "loadstone"):
        assert FunctionCost.of(mars) is None
    assert "not in USD" in caplog.text


def test_what_is_no_function_costs_nothing_and_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "loadstone"):
        assert FunctionCost.of({"AWS_REGION": "us-east-1"}) is None
    assert caplog.text == ""
