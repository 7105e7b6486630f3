"""What happened in the emulated cloud, for the last screen and for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.model.load import LoadOutcome

if TYPE_CHECKING:
    from loadstone.model.load import LoadRecord
    from loadstone.wiring.emulated_cloud import Arrival, DeadLetter

__all__ = ["CloudStory", "outcome_of"]

#: What a load that came to its end is called: a later version may have taken its place since.
_LOADED = {"loaded", "replaced"}


@dataclass(frozen=True, slots=True)
class CloudStory:
    """The steps of one example in the emulated cloud.

    Attributes:
        bucket: that files were uploaded to.
        queue: the URL of the queue that told of them.
        arrivals: of good files, in order.
        failure: of the bad one.
        letters: the dead letters that it left.
        redriven: what became of the letter, once the file was mended.
        letters_left: dead letters at the end.
    """

    bucket: str
    queue: str
    arrivals: tuple[Arrival, ...]
    failure: Arrival
    letters: tuple[DeadLetter, ...]
    redriven: Arrival
    letters_left: int

    @property
    def is_right(self) -> bool:
        """Whether each step went as it should."""
        loaded = all(one.record.state in _LOADED for one in (*self.arrivals, self.redriven))
        reasons = [letter.reason for letter in self.letters]
        failed = self.failure.record.state == "failed" and len(reasons) == 1 and all(reasons)
        return loaded and failed and self.letters_left == 0

    def as_json(self) -> dict[str, Any]:
        """A part of the command line's contract."""
        return {
            "bucket": self.bucket,
            "queue": self.queue,
            "arrivals": [_arrival(one) for one in self.arrivals],
            "failure": _arrival(self.failure),
            "dead_letters": [
                {
                    "uri": letter.uri,
                    "load_id": letter.load_id,
                    "code": letter.code,
                    "reason": letter.reason,
                }
                for letter in self.letters
            ],
            "redriven": _arrival(self.redriven),
            "dead_letters_left": self.letters_left,
        }


def outcome_of(record: LoadRecord) -> LoadOutcome:
    """A row of the ledger as the answer to a load."""
    ended = record.finished_at or record.started_at
    return LoadOutcome(
        state="loaded" if record.state in _LOADED else "failed",
        uri=record.uri,
        dataset=record.dataset,
        table=record.table,
        load_id=record.load_id,
        counts=record.counts,
        bytes=record.size_bytes or 0,
        seconds=(ended - record.started_at).total_seconds(),
        error=record.error,
        error_code=record.error_code,
        dialect=record.dialect,
    )


def _arrival(arrival: Arrival) -> dict[str, Any]:
    return {
        **outcome_of(arrival.record).as_json(),
        "seconds_to_commit": round(arrival.seconds_to_commit, 3),
        "seconds_to_notification": round(arrival.seconds_to_notification, 3),
    }
