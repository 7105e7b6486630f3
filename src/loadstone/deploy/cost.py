"""What a month costs, by component: pure arithmetic on prices and usage."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.errors import UsageError
from loadstone.platform.prices import QUEUE_REQUESTS_PER_OBJECT, READS_PER_OBJECT, RegionPrices

__all__ = ["Component", "Usage", "estimate"]

_HOURS = 730
_MINUTES = _HOURS * 60
_MB_IN_GB = 1000
#: Lambda keeps five pollers at an idle queue, each asking every 20 seconds.
_IDLE_REQUESTS = 5 * 3 * _MINUTES
#: Of log and metrics, for each object.
_LOG_KB_PER_OBJECT = 3
#: Pages of 8 kB, once for the table and once for its indexes.
_WRITES_PER_GB = 2 * 1_000_000 / 8
_MILLION = 1_000_000
_ALARMS = 4
#: Ten figures, for the pipeline and for each dataset; those of CloudWatch itself are free.
_METRICS = 10


@dataclass(frozen=True, slots=True)
class Usage:
    """What happens in a month, and on what.

    Attributes:
        objects: that land in a month.
        megabytes: an object's average size, as it is stored.
        database: `rds`, `aurora`, or `none` where there is one already.
        endpoints: interface endpoints, each in `zones` zones; 0 without a VPC of our own.
        seconds_to_begin: of a warm call, whatever the object's size.
        megabytes_per_second: that the function loads.
        months_kept: how long objects stay in the bucket.
    """

    objects: float
    megabytes: float
    database: str = "rds"
    instance_class: str = "db.t4g.medium"
    multi_az: bool = False
    storage_gb: float = 20
    capacity_units: float = 0.5
    endpoints: int = 3
    zones: int = 2
    memory_mb: int = 512
    architecture: str = "arm64"
    seconds_to_begin: float = 0.2
    megabytes_per_second: float = 10
    months_kept: float = 1
    datasets: int = 1

    @property
    def gigabytes(self) -> float:
        """What is loaded in a month."""
        return self.objects * self.megabytes / _MB_IN_GB


@dataclass(frozen=True, slots=True)
class Component:
    """A line of the estimate.

    Attributes:
        basis: what it was computed from, for people.
        grows: whether it grows with what is loaded.
        amount: a month, in the price file's currency.
    """

    name: str
    basis: str
    grows: bool
    amount: float


def estimate(usage: Usage, prices: RegionPrices) -> list[Component]:
    """A month, component by component.

    Raises:
        UsageError: there is no price for the instance class.
    """
    return [*_loading(usage, prices), *_watching(usage, prices), *_standing(usage, prices)]


def _loading(usage: Usage, prices: RegionPrices) -> list[Component]:
    seconds = usage.seconds_to_begin + usage.megabytes / usage.megabytes_per_second
    computing = usage.objects * prices.function(seconds, usage.memory_mb, usage.architecture)
    kept = usage.gigabytes * usage.months_kept
    requests = usage.objects * QUEUE_REQUESTS_PER_OBJECT
    return [
        Component(
            "function",
            f"{usage.objects:,.0f} calls, {seconds:,.2f} s, {usage.memory_mb:,} MB, {usage.architecture}",
            True,
            usage.objects * prices.lambda_request + computing,
        ),
        Component("events", f"{usage.objects:,.0f} of S3", True, usage.objects * prices.eventbridge_event),
        Component("queue", f"{requests:,.0f} requests", True, requests * prices.sqs_request),
        Component("idle queue", f"{_IDLE_REQUESTS:,} requests", False, _IDLE_REQUESTS * prices.sqs_request),
        Component(
            "bucket",
            f"{kept:,.1f} GB kept, {usage.objects:,.0f} written, each asked for {READS_PER_OBJECT} times",
            True,
            kept * prices.s3_gb_month + usage.objects * (prices.s3_put + READS_PER_OBJECT * prices.s3_get),
        ),
    ]


def _watching(usage: Usage, prices: RegionPrices) -> list[Component]:
    log_gb = usage.objects * _LOG_KB_PER_OBJECT / _MB_IN_GB**2
    metrics = _METRICS * (1 + usage.datasets)
    return [
        Component("logs", f"{log_gb:,.2f} GB", True, log_gb * prices.log_gb),
        Component("metrics", f"{metrics} of loadstone's", False, metrics * prices.metric_month),
        Component("alarms", f"{_ALARMS}", False, _ALARMS * prices.alarm_month),
        Component("dashboard", "1", False, prices.dashboard_month),
    ]


def _standing(usage: Usage, prices: RegionPrices) -> list[Component]:
    interfaces = usage.endpoints * usage.zones
    found = [Component("secret", "1", False, prices.secret_month)]
    if interfaces:
        basis = f"{usage.endpoints} in {usage.zones} zone{'s' if usage.zones > 1 else ''}, all month"
        found.append(Component("endpoints", basis, False, interfaces * _HOURS * prices.endpoint_hour))
    if usage.database == "rds":
        found += _rds(usage, prices)
    elif usage.database == "aurora":
        found += _aurora(usage, prices)
    return found


def _rds(usage: Usage, prices: RegionPrices) -> list[Component]:
    hourly = prices.rds_hour.get(usage.instance_class)
    if hourly is None:
        raise UsageError(
            f"there is no price for {usage.instance_class}",
            hint=f"there is one for {', '.join(prices.rds_hour)}; --prices FILE takes your own",
        )
    copies, with_copy = (2, ", and one that stands by") if usage.multi_az else (1, "")
    return [
        Component(
            "database", f"{usage.instance_class}{with_copy}, all month", False, hourly * _HOURS * copies
        ),
        Component(
            "database storage",
            f"{usage.storage_gb:,.0f} GB{with_copy}",
            False,
            usage.storage_gb * prices.rds_gb_month * copies,
        ),
    ]


def _aurora(usage: Usage, prices: RegionPrices) -> list[Component]:
    million_writes = usage.gigabytes * _WRITES_PER_GB / _MILLION
    return [
        Component(
            "database",
            f"Aurora, {usage.capacity_units:g} capacity units on average",
            False,
            usage.capacity_units * _HOURS * prices.aurora_acu_hour,
        ),
        Component(
            "database storage",
            f"{usage.storage_gb:,.0f} GB",
            False,
            usage.storage_gb * prices.aurora_gb_month,
        ),
        Component(
            "database writes",
            f"{million_writes:,.2f} million",
            True,
            million_writes * prices.aurora_million_io,
        ),
    ]
