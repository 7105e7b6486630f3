"""Which notifications a load asks for, when something was due, and the words of it all."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from loadstone.core.cell_content import without_cells
from loadstone.core.volume import usual_rows, volume_off
from loadstone.model.notice import NO_FIGURES, Notice, ToldLoad
from loadstone.model.notify import NothingBy, NotifyKind, NotifyOn, NotifyTarget, Weekday

__all__ = [
    "about_day",
    "about_load",
    "about_nothing",
    "field_names",
    "kinds_for",
    "last_due",
    "message",
    "subject",
    "template_problem",
]

_WORDS: dict[NotifyKind, str] = {
    "landed": "{dataset}: {uri} landed ({bytes:,} bytes); it is {state} as load {load_id}",
    "loaded": "{dataset}: {uri} loaded into {table}: {rows_loaded:,} rows, {rows_rejected:,} rejected, "
    "{seconds:.1f} s (load {load_id})",
    "failed": "{dataset}: {uri} failed: {error} (load {load_id}, attempt {attempt})",
    "rejects_over": "{dataset}: {rows_rejected:,} of {rows_read:,} rows of {uri} were rejected "
    "({rejected_share:.1%}); see `loadstone rejects {load_id}`",
    "nothing_by": "{dataset}: nothing was loaded by {due}; the last load was at {last_loaded_at}",
    "volume_off": "{dataset}: {uri} brought {rows_loaded:,} rows, usual are {usual_rows:,.0f} "
    "(load {load_id})",
}
_WORDS_OF_DAY = (
    "{dataset}: {rows_loaded:,} rows were loaded on {day} (UTC), usual are {usual_rows:,.0f} a day"
)
_NEVER = "no time yet"
_LONGEST_SUBJECT = 99
_WIDEST = 1_000
_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

Escape = Callable[[str], str]


def kinds_for(on: NotifyOn, load: ToldLoad) -> tuple[NotifyKind, ...]:
    """What of `on` holds for a load that ended."""
    return tuple(kind for kind in on.kinds if kind != "nothing_by" and _holds(kind, on, load))


def _holds(kind: NotifyKind, on: NotifyOn, load: ToldLoad) -> bool:
    record = load.record
    if kind == "landed":
        return record.attempt == 1  # an object lands once, however often it is tried
    if kind == "failed":
        return record.state == "failed"
    if kind == "rejects_over" and on.rejects_over is not None:
        return on.rejects_over.exceeded(record.counts.rejected, record.counts.read)
    if record.state not in {"loaded", "replaced"}:
        return False
    if kind == "volume_off" and on.volume_off is not None:
        return volume_off(record.counts.loaded, load.earlier, on.volume_off)
    return kind == "loaded"


def last_due(expected: NothingBy, now: datetime) -> tuple[datetime, datetime]:
    """The last moment by which something was expected, and the one before it: the beginning of its window.

    A time that a change of clocks leaves out is taken an hour later, one that comes twice the first time.
    """
    found = _dues(expected, now)
    return next(found), next(found)


def _dues(expected: NothingBy, now: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(expected.timezone)
    day = now.astimezone(zone).date() + timedelta(days=1)
    while True:
        day -= timedelta(days=1)
        due = datetime.combine(day, time(*expected.hour_and_minute), zone)
        due = due.astimezone(UTC).astimezone(zone)
        if due <= now and _WEEKDAYS[day.weekday()] in expected.days:
            yield due


def about_load(kind: NotifyKind, target: NotifyTarget, load: ToldLoad, *, shows_cells: bool) -> Notice:
    """The notice of a load."""
    record, counts = load.record, load.record.counts
    error = record.error or ""
    fields: Mapping[str, str | int | float] = {
        **NO_FIGURES,
        "kind": kind,
        "pipeline": record.pipeline,
        "dataset": record.dataset,
        "table": record.table,
        "uri": record.uri,
        "key": record.key,
        "state": record.state,
        "load_id": record.load_id,
        **counts.as_json(),
        "rejected_share": counts.rejected / counts.read if counts.read else 0.0,
        "usual_rows": usual_rows(load.earlier) or 0.0,
        "bytes": record.size_bytes or 0,
        "seconds": record.seconds or 0.0,
        "attempt": record.attempt,
        "error": error if shows_cells else without_cells(error, record.error_code),
        "error_code": record.error_code or "",
        "finished_at": _iso(record.finished_at),
    }
    return Notice(kind, record.dataset, record.load_id, fields, target.template)


def about_nothing(
    pipeline: str, dataset: str, target: NotifyTarget, due: datetime, last_loaded: datetime | None
) -> Notice:
    """The notice of what did not come."""
    fields = {
        **NO_FIGURES,
        "kind": "nothing_by",
        "pipeline": pipeline,
        "dataset": dataset,
        "due": due.isoformat(timespec="minutes"),
        "last_loaded_at": _iso(last_loaded and last_loaded.astimezone(due.tzinfo)) or _NEVER,
    }
    return Notice("nothing_by", dataset, None, fields, target.template, due.astimezone(UTC).isoformat())


def about_day(
    pipeline: str, dataset: str, target: NotifyTarget, end: datetime, rows: int, usual: float
) -> Notice:
    """The notice of a day that brought far more or far fewer rows than days do; `end` is its midnight."""
    fields = {
        **NO_FIGURES,
        "kind": "volume_off",
        "pipeline": pipeline,
        "dataset": dataset,
        "rows_loaded": rows,
        "usual_rows": usual,
        "day": (end - timedelta(days=1)).date().isoformat(),
    }
    return Notice("volume_off", dataset, None, fields, target.template, end.astimezone(UTC).isoformat())


def message(notice: Notice, escape: Escape = str) -> str:
    """The notice in words.

    Args:
        notice: what is to be said.
        escape: of the values (not of the template), for where some characters have a meaning.
    """
    words = _WORDS_OF_DAY if notice.fields["day"] else _WORDS[notice.kind]
    template = notice.template if notice.template is not None else words
    fields = {k: escape(v) if isinstance(v, str) else v for k, v in notice.fields.items()}
    return template.format_map(fields)


def subject(notice: Notice) -> str:
    """A line of ASCII of less than 100 characters: what SNS takes for a mail's subject."""
    words = notice.kind.replace("_", " ")
    line = f"loadstone {words}: {notice.fields['pipeline']} {notice.dataset} {notice.fields['key']}".strip()
    plain = "".join(char if char.isascii() and char.isprintable() else "?" for char in line)
    return plain[:_LONGEST_SUBJECT]


def field_names(template: str) -> Iterator[str]:
    """The fields that a template names.

    Raises:
        ValueError: its braces do not match.
    """
    for _, name, specification, _ in string.Formatter().parse(template):
        if name is not None:
            yield name
            yield from field_names(specification or "")


def template_problem(template: str) -> str | None:
    """What is wrong with a template whose fields are all known; None where nothing is."""
    too_wide = "a field is padded to more than a message holds"
    if re.search(r":[^{}]*[0-9]{5}", template):
        return too_wide  # not tried: it could take all memory
    try:
        text = template.format_map(dict(NO_FIGURES))
    except (ValueError, TypeError, OverflowError) as error:
        return str(error)
    return too_wide if len(text) > len(template) + _WIDEST else None


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment is not None else ""
