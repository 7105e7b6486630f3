"""What loads in this Lambda function cost, as an estimate: time and memory, and each object's requests."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from loadstone.errors import ConfigurationError, LoadstoneError
from loadstone.platform.metrics import Estimate
from loadstone.platform.prices import RegionPrices, read_prices

__all__ = ["FunctionCost"]

logger = logging.getLogger(__name__)

_VARIABLE = "LOADSTONE_PRICES"
#: As Python names machines, and as AWS's prices do.
_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class FunctionCost:
    """Shares an invocation's time among its loads, and prices it.

    A load bears the time since the load before it ended, or since the invocation began, so that the sum over
    an invocation is nearly what is billed; the time of objects that were skipped is borne by who comes next.

    Args:
        prices: of the function's region.
        prices_of: their date.
        memory_mb: of the function.
        architecture: `arm64` or `x86_64`.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        prices: RegionPrices,
        prices_of: str,
        memory_mb: int,
        architecture: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prices = prices
        self._prices_of = prices_of
        self._memory_mb = memory_mb
        self._architecture = architecture
        self._clock = clock
        self._since = clock()
        self._calls = 0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> FunctionCost | None:
        """That of the function whose environment this is; None, which is logged, without prices for it."""
        try:
            return cls._of(environment)
        except LoadstoneError as error:
            logger.info("what loads cost is not estimated: %s", error, extra={"hint": error.hint})
            return None

    @classmethod
    def _of(cls, environment: Mapping[str, str]) -> FunctionCost | None:
        memory, region = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""), environment.get("AWS_REGION")
        architecture = _ARCHITECTURES.get(platform.machine().lower())
        if not memory.isdecimal() or not region or architecture is None:
            return None  # no function of Lambda
        own = environment.get(_VARIABLE)
        file = read_prices(Path(own) if own else None)
        if file.currency != "USD":
            raise ConfigurationError(f"the prices are in {file.currency}, not in USD", where=own or _VARIABLE)
        return cls(file.region(region), file.date, int(memory), architecture)

    def begin(self) -> None:
        """An invocation began."""
        self._since = self._clock()
        self._calls += 1

    def of_load(self) -> Estimate:
        """What the load that has just ended cost."""
        now = self._clock()
        seconds, self._since = now - self._since, now
        calls, self._calls = self._calls, 0
        prices = self._prices
        usd = prices.function(seconds, self._memory_mb, self._architecture)
        usd += prices.requests_of_object + calls * prices.lambda_request
        return Estimate(usd, self._prices_of)
