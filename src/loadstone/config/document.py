"""pipeline.yaml as plain data, with the place of every key and value, and nothing guessed.

YAML, but strict: a key twice is an error; `no`, `on`, `12:30`, `2024-01-01` and `007` are the text that they
look like; tags are refused; `${VARIABLE}` is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from loadstone.config.environment import UnsetVariable, expand, has_variable
from loadstone.config.problem import Place, Problem
from loadstone.model.annotations import Alternatives, is_model, of_scalar, within
from loadstone.model.configured import Configured
from loadstone.model.mistake import Path, path_text

__all__ = ["Document", "parse"]

#: Aliases can make a small file a huge document.
_MOST_NODES = 100_000

_TEXT_TAG = "tag:yaml.org,2002:str"
_NODE_TAGS = {_TEXT_TAG, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


@dataclass(slots=True)
class Document:
    """What a file says.

    Attributes:
        data: mappings, lists, text, numbers, booleans, None.
        keys: where the key at the end of each path stands.
        values: where the value at each path begins.
        problems: what could not be read.
    """

    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path, *, key: bool = False) -> Place | None:
        """Where a path stands, or the nearest of what it lies in."""
        if key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), 0, -1):
            if path[:length] in self.values:
                here = self.values[path[:length]]
                return here if length == len(path) else self.keys.get(path[:length], here)
        return self.values.get(())


class _Loader(yaml.SafeLoader):
    """Composes nodes; decides nothing about plain scalars."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's name


def parse(
    text: str,
    wanted: type[Configured],
    environment: Mapping[str, str],
    *,
    late: frozenset[Path] = frozenset(),
) -> Document:
    """Reads a document that is to become `wanted`; never raises for what the text says.

    Args:
        text: of the whole file.
        wanted: the model.
        environment: for `${VARIABLE}`.
        late: paths whose unset variables are left as they are, for whoever comes to need them.
    """
    document = Document()
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        place = Place(mark.line + 1, mark.column + 1) if mark else None
        document.problems.append(Problem(place, f"not valid YAML: {what}", _yaml_hint(what)))
    except yaml.YAMLError as error:
        document.problems.append(Problem(None, "not valid YAML: " + str(error).splitlines()[0]))
    except RecursionError:
        document.problems.append(Problem(None, "not valid YAML: nested too deep"))
    except ValueError:  # PyYAML lets it through
        document.problems.append(Problem(None, r"not valid YAML: an escape \U... names no character"))
    else:
        if node is not None:
            document.data = _Builder(document, environment, late).value(node, (), (wanted,))
    return document


def _yaml_hint(what: str) -> str | None:
    if "'\\t'" in what:
        return "indent with spaces, not with tabs"
    if "expected ',' or '}', but got '{'" in what:
        return 'quote ${VARIABLE} within braces: {key: "${VARIABLE}"}'
    if "mapping values are not allowed" in what:
        return "quote a value that contains ': '"
    if "found character '%'" in what or "found character '@'" in what or "found character '`'" in what:
        return "quote a value that begins with a special character"
    return None


class _Builder:
    """Nodes into data."""

    def __init__(self, document: Document, environment: Mapping[str, str], late: frozenset[Path]) -> None:
        self._document = document
        self._environment = environment
        self._late = late
        self._nodes = 0
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path, wanted: Alternatives) -> Any:
        place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        self._document.values[path] = place
        self._nodes += 1
        if any(outer is node for outer in self._open):
            return self._problem(place, path, "contains itself")
        if self._nodes > _MOST_NODES:
            if self._nodes == _MOST_NODES + 1:
                self._problem(place, path, "the document is too large: aliases repeat its parts too often")
            return None
        if node.tag not in _NODE_TAGS:
            return self._problem(place, path, f"the tag {node.tag} is not known", "leave the tag out")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place, path, wanted)
        self._open.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, i), within(wanted, i)) for i, item in enumerate(node.value)]
            return self._mapping(node, path, wanted) if isinstance(node, yaml.MappingNode) else None
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path, wanted: Alternatives) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in self._merged(node, path):
            place = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(place, path, "a key must be text")
                continue
            key: str = key_node.value
            here = (*path, key)
            if key in out:
                first = self._document.keys[here]
                self._problem(
                    place, here, "the key is here twice", f"it is first given in line {first.line:,}"
                )
                continue
            self._document.keys[here] = place
            out[key] = self.value(value_node, here, within(wanted, key))
        return out

    def _merged(self, node: yaml.MappingNode, path: Path) -> list[tuple[yaml.Node, yaml.Node]]:
        """The mapping's pairs, and those of `<<:` that it does not give itself."""
        own = [pair for pair in node.value if not _is_merge(pair[0])]
        taken = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
        for key, value in (pair for pair in node.value if _is_merge(pair[0])):
            for base in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(base, yaml.MappingNode) or base is node:
                    place = Place(key.start_mark.line + 1, key.start_mark.column + 1)
                    self._problem(place, path, "<< takes an alias of a mapping")
                    continue
                more = [pair for pair in base.value if pair[0].value not in taken and not _is_merge(pair[0])]
                taken |= {pair[0].value for pair in more}
                own = more + own
        return own

    def _scalar(self, node: yaml.ScalarNode, place: Place, path: Path, wanted: Alternatives) -> Any:
        text: str = node.value
        if has_variable(text):
            try:
                text = expand(text, self._environment)
            except UnsetVariable as error:
                if path in self._late:
                    return text
                hint = f"export {error.name}=..., or give a default: ${{{error.name}:-...}}"
                return self._problem(place, path, str(error), hint)
            except ValueError as error:
                return self._problem(place, path, str(error), "write $${ where ${ is meant as it stands")
        return text if node.style is not None else _plain(text, wanted)

    def _problem(self, place: Place, path: Path, what: str, hint: str | None = None) -> None:
        where = path_text(path)
        self._document.problems.append(Problem(place, f"{where}: {what}" if where else what, hint))


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and key.style is None


def _plain(text: str, wanted: Alternatives) -> Any:
    """What an unquoted scalar is, given what is wanted in its place."""
    kinds = of_scalar(wanted)
    is_text = str in kinds and not kinds & {int, float, bool}
    if text in _NULLS and (kinds & {type(None), Any} or not is_text or not text):
        empty_mapping = any(kind is dict or is_model(kind) for kind in kinds) and type(None) not in kinds
        return {} if empty_mapping else None
    if is_text or Any in kinds:
        return text
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not _LEADING_ZERO.fullmatch(text):
        return float(text)
    return text
