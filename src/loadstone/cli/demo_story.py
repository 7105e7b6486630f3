"""What happened in the emulated cloud, for the last screen and for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.model.load import LoadOutcome

if TYPE_CHECKING:
    from loadstone.model.load import LoadRecord
    from loadstone.wiring.emulated_cloud import Arrival, DeadLetter

__all__ = ["CloudStory", "outcome_of"]


@dataclass(frozen=True, slots=True)
class CloudStory:
    """The steps of one example in the emulated cloud.

    Attributes:
        bucket: that files were uploaded to.
        queue: the URL of the queue that told of them.
        arrivals: of good files, in order.
        failures: of the bad one, a delivery each.
        letters: the dead letters that it left.
        redriven: what became of the letter, once the file was mended.
        letters_left: dead letters at the end.
    """

    bucket: str
    queue: str
    arrivals: tuple[Arrival, ...]
    failures: tuple[Arrival, ...]
    letters: tuple[DeadLetter, ...]
    redriven: tuple[Arrival, ...]
    letters_left: int

    @property
    def is_right(self) -> bool:
        """Whether each step went as it should."""
        loaded = [one.record.state in {"loaded", "replaced"} for one in (*self.arrivals, *self.redriven)]
        failed = [one.record.state == "failed" for one in self.failures]
        reasons = [letter.reason is not None for letter in self.letters]
        lengths = len(self.letters) == len(self.redriven) == 1
        return all(loaded + failed + reasons) and lengths and self.letters_left == 0

    def as_json(self) -> dict[str, Any]:
        """A part of the command line's contract."""
        return {
            "bucket": self.bucket,
            "queue": self.queue,
            "arrivals": [_arrival(one) for one in self.arrivals],
            "failures": [_arrival(one) for one in self.failures],
            "dead_letters": [
                {
                    "uri": letter.uri,
                    "load_id": letter.load_id,
                    "code": letter.code,
                    "reason": letter.reason,
                }
                for letter in self.letters
            ],
            "redriven": [_arrival(one) for one in self.redriven],
            "dead_letters_left": self.letters_left,
        }


def outcome_of(record: LoadRecord) -> LoadOutcome:
    """A row of the ledger as the answer to a load."""
    ended = record.finished_at or record.started_at
    return LoadOutcome(
        state="loaded" if record.state in {"loaded", "replaced"} else "failed",
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
