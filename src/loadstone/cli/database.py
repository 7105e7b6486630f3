"""`loadstone migrate` and `loadstone db`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, say
from loadstone.cli.session import open_workspace
from loadstone.errors import DatabaseUnavailable

__all__ = ["db", "migrate"]

_MIGRATE_EXAMPLES = """\b
Examples:
  loadstone migrate --to postgresql://owner@host/app
  loadstone migrate --grants loader | psql postgresql://owner@host/app
"""

_DB_EXAMPLES = """\b
Examples:
  loadstone db psql -- -c 'SELECT count(*) FROM car_data'
  psql "$(loadstone db url)"
"""

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".loadstone/postgres"),
    show_default=True,
    help="Where its files are.",
)


@click.command(epilog=_MIGRATE_EXAMPLES)
@click.option("--grants", "role", metavar="ROLE", help="Print, as SQL, what a role needs; change nothing.")
@everywhere
def migrate(settings: Settings, role: str | None) -> None:
    """Make or upgrade the schema `loadstone`, which holds the history and the rejected rows.

    `load` does so itself where the role may; this is for databases where it may not.
    """
    with open_workspace(settings, migrate=False) as workspace:
        if role is not None:
            sql = workspace.grants(role)
            if settings.json:
                emit_json({"role": role, "sql": sql})
            else:
                emit(sql.rstrip("\n"))
            return
        ran = workspace.migrate()
        where = workspace.database_url
    if settings.json:
        emit_json({"database": where, "migrations": ran})
    elif ran:
        for name in ran:
            emit(name)
    else:
        say(f"nothing to do: the schema is up to date in {where}")


@click.group(epilog=_DB_EXAMPLES)
def db() -> None:
    """The embedded database, for laptops and tests: a PostgreSQL of your own under .loadstone/.

    It is used where no other database is named, starts by itself, and outlives the command. `db stop` stops
    it; its files stay.
    """


@db.command()
@_FOLDER
@everywhere
def start(settings: Settings, folder: Path) -> None:
    """Start it, if it does not run, and print its URL."""
    from loadstone.wiring.local_database import start_local  # noqa: PLC0415 - brings psycopg

    server = start_local(folder)
    if settings.json:
        emit_json({"url": server.url, "version": server.version, "pid": server.pid, "folder": str(folder)})
    else:
        emit(server.url)
        if not settings.quiet:
            say(f"PostgreSQL {server.version} runs as process {server.pid}; `loadstone db stop` stops it")


@db.command()
@_FOLDER
@everywhere
def stop(settings: Settings, folder: Path) -> None:
    """Stop it; its files stay."""
    from loadstone.wiring.local_database import find_local  # noqa: PLC0415 - brings psycopg

    server = find_local(folder)
    if server is not None:
        server.stop()
    if settings.json:
        emit_json({"stopped": server is not None, "folder": str(folder)})
    elif not settings.quiet:
        say("stopped" if server is not None else "it was not running")


@db.command()
@_FOLDER
@everywhere
def url(settings: Settings, folder: Path) -> None:
    """Print its URL, starting it if it does not run."""
    from loadstone.wiring.local_database import start_local  # noqa: PLC0415 - brings psycopg

    server = start_local(folder)
    if settings.json:
        emit_json({"url": server.url})
    else:
        emit(server.url)


@db.command(context_settings={"ignore_unknown_options": True})
@_FOLDER
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@everywhere
def psql(settings: Settings, folder: Path, arguments: tuple[str, ...]) -> None:
    """Open psql on it, starting it if it does not run; what follows `--` goes to psql."""
    from loadstone.wiring.local_database import start_local  # noqa: PLC0415 - brings psycopg

    command = [*start_local(folder).psql_command(), *arguments]
    if settings.verbose:
        say(" ".join(command))
    try:
        os.execvp(command[0], command)  # noqa: S606 - psql takes our place, and the terminal
    except OSError as error:
        raise DatabaseUnavailable(f"psql cannot be started: {error.strerror}", where=command[0]) from error
