"""Rows that the database itself refuses: which errors mean that, and how the rows are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import psycopg

from loadstone.errors import RejectLimitExceeded
from loadstone.model.batch import Reject
from loadstone.model.pipeline import RejectLimit
from loadstone.postgres.identifiers import quote

__all__ = [
    "explained",
    "is_refusal",
    "line_of",
    "one_line",
    "only_column_of",
    "reason_of",
    "require_few",
    "sift",
]

# Classes of SQLSTATE that say nothing about a row: the connection, features, privileges, transactions,
# syntax and names, resources, the operator's hand, the system. All others do, those of triggers included.
_NOT_OF_A_ROW = frozenset(
    {"00", "01", "02", "03", "08", "0A", "25", "26", "28", "2D", "34", "3D", "3F", "40", "42", "53"}
    | {"55", "57", "58", "72", "F0", "HV", "XX"}
)
_ROW_POLICY = "42501"
_COPY_COLUMN = re.compile(r"^COPY .*, line \d+, column (.+)$", re.MULTILINE)

# After a row was found by the error's own word, this many times as far is tried at once.
_STRIDE = 2
_LEAST_WINDOW = 16


def is_refusal(error: psycopg.Error, *, has_row_security: bool = False) -> bool:
    """Whether an error is about a row, so that the others can go on without it."""
    sqlstate = error.sqlstate
    if not sqlstate:
        return False
    if sqlstate == _ROW_POLICY:
        return has_row_security
    return sqlstate[:2] not in _NOT_OF_A_ROW


def line_of(error: psycopg.Error, table: str) -> int | None:
    """The row's number within its COPY, from 1, where the error's context tells.

    Args:
        error: of the COPY.
        table: its target's name as the catalog has it.
    """
    start = f"COPY {table}, "
    for line in (error.diag.context or "").splitlines():
        if line.startswith(start):
            match = re.match(r"\D*(\d+)", line[len(start) :])
            return int(match[1]) if match else None
    return None


def reason_of(error: psycopg.Error) -> str:
    """PostgreSQL's message with its detail, on one line."""
    diagnosis = error.diag
    text = diagnosis.message_primary or str(error)
    if diagnosis.message_detail:
        text += f" ({diagnosis.message_detail.rstrip('.')})"
    return one_line(text)


def one_line(text: str) -> str:
    """A message without line ends, cut to a length that people read."""
    # What the row held may be megabytes, and is kept as raw text anyway.
    limit = 2_000
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + "..."


def explained(place: Reject, error: psycopg.Error) -> Reject:
    """The reject of a row that the database refused, at a place that is known (or only its row number)."""
    return Reject(
        row_number=place.row_number,
        line_number=place.line_number,
        byte_offset=place.byte_offset,
        byte_length=place.byte_length,
        column=_column_of(error) or place.column,
        code=error.sqlstate or "refused",
        reason=reason_of(error),
        raw=place.raw,
    )


def _column_of(error: psycopg.Error) -> str | None:
    """The column, where the error or the context of its COPY names it."""
    if error.diag.column_name:
        return error.diag.column_name
    match = _COPY_COLUMN.search(error.diag.context or "")
    return match[1] if match else None


def only_column_of(domain: str | None, declared: Mapping[str, str]) -> str | None:
    """The only column of a domain whose constraint an error speaks of.

    Args:
        domain: its bare name, as errors have it.
        declared: column -> its type as it was declared.
    """
    names = [name for name, type_name in declared.items() if _is_of(type_name, domain)]
    return names[0] if len(names) == 1 else None


def _is_of(declared: str, type_name: str | None) -> bool:
    """Whether a type as it was declared is the one that an error calls by its bare name, or its array."""
    if not type_name:
        return False
    bare = declared.removesuffix("[]")
    return bare in {type_name, quote(type_name)} or bare.endswith((f".{type_name}", f".{quote(type_name)}"))


def require_few(refused: int, records: int, limit: RejectLimit, where: str) -> None:
    """Gives a load up whose rows the database refuses too often.

    Args:
        refused: so far.
        records: read from the file.
        limit: the dataset's.
        where: the table.

    Raises:
        RejectLimitExceeded: there are more than the dataset allows.
    """
    if limit.exceeded(refused, records):
        raise RejectLimitExceeded(
            f"the database refused {refused:,} of {records:,} rows so far; the limit is {limit}",
            where=where,
            hint="see the reasons (`loadstone rejects`), or raise reject_limit if so many are expected",
        )


def sift(
    first: int,
    end: int,
    attempt: Callable[[int, int], psycopg.Error | None],
    locate: Callable[[psycopg.Error, int], int | None] = lambda _error, _low: None,
) -> Iterator[tuple[int, psycopg.Error]]:
    """Takes all rows of a range but those that are refused, and yields these.

    Windows halve where a row is refused and double where none is, so k refused rows among n cost about
    k log(n / k) attempts. Where the error tells which row it was, two attempts are enough.

    Args:
        first: the first row.
        end: beyond the last one.
        attempt: takes the rows from one to before the other, or none of them and returns the refusal.
        locate: the row that a refusal speaks of, given the first row of its attempt.
    """
    low, window = first, end - first
    while low < end:
        high = min(low + window, end)
        error = attempt(low, high)
        if error is None:
            low, window = high, window * 2
            continue
        if high - low == 1:
            yield low, error
            low, window = high, 1
            continue
        suspect = locate(error, low)
        if suspect is None or not low <= suspect < high:
            window = (high - low) // 2
            continue
        if suspect > low and attempt(low, suspect) is not None:
            window = max(1, (suspect - low) // 2)
            continue
        error = attempt(suspect, suspect + 1)
        if error is not None:
            yield suspect, error
        window = max(_LEAST_WINDOW, _STRIDE * (suspect - low))
        low = suspect + 1
