"""Which files are workbooks: told by their first bytes, and by what is in the archive."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from loadstone.errors import FormatError
from loadstone.platform.unzip import ZIP_MAGICS
from loadstone.readers.naming import named_format
from loadstone.readers.package_intake import PackageIntake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.model.event import ObjectVersion
    from loadstone.model.pipeline import Format
    from loadstone.ports import ByteStream, OpenFile
    from loadstone.readers.workbook import WorkbookKind

__all__ = ["LOOK", "looks_like_workbook", "opened_workbook"]

#: Bytes of a file that tell whether to look for a workbook in it.
LOOK = 128

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: What the first part of an office package is called; files in other archives hardly ever.
_FIRST_PARTS = (b"[content_types].xml", b"_rels/", b"docprops/", b"xl/", b"customxml/", b"mimetype")
_NAME_OFFSET = 30


def looks_like_workbook(head: bytes, version: ObjectVersion, file_format: Format) -> bool:
    """Whether a file that begins so is to be opened as a workbook."""
    if file_format.type is not None:
        return file_format.type == "xlsx"
    if head.startswith(_COMPOUND):
        return True
    if not head.startswith(ZIP_MAGICS):
        return False
    is_named = named_format(version.key)[0] == "xlsx"
    return is_named or head[_NAME_OFFSET:].lower().startswith(_FIRST_PARTS)


@contextmanager
def opened_workbook(stream: ByteStream, version: ObjectVersion, file_format: Format) -> Iterator[OpenFile]:
    """Spools the file and opens it with what reads its kind.

    Raises:
        FormatError: it is no workbook, is encrypted, or is damaged.
        MissingExtra: its kind takes a package that is not installed.
    """
    intake = PackageIntake(stream)
    try:
        from loadstone.readers.workbook import open_workbook  # noqa: PLC0415 - brings its part of the codec

        with open_workbook(intake, _kind(intake, version.uri), version, file_format) as file:
            yield file
    finally:
        intake.close()


def _kind(intake: PackageIntake, where: str) -> WorkbookKind:
    head = intake.spool.read_at(0, len(_COMPOUND))
    if head == _COMPOUND:
        if any(_ENCRYPTED in block for block in intake.spool.blocks()):
            raise FormatError(
                "the workbook is encrypted with a password", where=where, hint="save it without a password"
            )
        return "xls"
    if not head.startswith(ZIP_MAGICS):
        raise FormatError(
            "the file is empty" if not head else f"the file is no workbook; it begins with {head!r}",
            where=where,
            hint="many programs write CSV or HTML under the name of a workbook; "
            "give `format: {type: csv}` if it is delimited text",
        )
    return _kind_of_archive(intake, where)


def _kind_of_archive(intake: PackageIntake, where: str) -> WorkbookKind:
    from zipfile import BadZipFile, ZipFile  # noqa: PLC0415

    try:
        names = {name.lower() for name in ZipFile(intake.spool.open()).namelist()}
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FormatError(
            f"the workbook is truncated or corrupt ({error})",
            where=where,
            hint="the file was cut off, or is still being written; upload it again (`unzip -t` tests one)",
        ) from error
    if "[content_types].xml" in names:
        return "xlsb" if any(name.endswith("workbook.bin") for name in names) else "xlsx"
    if "content.xml" in names:
        return "ods"
    raise FormatError(
        "this is a zip archive, but no workbook",
        where=where,
        hint="unpack it, or give `format: {type: csv}` (or jsonl) if it holds one text file",
    )
