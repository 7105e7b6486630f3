"""Every type of PostgreSQL loads from text; what it does not take is a reject with its place and reason."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from itertools import zip_longest
from typing import NoReturn

import psycopg
import pytest

from fixtures.landing import Landing
from fixtures.type_samples import EXTENSIONS, NOT_LOADED, OWN, SAMPLES, Sample

CODE = re.compile(r"[a-z_]+|[0-9A-Z]{5}")


def test_every_type_of_the_catalog_has_samples(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT format_type(oid, NULL) FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace"
        " AND typtype IN ('b', 'r', 'm', 'd', 'e')"
        " AND NOT (typcategory = 'A' AND typelem <> 0 AND typlen = -1"
        " AND typsubscript = 'array_subscript_handler'::regproc AND typname LIKE '\\_%')"
    ).fetchall()
    names = {name for (name,) in found}
    assert len(names) > 60
    assert names - SAMPLES.keys() - NOT_LOADED.keys() == set()


class Types:
    """Samples as the columns of one file, whose rows are wrong in one column at most."""

    def __init__(self, samples: dict[str, Sample], connection: psycopg.Connection) -> None:
        def is_known(name: str) -> bool:
            bare = re.sub(r"\(.*\)|\[\]$", "", name)
            found = connection.execute("SELECT to_regtype(%s)", [bare]).fetchone()
            return found is not None and found[0] is not None

        self.samples = {name: sample for name, sample in samples.items() if is_known(name)}
        self.columns = {f"c{number}": name for number, name in enumerate(self.samples)}
        lists = zip_longest(*(sample.good for sample in self.samples.values()))
        self.good = [
            [
                text if text is not None else sample.good[0]
                for text, sample in zip(row, self.samples.values(), strict=True)
            ]
            for row in lists
        ]
        self.bad = [
            (column, text)
            for column, sample in zip(self.columns, self.samples.values(), strict=True)
            for text in sample.bad
        ]

    @property
    def rows(self) -> list[list[str | None]]:
        """The good rows, one of NULLs, and the bad ones behind them."""
        rows: list[list[str | None]] = [list(row) for row in self.good]
        rows.append([None] * len(self.columns))
        for column, text in self.bad:
            rows.append(
                [
                    text if name == column else good
                    for name, good in zip(self.columns, self.good[0], strict=True)
                ]
            )
        return rows

    def as_csv(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return out.getvalue()

    def as_jsonl(self) -> str:
        def value(name: str, text: str | None) -> str:
            return text if text is not None and name in {"json", "jsonb"} else json.dumps(text)

        return "".join(
            "{"
            + ", ".join(f'"{c}": {value(n, t)}' for (c, n), t in zip(self.columns.items(), row, strict=True))
            + "}\n"
            for row in self.rows
        )

    def create(self, connection: psycopg.Connection) -> None:
        columns = ", ".join(f"{column} {name}" for column, name in self.columns.items())
        connection.execute(f"CREATE TABLE orders ({columns}, _load_id bigint, _row bigint)".encode())

    def expected(self, connection: psycopg.Connection) -> list[tuple[str, ...]]:
        """The good values as the server itself reads and writes them."""
        casts = ", ".join(f"CAST(%s AS {name})::text" for name in self.columns.values())
        return [connection.execute(f"SELECT {casts}".encode(), row).fetchone() or () for row in self.good]

    def check(self, landing: Landing, connection: psycopg.Connection, first_line: int) -> None:
        outcome = landing.load(landing_key(landing))
        assert (outcome.state, outcome.error, outcome.hint) == ("loaded", None, None)
        unexpected = [
            (reject.line_number, self.columns.get(reject.column or ""), reject.reason)
            for reject in landing.rejects()
            if reject.line_number <= first_line + len(self.good)
        ]
        assert unexpected == []
        texts = ", ".join(f"{column}::text" for column in self.columns)
        loaded = connection.execute(f"SELECT {texts} FROM orders ORDER BY _row".encode()).fetchall()
        assert loaded == [*self.expected(connection), (None,) * len(self.columns)]
        rejects = sorted(landing.rejects(), key=lambda reject: reject.row_number)
        expected = [
            (first_line + len(self.good) + 1 + number, column, text)
            for number, (column, text) in enumerate(self.bad)
        ]
        assert [(reject.line_number, reject.column) for reject in rejects] == [
            (line, column) for line, column, _ in expected
        ]
        for reject in rejects:
            assert CODE.fullmatch(reject.code)
            assert reject.reason
            assert reject.raw


def landing_key(landing: Landing) -> str:
    return next(path.name for path in landing.place.iterdir())


def prepared(connection: psycopg.Connection, leave_out: Callable[[str], NoReturn], which: str) -> Types:
    """The samples of the catalog, of types made here, or of an extension."""
    if which == "built in":
        return Types(with_xml_where_it_is(SAMPLES, connection), connection)
    if which == "made here":
        for statement in OWN:
            connection.execute(statement.encode())
        return Types({name: sample for made in OWN.values() for name, sample in made.items()}, connection)
    available = connection.execute("SELECT FROM pg_available_extensions WHERE name = %s", [which]).fetchone()
    if available is None:
        leave_out(f"types of the extension {which}, which this server does not have")
    connection.execute(f"CREATE EXTENSION {which}".encode())
    return Types(EXTENSIONS[which], connection)


def with_xml_where_it_is(samples: dict[str, Sample], connection: psycopg.Connection) -> dict[str, Sample]:
    """A server that was built without libxml takes no XML at all."""
    try:
        connection.execute("SELECT '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        return {name: sample for name, sample in samples.items() if name != "xml"}
    return samples


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("table", ["existing", "new"])
@pytest.mark.parametrize("which", ["built in", "made here", *EXTENSIONS])
def test_every_type_loads_from_text(
    folder_landing: Landing,
    connection: psycopg.Connection,
    leave_out: Callable[[str], NoReturn],
    which: str,
    table: str,
    form: str,
) -> None:
    types = prepared(connection, leave_out, which)
    folder_landing.options["reject_limit"] = 1000
    if table == "existing":
        types.create(connection)
        folder_landing.options["contract"] = "freeze"  # not wider than they are
    else:
        folder_landing.options["columns"] = {c: {"type": name} for c, name in types.columns.items()}
    if form == "csv":
        folder_landing.put("day.csv", types.as_csv())
        types.check(folder_landing, connection, first_line=2)
    else:
        folder_landing.put("day.jsonl", types.as_jsonl())
        types.check(folder_landing, connection, first_line=1)
