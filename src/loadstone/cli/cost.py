"""`loadstone cost`: what a month on AWS costs, and a GB that is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say, table_lines

__all__ = ["cost"]

_EXAMPLES = """\b
Examples:
  loadstone cost                                       1,000 objects of 10 MB a month
  loadstone cost --objects 100000 --size 0.1 --region eu-central-1
  loadstone cost --database none --endpoints 0         with a database and a network of your own
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--objects", type=click.FloatRange(min=0), default=1000, show_default=True, help="Objects a month."
)
@click.option(
    "--size", type=click.FloatRange(min=0), default=10, show_default=True, help="Their average size, MB."
)
@click.option("--region", default="us-east-1", show_default=True, help="us-east-1, eu-central-1.")
@click.option(
    "--database",
    type=click.Choice(["rds", "aurora", "none"]),
    default="rds",
    show_default=True,
    help="What is made; none where there is one already.",
)
@click.option("--instance-class", default="db.t4g.medium", show_default=True, help="Of the RDS instance.")
@click.option("--multi-az", is_flag=True, help="A second instance stands by.")
@click.option("--storage", type=click.FloatRange(min=0), default=20, show_default=True, help="Database, GB.")
@click.option(
    "--capacity",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    help="Aurora capacity units on average.",
)
@click.option(
    "--memory", type=click.IntRange(128, 10240), default=512, show_default=True, help="Function, MB."
)
@click.option(
    "--architecture",
    type=click.Choice(["arm64", "x86_64"]),
    default="arm64",
    show_default=True,
    help="Of the function.",
)
@click.option(
    "--endpoints", type=click.IntRange(min=0), default=3, show_default=True, help="Interface endpoints."
)
@click.option("--zones", type=click.IntRange(1, 6), default=2, show_default=True, help="Zones they are in.")
@click.option(
    "--datasets",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Of the pipeline: each has its metrics.",
)
@click.option(
    "--months-kept",
    type=click.FloatRange(min=0),
    default=1,
    show_default=True,
    help="Objects stay for as long.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=10,
    show_default=True,
    help="MB that the function loads in a second.",
)
@click.option(
    "--prices",
    "price_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Prices of your own.",
)
@everywhere
def cost(settings: Settings, region: str, price_file: Path | None, **options: Any) -> None:
    """Estimate what a month on AWS costs, by component, and a GB that is loaded.

    Prices come from a dated file that is installed; AWS is not asked. Free tiers, discounts, taxes and data
    that leaves AWS are not in it.
    """
    from loadstone.deploy.cost import Usage, estimate  # noqa: PLC0415 - `--help` need not wait for it
    from loadstone.platform.prices import read_prices  # noqa: PLC0415

    prices = read_prices(price_file)
    usage = Usage(
        objects=options["objects"],
        megabytes=options["size"],
        database=options["database"],
        instance_class=options["instance_class"],
        multi_az=options["multi_az"],
        storage_gb=options["storage"],
        capacity_units=options["capacity"],
        endpoints=options["endpoints"],
        zones=options["zones"],
        memory_mb=options["memory"],
        architecture=options["architecture"],
        megabytes_per_second=options["speed"],
        months_kept=options["months_kept"],
        datasets=options["datasets"],
    )
    components = estimate(usage, prices.region(region))
    total = sum(one.amount for one in components)
    growing = sum(one.amount for one in components if one.grows)
    loaded = usage.gigabytes
    if settings.json:
        emit_json(
            {
                "region": region,
                "currency": prices.currency,
                "prices_of": prices.date,
                "note": prices.note,
                "sources": prices.sources,
                "components": [
                    {"name": one.name, "basis": one.basis, "grows": one.grows, "month": round(one.amount, 4)}
                    for one in components
                ],
                "month": round(total, 2),
                "gigabytes": round(loaded, 3),
                "per_gigabyte": round(total / loaded, 4) if loaded else None,
                "per_further_gigabyte": round(growing / loaded, 4) if loaded else None,
            }
        )
        return
    rows = [(one.name, one.basis, f"{one.amount:,.2f}") for one in components]
    for line in table_lines(
        ("component", "of", f"{prices.currency} a month"), [*rows, ("total", "", f"{total:,.2f}")], right=(2,)
    ):
        emit(line)
    if loaded:
        emit()
        emit(f"{loaded:,.1f} GB loaded: {total / loaded:,.2f} {prices.currency} a GB in all,")
        emit(f"and {growing / loaded:,.4f} {prices.currency} for each further GB in objects of this size")
    emit()
    emit(f"prices of {prices.date}, {region}. {prices.note}")
    if not settings.quiet:
        for source in prices.sources:
            say(f"  {source}")
