# ruff: noqa: INP001 - a script
"""Writes the reference from the code: `python docs/reference/generate.py`.

The JSON Schema for editors, and the pages on pipeline.yaml and on the command line. A test compares what is
committed with what this makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from loadstone.cli.application import root
from loadstone.config.schema import pipeline_schema, schema_text

ROOT = Path(__file__).resolve().parents[2]

_CLASSES = {
    "Pipeline": "The file",
    "Dataset": "A dataset",
    "ColumnConfig": "A column",
    "ChildConfig": "A child",
    "Format": "`format`",
    "PartitionBy": "`partition_by`",
    "RejectLimit": "`reject_limit`, written out",
    "Limits": "`limits`",
    "Retention": "`retention`, by kind",
    "NotifyTarget": "A target of `notify`",
    "NotifyOn": "`on`, of a target",
    "NothingBy": "`nothing_by`, written out",
}


def files() -> dict[Path, str]:
    """What is generated: path below the repository's root -> text."""
    return {
        Path("schema/pipeline.schema.json"): schema_text(),
        Path("docs/reference/pipeline-yaml.md"): pipeline_reference(),
        Path("docs/reference/command-line.md"): command_reference(),
    }


def pipeline_reference() -> str:
    """The keys of pipeline.yaml as tables."""
    schema = pipeline_schema()
    lines = [
        "# pipeline.yaml",
        "",
        "Every key but `files` has a default. Unknown keys are errors. Editors complete and check the file",
        "by [the JSON Schema](../../schema/pipeline.schema.json): with the YAML language server, begin it",
        "with `# yaml-language-server: $schema=PATH_OR_URL`.",
        "",
        "Scalars are read as they stand: `no`, `on`, `001`, `12:30` and `2024-01-01` are text where text is",
        "meant. `${NAME}` and `${NAME:-default}` are taken from the environment; `$${` stands for a plain",
        "`${`. A key that is there twice is an error; `&anchors`, `*aliases` and `<<` work.",
    ]
    for name, title in _CLASSES.items():
        definition = schema if name == "Pipeline" else schema["$defs"][name]
        lines += ["", f"## {title}", "", "| key | takes | default | |", "|---|---|---|---|"]
        for key, one in definition["properties"].items():
            default = _default(one) if key not in definition.get("required", ()) else "required"
            lines.append(
                f"| `{key}` | {_takes(one)} | {default} | {one['description'].replace('|', '&#124;')} |"
            )
    return "\n".join(lines) + "\n"


def command_reference() -> str:
    """Every command's help."""
    lines = ["# The command line", "", "What `--help` prints, for every command."]
    with click.Context(root, info_name="loadstone", max_content_width=100, terminal_width=100) as context:
        for path, command in _commands(root, context):
            lines += ["", f"## {path}", "", "```text", _help(command, path), "```"]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield context.command_path, group
    for name in group.list_commands(context):
        command = group.get_command(context, name) or group
        with click.Context(command, info_name=name, parent=context) as inner:
            if isinstance(command, click.Group):
                yield from _commands(command, inner)
            else:
                yield inner.command_path, command


def _help(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
    context.help_option_names = ["-h", "--help"]
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines()).rstrip()


def _takes(schema: dict[str, Any]) -> str:  # noqa: PLR0911 - one answer for each kind of schema
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_takes(one) for one in schema["anyOf"] if one.get("type") != "null"))
    if "$ref" in schema:
        return "keys, see below"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return "keys, see below" if "object" in kind else "a value"
    if kind == "array":
        inner = schema.get("items") or {"type": "string"}
        return "a list" if "prefixItems" in schema else f"a list of {_takes(inner)}"
    if kind == "object":
        return "name: keys"
    return {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true, false"}[
        kind
    ]


def _default(schema: dict[str, Any]) -> str:
    value = schema.get("default")
    if isinstance(value, dict) and value.get("share") is not None:
        return f"`{value['share'] * 100:g}%`"
    if value is None or value in ([], {}) or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    for path, text in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
        print(path)  # noqa: T201
