"""A first `pipeline.yaml`, written for people: every choice has its reason beside it as a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loadstone.core.decisions import told_decisions
from loadstone.model.annotations import fields, members, words
from loadstone.model.contract import Column
from loadstone.model.pipeline import Format

__all__ = ["DatasetDraft", "Draft", "draft_text"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: YAML 1.1 takes these for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """A dataset as it is to be written.

    Attributes:
        name: its name and its table's.
        pattern: of its files.
        about: comments in front of it.
        columns: with their types.
        evidence: column -> why.
        dialect: as decided from the files.
        key: of the merge; nothing for `append`.
        key_evidence: why.
        error: why it cannot be written, but as a comment.
    """

    name: str
    pattern: str
    about: Sequence[str] = ()
    columns: Sequence[Column] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    dialect: Mapping[str, object] = field(default_factory=dict)
    key: Sequence[str] = ()
    key_evidence: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The whole file."""

    source: str
    datasets: Sequence[DatasetDraft]
    left_out: Sequence[str] = ()


def draft_text(draft: Draft) -> str:
    """The file's text."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield "# Written by `loadstone init` from what the files show; the reasons stand beside the choices."
    yield "# Below a `format:` stands what was decided about the files, how surely, and why."
    yield "# `loadstone validate` checks this file, `loadstone plan` shows what a load would do."
    yield ""
    yield f"source: {_text(draft.source)}"
    yield "# destination: ${DATABASE_URL}   # left out: --to, the environment, or the embedded database"
    for key in draft.left_out:
        yield f"# left out, its name does not say what it holds: {_comment(key)}"
    yield ""
    yield "datasets:"
    for dataset in draft.datasets:
        yield from _dataset(dataset)


def _dataset(dataset: DatasetDraft) -> Iterator[str]:
    if dataset.error is not None:
        yield f"  # {_comment(dataset.pattern)} cannot be read: {_comment(dataset.error)}"
        return
    yield f"  {_key(dataset.name)}:"
    yield f"    files: [{_text(dataset.pattern)}]" + _beside(dataset.about[0] if dataset.about else "")
    yield from (f"    # {_comment(note)}" for note in dataset.about[1:])
    if dataset.key:
        yield "    mode: merge"
        yield f"    key: [{', '.join(map(_text, dataset.key))}]" + _beside(dataset.key_evidence)
    else:
        yield "    mode: append" + _beside(dataset.key_evidence)
    yield from _format(dataset.dialect)
    if not dataset.columns:
        return
    yield "    columns:"
    for column in dataset.columns:
        settings = [f"type: {_text(column.type.sql)}"]
        if len(column.formats) == 1:
            settings.append(f"format: {_text(column.formats[0])}")
        elif column.formats:
            settings.append(f"formats: [{', '.join(map(_text, column.formats))}]")
        if column.decimal != ".":
            settings.append(f"decimal: {_text(column.decimal)}")
        name = _key(column.source or column.name)
        yield f"      {name}: {{{', '.join(settings)}}}" + _beside(dataset.evidence.get(column.name, ""))


def _format(dialect: Mapping[str, object]) -> Iterator[str]:
    """What was decided of the format and is not the default; what `format:` does not take stays a comment."""
    settings = {}
    if dialect.get("format") in _formats():
        settings["type"] = _text(str(dialect["format"]))
    defaults = Format.at_defaults()
    for name in Format.__struct_fields__:
        value = dialect.get(name)
        if value is None or name == "type" or value == getattr(defaults, name):
            continue
        if isinstance(value, bool | int):
            settings[name] = str(value).lower()
        elif isinstance(value, str):
            settings[name] = _text(value)
    if settings.get("quote") == _text('"'):
        del settings["quote"]
    if settings:
        inside = ", ".join(f"{name}: {value}" for name, value in settings.items())
        yield f"    format: {{{inside}}}" + _beside("as found in the files")
    told = [(one.name, one.value, one.confidence, one.evidence) for one in told_decisions(dialect)]
    widths = [max(map(len, column)) for column in zip(*told, strict=True)][:3]
    for name, value, confidence, evidence in told:
        cells = f"{name:<{widths[0]}}  {value:<{widths[1]}}  {confidence:>{widths[2]}}  {evidence}"
        yield f"    #   {_comment(cells)}"


def _formats() -> set[str]:
    return {word for member in members(fields(Format)["type"].type) for word in words(member)}


def _text(value: str) -> str:
    """A scalar that is read back as this very text."""
    return _key(value.replace("${", "$${"))


def _key(value: str) -> str:
    """The same for a key, in which nothing is taken from the environment."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _beside(comment: str) -> str:
    return f"  # {_comment(comment)}" if comment else ""


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
