"""A notification before it is put into words: what it is about, and its figures."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from loadstone.model.load import LoadRecord
from loadstone.model.notify import NotifyKind

__all__ = ["NOTICE_FIELDS", "NO_FIGURES", "Claim", "Notice", "ToldLoad"]

#: What a template may name -> what it is. Texts are empty and numbers 0 where there is nothing to say.
NOTICE_FIELDS: Mapping[str, str] = {
    "kind": "landed, loaded, failed, rejects_over, nothing_by or volume_off",
    "pipeline": "the pipeline's name",
    "dataset": "the dataset's name",
    "table": "the table, as the catalog names it",
    "uri": "the object",
    "key": "its key in the bucket, or its path below the folder",
    "state": "of the load: loaded, failed, replaced",
    "load_id": "the load's number in the ledger",
    "rows_read": "rows in the file",
    "rows_loaded": "rows that the table holds: inserted, updated, unchanged",
    "rows_inserted": "rows that were new",
    "rows_updated": "rows that changed others",
    "rows_unchanged": "rows that were there already",
    "rows_deduplicated": "rows that lost to a later one of the same key",
    "rows_discarded": "rows that the contract left out",
    "rows_rejected": "rows that did not fit",
    "rejected_share": "of the rows read, from 0 to 1; write {rejected_share:.1%}",
    "cells_repaired": "cells that a rule changed",
    "usual_rows": "volume_off: the median of the dataset's earlier loads, or days",
    "day": "volume_off, where whole days are compared: which one",
    "bytes": "of the object, as stored",
    "seconds": "that the load took",
    "attempt": "1, and one more for each failed attempt before",
    "error": "why it failed",
    "error_code": "the same as a short stable name",
    "finished_at": "when the load ended, in ISO 8601",
    "due": "nothing_by: the time by which something was expected, in ISO 8601",
    "last_loaded_at": "nothing_by: when something was loaded last, in ISO 8601",
}

_NUMBERS = {
    "load_id": 0, "rows_read": 0, "rows_loaded": 0, "rows_inserted": 0, "rows_updated": 0,
    "rows_unchanged": 0, "rows_deduplicated": 0, "rows_discarded": 0, "rows_rejected": 0,
    "rejected_share": 0.0, "cells_repaired": 0, "usual_rows": 0.0, "bytes": 0, "seconds": 0.0, "attempt": 0,
}  # fmt: skip

#: Each field with what stands for nothing: templates are tried with these, and so may rely on the types.
NO_FIGURES: Mapping[str, str | int | float] = {name: _NUMBERS.get(name, "") for name in NOTICE_FIELDS}


class Notice(Struct, frozen=True):
    """What a target is to be told.

    Attributes:
        kind: what it is about.
        dataset: of which dataset.
        load_id: of which load; None for what is not about one.
        fields: the values of `NOTICE_FIELDS`.
        template: of the message; None for the kind's own.
        due: of what is not about a load, in ISO 8601: tells one day's from the next.
    """

    kind: NotifyKind
    dataset: str
    load_id: int | None
    fields: Mapping[str, str | int | float]
    template: str | None = None
    due: str | None = None

    @property
    def identity(self) -> str:
        """The same for each try of one notification, so that a receiver can tell a second copy."""
        about = str(self.load_id) if self.load_id is not None else f"{self.dataset}:{self.due}"
        return f"{self.fields['pipeline']}:{about}:{self.kind}"


class ToldLoad(Struct, frozen=True):
    """A load as notifications look at it.

    Attributes:
        record: its row in the ledger.
        earlier: the rows that loads of the dataset before it brought, oldest first; none where nobody asked,
            or where days are compared.
    """

    record: LoadRecord
    earlier: tuple[int, ...] = ()


class Claim(Struct, frozen=True):
    """The right to send one notification, for as long as its lease.

    Attributes:
        number: of its row.
        attempt: from 1; what another attempt has claimed since is not touched.
    """

    number: int
    attempt: int
