"""Files that belong together by their names: `orders_20230510.csv` and `orders_20230511.csv` are orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loadstone.core.names import COMPRESSION_SUFFIXES, column_name
from loadstone.core.patterns import matches

__all__ = ["Group", "group_files"]

# What differs from one delivery to the next: dates, times, counters, and UUIDs.
_VARYING = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+(?:(?:[-_.:T]|%3A)*[0-9]+)*Z?"
)
#: A number of so many digits is a date or a time, even where one file alone has it in its name.
_DATE_DIGITS = 6
_NAMELESS = "data"


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one dataset.

    Attributes:
        name: of the dataset and its table.
        pattern: a glob that matches these keys and no others.
        keys: in their order.
    """

    name: str
    pattern: str
    keys: tuple[str, ...]


def group_files(keys: Sequence[str]) -> list[Group]:
    """The keys by what their names have in common, in the order of their first keys."""
    by_shape: dict[str, list[str]] = {}
    for key in sorted(keys):
        by_shape.setdefault(_shape(key, "\0"), []).append(key)
    groups = []
    for members in by_shape.values():
        first = members[0]
        is_many = len(members) > 1
        varies = is_many or any(
            len(re.sub(r"\D", "", v[0])) >= _DATE_DIGITS for v in _VARYING.finditer(first)
        )
        pattern = _glob(first) if varies else _escaped(first)
        groups.append(Group(_name(first if not varies else _shape(first, " ")), pattern, tuple(members)))
    return _named_apart([_kept_apart(group, groups) for group in groups])


def _kept_apart(group: Group, groups: Sequence[Group]) -> Group:
    """With the widest pattern that no file of another group matches."""
    others = [key for other in groups if other is not group for key in other.keys]
    narrower = group.pattern.replace("*", "[0-9]*")
    for pattern in (group.pattern, narrower):
        if not any(matches(key, pattern) for key in others) and all(
            matches(key, pattern) for key in group.keys
        ):
            return replace(group, pattern=pattern)
    return replace(group, pattern=_escaped(group.keys[0]), keys=group.keys[:1])


def _named_apart(groups: Sequence[Group]) -> list[Group]:
    taken: set[str] = set()
    out = []
    for group in groups:
        name, number = group.name, 2
        ending = group.keys[0].rpartition("/")[2].partition(".")[2]
        if name in taken:
            name = column_name(f"{group.name}_{ending}")
        while name in taken:
            name, number = f"{group.name}_{number}", number + 1
        taken.add(name)
        out.append(replace(group, name=name))
    return out


def _shape(key: str, stand_in: str) -> str:
    folder, slash, name = key.rpartition("/")
    stem, ending = _split(name)
    return _VARYING.sub(stand_in, folder) + slash + _VARYING.sub(stand_in, stem) + ending


def _glob(key: str) -> str:
    folder, slash, name = key.rpartition("/")
    stem, ending = _split(name)
    parts = [_escaped(part) for part in _VARYING.split(folder)]
    return "*".join(parts) + slash + "*".join(map(_escaped, _VARYING.split(stem))) + _escaped(ending)


def _split(name: str) -> tuple[str, str]:
    """A file's name without its endings, and those: `a.1.csv.gz` is `a.1` and `.csv.gz`."""
    stem, dot, ending = name.rpartition(".")
    if not dot:
        return name, ""
    if "." + ending.lower() in COMPRESSION_SUFFIXES and "." in stem:
        inner, _, before = stem.rpartition(".")
        return inner, f".{before}.{ending}"
    return stem, "." + ending


def _name(shape: str) -> str:
    """From the file's name, else, where that is but a date, from the nearest folder that has a name."""
    folder, _, name = shape.rpartition("/")
    for part in (_split(name)[0], *reversed(folder.split("/"))):
        if re.search(r"[^\W\d_]", part):
            return column_name(part)
    return _NAMELESS


def _escaped(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)
