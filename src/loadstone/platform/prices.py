"""The price file: dated, with its sources, or one that is brought along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from loadstone.errors import ConfigurationError, UsageError

__all__ = ["QUEUE_REQUESTS_PER_OBJECT", "READS_PER_OBJECT", "PriceFile", "RegionPrices", "read_prices"]

#: Each object's message is sent, received, and deleted.
QUEUE_REQUESTS_PER_OBJECT = 3
#: It is asked for when its event is read and once more under its lock, and then read.
READS_PER_OBJECT = 3

#: Lambda counts memory in binary units.
_MIB_IN_GIB = 1024

_INSTALLED = Path(__file__).parent / "prices.json"


class RegionPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of a region in the file's currency: for each request, event, GB-second, hour, or month."""

    lambda_gb_second: dict[str, float]
    lambda_request: float
    s3_gb_month: float
    s3_put: float
    s3_get: float
    sqs_request: float
    eventbridge_event: float
    secret_month: float
    log_gb: float
    metric_month: float
    alarm_month: float
    dashboard_month: float
    endpoint_hour: float
    rds_gb_month: float
    rds_hour: dict[str, float]
    aurora_acu_hour: float
    aurora_gb_month: float
    aurora_million_io: float

    def function(self, seconds: float, memory_mb: float, architecture: str) -> float:
        """What a function of so much memory costs in so many seconds, without its requests."""
        return seconds * memory_mb / _MIB_IN_GIB * self.lambda_gb_second[architecture]

    @property
    def requests_of_object(self) -> float:
        """The event of an object, its message, and the requests that read it."""
        queue = QUEUE_REQUESTS_PER_OBJECT * self.sqs_request
        return self.eventbridge_event + queue + READS_PER_OBJECT * self.s3_get


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What things cost, since when, and who says so."""

    date: str
    currency: str
    note: str
    sources: list[str]
    regions: dict[str, RegionPrices]

    def region(self, name: str) -> RegionPrices:
        """The prices of a region.

        Raises:
            UsageError: the file does not have them.
        """
        if name not in self.regions:
            raise UsageError(
                f"there are no prices for {name}",
                hint=f"there are some for {', '.join(sorted(self.regions))}; bring your own by --prices,"
                " or, for the function, by LOADSTONE_PRICES",
            )
        return self.regions[name]


def read_prices(path: Path | None = None) -> PriceFile:
    """The installed price file, or another.

    Raises:
        ConfigurationError: it is none.
    """
    where = path or _INSTALLED
    try:
        content: Any = where.read_bytes()
        return msgspec.json.decode(content, type=PriceFile)
    except OSError as error:
        raise ConfigurationError(f"it cannot be read: {error.strerror}", where=str(where)) from None
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"it is no price file: {error}", where=str(where)) from None
