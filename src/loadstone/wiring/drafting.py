"""From what a survey found to the text of a `pipeline.yaml`."""

from __future__ import annotations

import os
from pathlib import Path

from loadstone.config.draft import DatasetDraft, Draft, draft_text
from loadstone.wiring.survey import Survey, SurveyedDataset

__all__ = ["written"]


def written(found: Survey, target: Path) -> str:
    """The file's text, for a file at `target`: a folder is named relative to it."""
    source = found.source
    if not source.startswith("s3://"):
        source = Path(os.path.relpath(source, target.absolute().parent)).as_posix()
    return draft_text(Draft(source, [_draft(one) for one in found.datasets], found.left_out))


def _draft(one: SurveyedDataset) -> DatasetDraft:
    return DatasetDraft(
        name=one.group.name,
        pattern=one.group.pattern,
        about=(_about(one), *one.notes),
        columns=one.columns,
        evidence=one.evidence or {},
        dialect=one.dialect or {},
        key=one.key,
        key_evidence=one.key_evidence,
        error=one.error,
    )


def _about(one: SurveyedDataset) -> str:
    files, looked_at = len(one.group.keys), len(one.looked_at)
    rows = f"{one.rows:,} row{'s' * (one.rows != 1)}"
    if files == 1:
        return f"{rows} looked at"
    some = "all" if looked_at == files else f"{looked_at:,}"
    return f"{files:,} files match; {rows} of {some} of them looked at"
