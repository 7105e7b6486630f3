"""An environment for each of the tools that are compared: none gets in the way of another."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ENVIRONMENTS", "HAND_MADE", "TOOLS", "InstallFailed", "Tool", "interpreter", "python_with"]

#: Where they are: outside of what is checked and packaged.
ENVIRONMENTS = Path(__file__).parent.parent / ".venv-bench"

_SCRIPTS = Path(__file__).parent / "others"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that people load files with.

    Attributes:
        name: of its script under `others/`; the script takes a CSV, a database URL and a table.
        title: for people.
        packages: what its environment gets.
        makes_table: whether it makes a table of its own, named in `counted`, instead of filling ours.
        counted: what is counted afterwards; None for our table.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    makes_table: bool = False
    counted: str | None = None

    @property
    def script(self) -> Path:
        """What is run."""
        return _SCRIPTS / f"{self.name}.py"


_PANDAS = ("pandas", "sqlalchemy", "psycopg2-binary")

TOOLS = {
    tool.name: tool
    for tool in (
        Tool("psycopg_write_row", "csv module, psycopg 3 `write_row`", ("psycopg[binary]",)),
        # the last whose program comes with it; later ones fetch it from elsewhere when they are first used
        Tool("sling_run", "sling", ("sling==1.4.10", "pyarrow"), makes_table=True),
        Tool("dlt_filesystem", "dlt", ("dlt[postgres,filesystem]", "pandas"), True, "dlt_bench.telemetry"),
        Tool("awswrangler_to_sql", "awswrangler", ("awswrangler[postgres]",)),
        Tool("pandas_to_sql_multi", 'pandas `to_sql(method="multi")`', _PANDAS),
        Tool("pandas_to_sql", "pandas `to_sql`", _PANDAS),
        Tool("psycopg_executemany", "csv module, psycopg 3 `executemany`", ("psycopg[binary]",)),
        Tool("pandas_executemany", "pandas, psycopg2 `executemany`", _PANDAS),
    )
}


#: The example car-telemetry as people write it by hand.
HAND_MADE = (
    Tool("car_telemetry_naive", "naive", _PANDAS),
    Tool("car_telemetry_batch", "batch", _PANDAS),
)


class InstallFailed(Exception):
    """pip could not install a tool."""


def interpreter(tool: Tool, folder: Path = ENVIRONMENTS) -> Path:
    """The Python of the tool's environment, which is made where it is not there yet.

    Raises:
        InstallFailed: with pip's last lines.
    """
    return python_with(tool.packages, folder)


def python_with(packages: Sequence[str], folder: Path = ENVIRONMENTS) -> Path:
    """The Python of an environment with these packages, which is made where it is not there yet.

    Raises:
        InstallFailed: with pip's last lines.
    """
    environment = folder / "-".join(re.split(r"[\[=]", package)[0] for package in packages)
    python = environment / "bin" / "python"
    done = environment / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        installed = subprocess.run(
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode:
            raise InstallFailed(installed.stderr.strip()[-500:])
        done.touch()
    return python
