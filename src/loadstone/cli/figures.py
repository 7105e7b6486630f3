"""Numbers for people."""

from __future__ import annotations

__all__ = ["count", "duration", "rate", "size"]

_MINUTE, _HOUR = 60, 3600


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `12,345 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(number: float) -> str:
    """Bytes as `512 B`, `1.2 MB`; powers of ten."""
    if number < 1000:  # noqa: PLR2004
        return f"{number:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 999.95 or unit == "TB":  # noqa: PLR2004 - would be printed as 1000.0
            return f"{number:.1f} {unit}"
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """`0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 10 min`."""
    if seconds < 9.995:  # noqa: PLR2004
        return f"{seconds:.2f} s"
    if seconds < _MINUTE - 0.05:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"


def rate(rows: int, seconds: float) -> str:
    """`350,000 rows/s`, to three digits."""
    if seconds <= 0 or rows == 0:
        return "-"
    per_second = rows / seconds
    digits = max(0, len(str(int(per_second))) - 3)
    return f"{round(per_second / 10**digits) * 10**digits:,} rows/s"
