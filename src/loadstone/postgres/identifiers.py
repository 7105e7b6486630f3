"""Names as people write them and as SQL needs them."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct
from psycopg import sql

from loadstone.errors import ConfigurationError

__all__ = [
    "MAX_NAME_BYTES",
    "TableName",
    "check_name",
    "literal",
    "parse_table",
    "qualified",
    "quote",
    "shortened",
    "unqualified",
]

#: PostgreSQL cuts longer names off without a word.
MAX_NAME_BYTES = 63

_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^".]+)')
_FOLDED = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


class TableName(Struct, frozen=True):
    """A table by schema and name, both as the catalog has them; no schema means the search path's."""

    schema: str | None
    name: str

    @property
    def sql(self) -> str:
        """Quoted, qualified where the schema is known."""
        return f"{quote(self.schema)}.{quote(self.name)}" if self.schema else quote(self.name)

    @property
    def written(self) -> str:
        """As people write it, always in the same way: `parse_table` reads it back."""
        return ".".join(
            part if _PLAIN.fullmatch(part) else quote(part) for part in (self.schema, self.name) if part
        )


def quote(name: str) -> str:
    """An identifier as SQL."""
    return sql.Identifier(name).as_string(None)


def literal(value: str) -> str:
    """A text as an SQL literal of no particular type, as PostgreSQL reads any quoted constant."""
    quoted = "'" + value.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in value else quoted


def parse_table(text: str) -> TableName:
    """Reads `table`, `schema.table` or `"Schema"."Table"`; as in SQL, only quotes keep capitals.

    Raises:
        ConfigurationError: the text is no name.
    """
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise ConfigurationError(_NOT_A_NAME.format(text), where="table", hint=_HOW_TO_NAME)
        plain = match["plain"]
        if plain is None:
            parts.append(match["quoted"].replace('""', '"'))
        else:
            stripped = plain.strip()
            parts.append(stripped.lower() if _FOLDED.fullmatch(stripped) else stripped)
        position = match.end()
        if position == len(text):
            break
        if text[position] != ".":
            raise ConfigurationError(_NOT_A_NAME.format(text), where="table", hint=_HOW_TO_NAME)
        position += 1
    if len(parts) > 2 or not all(parts):  # noqa: PLR2004 - schema and table
        raise ConfigurationError(_NOT_A_NAME.format(text), where="table", hint=_HOW_TO_NAME)
    for part in parts:
        check_name(part, "the name of a table or schema")
    return TableName(parts[0] if len(parts) > 1 else None, parts[-1])


_NOT_A_NAME = "{!r} is not the name of a table"
_HOW_TO_NAME = 'write table, schema.table, or "Schema"."Table" where capitals matter'


def qualified(table: str) -> str:
    """A table's name as people write it, as SQL."""
    return parse_table(table).sql


def unqualified(table: str) -> str:
    """The table's name alone, without its schema; what is no name of a table stays as it is."""
    try:
        return parse_table(table).name
    except ConfigurationError:
        return table


def check_name(name: str, what: str) -> None:
    """Refuses what PostgreSQL would cut off.

    Raises:
        ConfigurationError: the name has more than 63 bytes, or a NUL.
    """
    size = len(name.encode())
    if size > MAX_NAME_BYTES or "\0" in name:
        raise ConfigurationError(
            f"{what} has {size:,} bytes, and PostgreSQL keeps {MAX_NAME_BYTES}",
            where=name,
            hint="give it a shorter name (rename: for a column, table: for a table)",
        )


def shortened(stem: str, suffix: str) -> str:
    """`stem` + `suffix` where that fits; else the stem cut off, with a digest that keeps it apart."""
    if len((stem + suffix).encode()) <= MAX_NAME_BYTES:
        return stem + suffix
    ending = f"_{hashlib.sha256(stem.encode()).hexdigest()[:8]}{suffix}"
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending
