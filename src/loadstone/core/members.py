"""Keys of files in archives: `in/day.zip!/orders/1.csv` is the file `orders/1.csv` in `in/day.zip`."""

from __future__ import annotations

import re
from typing import NamedTuple

from loadstone.core.patterns import matches

__all__ = ["SEPARATOR", "Member", "is_archive_key", "matches_file", "member_key", "split_member"]

#: Between an archive and what is in it, as in the `jar:` URLs of Java and in virtual file systems.
SEPARATOR = "!/"

_ARCHIVE = ".zip"
_BETWEEN = re.compile(re.escape(_ARCHIVE + SEPARATOR), re.IGNORECASE)


class Member(NamedTuple):
    """A key, URI or pattern that leads into an archive.

    Attributes:
        archive: the part that names the archive.
        name: the part that names the file in it.
    """

    archive: str
    name: str


def split_member(key: str) -> Member | None:
    """The two parts of what leads into an archive; None for what does not."""
    found = _BETWEEN.search(key)
    if found is None or found.end() == len(key):
        return None
    return Member(key[: found.start() + len(_ARCHIVE)], key[found.end() :])


def member_key(archive: str, name: str) -> str:
    """The key (or the URI) of a file in an archive."""
    return f"{archive}{SEPARATOR}{name}"


def is_archive_key(key: str) -> bool:
    """Whether the key's name says that it is an archive, whose files are objects of their own."""
    return key.lower().endswith(_ARCHIVE)


def matches_file(key: str, pattern: str) -> bool:
    """Whether a pattern means a key; one that names an archive means all files in it.

    `*` and `**` do not lead into an archive by themselves: only `!/` does.
    """
    file, wanted = split_member(key), split_member(pattern)
    if file is None:
        return wanted is None and matches(key, pattern)
    if wanted is None:
        return matches(file.archive, pattern)
    return matches(file.archive, wanted.archive) and matches(file.name, wanted.name)
