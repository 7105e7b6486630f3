"""How an attempt ended, put into the answer that callers get."""

from __future__ import annotations

from loadstone.core.planning import Planned
from loadstone.errors import (
    AuthenticationFailed,
    LoadstoneError,
    SchemaVersionError,
    SecretError,
    ServerNotTrusted,
    Transient,
)
from loadstone.executor.tally import Tally
from loadstone.model.load import Layout, LoadOutcome, LoadRequest
from loadstone.ports import Admission

__all__ = ["PASSING", "answered", "failed", "loaded"]

#: Nothing that the object is to blame for: it loads once the password, or the program, is the right one.
PASSING = (Transient, AuthenticationFailed, SchemaVersionError, SecretError, ServerNotTrusted)


def loaded(request: LoadRequest, load_id: int, tally: Tally, layout: Layout, planned: Planned) -> LoadOutcome:
    """The rows are in."""
    return LoadOutcome(
        state="loaded",
        uri=request.version.uri,
        dataset=request.dataset,
        table=request.table,
        load_id=load_id,
        counts=tally.counts,
        bytes=tally.source_bytes,
        dialect=layout.dialect,
        columns=tuple(
            {"source": column.source, "name": column.name, "type": column.type.sql}
            for column in planned.plan.columns
        ),
        notes=(*planned.notes, *tally.notes),
        evidence=planned.evidence,
        children=tally.children,
    )


def answered(request: LoadRequest, admission: Admission) -> LoadOutcome:
    """Somebody else has done it, does it, or did a newer one."""
    return LoadOutcome(
        state=admission.state or "skipped",
        uri=request.version.uri,
        dataset=request.dataset,
        table=request.table,
        load_id=admission.load_id,
        notes=(admission.reason,) if admission.reason else (),
    )


def failed(request: LoadRequest, error: LoadstoneError) -> LoadOutcome:
    """It did not work, and another try would not either, or enough were made."""
    return LoadOutcome(
        state="failed",
        uri=request.version.uri,
        dataset=request.dataset,
        table=request.table,
        load_id=error.load_id,
        error=_below(request.version.uri, str(error)),
        error_code=error.code,
        hint=error.hint,
        is_transient=isinstance(error, PASSING),
    )


def _below(uri: str, text: str) -> str:
    """What an error says beyond the object's name, which stands in an answer anyway."""
    rest = text.removeprefix(uri)
    return rest.lstrip(": ") if rest[:1] in {":", " "} else text
