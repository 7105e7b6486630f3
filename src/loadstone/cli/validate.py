"""`loadstone validate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loadstone.cli.failures import EXIT_FAILED
from loadstone.cli.figures import count, size
from loadstone.cli.options import Settings, everywhere
from loadstone.cli.output import emit, emit_json, error_line, hint_line, table_lines, visible
from loadstone.errors import ConfigurationError

if TYPE_CHECKING:
    from loadstone.errors import LoadstoneError
    from loadstone.model.contract import Column
    from loadstone.model.pipeline import Pipeline
    from loadstone.wiring.inspection import DatasetFiles

__all__ = ["validate"]

_SHOWN_FILES = 3

_EXAMPLES = """\b
A pipeline.yaml:
  source: s3://acme-landing            # or a folder; a relative one lies beside this file
  destination: ${DATABASE_URL}         # left out: the embedded database
  datasets:
    orders:
      files: "orders/*.csv"
      table: sales.orders
      mode: merge
      key: order_id
      columns:
        order_id: {type: bigint, required: true}
        amount: {type: "numeric(12,2)", range: [0, null]}

\b
Examples:
  loadstone validate
  loadstone validate --offline -f other/pipeline.yaml
"""


@click.command(epilog=_EXAMPLES)
@click.option("--offline", is_flag=True, help="Do not look which files the source holds.")
@everywhere
def validate(settings: Settings, offline: bool) -> int:
    """Check pipeline.yaml, and say what each dataset will do: files, table, mode, columns and their rules.

    Every mistake is shown with its line and column. Where the pipeline has a source, the files that match
    now are counted; no database is needed.
    """
    from loadstone.wiring.inspection import inspect, matching_files  # noqa: PLC0415 - brings PyYAML

    file = settings.pipeline_file
    if file is None:
        hint = "write one, or name it with --file; `loadstone validate --help` shows what one looks like"
        raise ConfigurationError("there is no such file", where="pipeline.yaml", hint=hint)
    pipeline = inspect(file)
    datasets, trouble = matching_files(pipeline, look=not offline)
    if settings.json:
        emit_json(_document(file, pipeline, datasets, trouble))
    else:
        for line in _lines(pipeline, datasets):
            emit(line)
        emit(f"{visible(str(file))} is valid: {count(len(datasets), 'dataset')}", fg="green")
    failures = [*_shared(datasets)]
    if not settings.json:
        if trouble is not None:
            error_line(trouble.what, trouble.where)
            hint_line(trouble.hint or "validate --offline leaves the source alone")
        for what, where in failures:
            error_line(what, where)
            hint_line("make the `files` patterns exclude one another")
    return EXIT_FAILED if trouble is not None or failures else 0


def _shared(datasets: list[DatasetFiles]) -> Iterator[tuple[str, str]]:
    for one in datasets:
        if one.shared:
            first = one.shared[0]
            others = "matches" if len(one.shared) == 1 else "match"
            yield f"{count(len(one.shared), 'file')} {others} another dataset, too, such as {first}", one.name


def _lines(pipeline: Pipeline, datasets: list[DatasetFiles]) -> Iterator[str]:
    yield f"pipeline {pipeline.name}: from {pipeline.source or 'the files that are named'}"
    for one in datasets:
        dataset = one.dataset
        yield ""
        yield f"{visible(one.name)}: {', '.join(map(visible, dataset.files))} -> {dataset.table or one.name}"
        yield f"  {_mode(one)}; reject limit {dataset.reject_limit}; unknown columns: {dataset.contract}"
        if one.files is not None:
            yield f"  {_files(one)}"
        rows = [
            (f"  {column.name}", str(column.type), _from(column), _rules(column)) for column in one.columns
        ]
        if rows:
            yield from table_lines(("  column", "type", "from", "rules"), rows)


def _mode(one: DatasetFiles) -> str:
    dataset = one.dataset
    parts = [f"mode {dataset.mode}"]
    if dataset.key:
        parts.append(f"by {', '.join(dataset.key)}")
    if dataset.order_by:
        parts.append(f"in the order of {dataset.order_by}")
    if dataset.mode != "replace":
        parts.append(f"a changed file: {dataset.overwrite}")
    return ", ".join(parts)


def _files(one: DatasetFiles) -> str:
    files = one.files or ()
    if not files:
        return "no file matches now"
    names = [visible(file.key) for file in files[:_SHOWN_FILES]]
    more = ", ..." if len(files) > _SHOWN_FILES else ""
    total = size(sum(file.size for file in files))
    return f"{count(len(files), 'file')} ({total}) {'matches' if len(files) == 1 else 'match'} now: " + (
        ", ".join(names) + more
    )


def _from(column: Column) -> str:
    if column.constant is not None:
        return f"constant {column.constant!r}"
    if column.metadata is not None:
        return f"the object's {column.metadata}"
    if column.split is not None:
        return f"{column.source}, part {column.split.index + 1} of {column.split.parts}"
    return "" if column.source == column.name else str(column.source)


def _rules(column: Column) -> str:
    rules = ["required"] if column.required else []
    if column.minimum is not None or column.maximum is not None:
        rules.append(f"{column.minimum or '...'} to {column.maximum or '...'}")
    if column.max_length is not None:
        rules.append(f"at most {column.max_length:,} characters")
    if column.values is not None:
        rules.append("one of " + ", ".join(column.values))
    if column.pattern is not None:
        rules.append(f"matches {column.pattern}")
    if column.otherwise.action != "reject":
        rules.append(f"otherwise {'NULL' if column.otherwise.action == 'null' else column.otherwise.value}")
    if column.null_values:
        rules.append("NULL if " + ", ".join(map(repr, column.null_values)))
    if column.default is not None:
        rules.append(f"default {column.default!r}")
    return "; ".join(rules)


def _document(
    file: Path | str, pipeline: Pipeline, datasets: list[DatasetFiles], trouble: LoadstoneError | None
) -> dict[str, Any]:
    shared = [what for what, _ in _shared(datasets)]
    return {
        "file": str(file),
        "valid": True,
        "name": pipeline.name,
        "source": pipeline.source,
        "datasets": [_dataset_json(one) for one in datasets],
        "error": str(trouble) if trouble is not None else (shared[0] if shared else None),
    }


def _dataset_json(one: DatasetFiles) -> dict[str, Any]:
    dataset = one.dataset
    return {
        "name": one.name,
        "files": list(dataset.files),
        "table": dataset.table or one.name,
        "mode": dataset.mode,
        "key": list(dataset.key),
        "on_overwrite": None if dataset.mode == "replace" else dataset.overwrite,
        "reject_limit": str(dataset.reject_limit),
        "contract": dataset.contract,
        "columns": [
            {"name": c.name, "type": c.type.sql, "source": c.source, "rules": _rules(c)} for c in one.columns
        ],
        "matching": None if one.files is None else [{"key": f.key, "bytes": f.size} for f in one.files],
    }
