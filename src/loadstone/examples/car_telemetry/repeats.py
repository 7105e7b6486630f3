"""Which earlier readings come again: a sample of all that were accepted, so that repeats lie far apart."""

from __future__ import annotations

import random
from collections.abc import Sequence

from loadstone.examples.car_telemetry.fleet import Reading

__all__ = ["Repeatable", "Repeats"]

_CAPACITY = 2_048
_NEW_PER_BATCH = 8


class Repeatable:
    """A key that may come again.

    Attributes:
        reading: its newest reading.
        file_number: the file in which that stands.
    """

    __slots__ = ("file_number", "reading")

    def __init__(self, reading: Reading, file_number: int) -> None:
        self.reading = reading
        self.file_number = file_number


class Repeats:
    """Keeps a bounded sample of the keys written so far, over all files.

    A key that leaves the sample is never repeated again, so that what is known of the others stays true.
    """

    def __init__(self, generator: random.Random) -> None:
        self._random = generator
        self._kept: list[Repeatable] = []
        self._by_key: dict[tuple[str, str | None], Repeatable] = {}

    def pick(self, earlier: Sequence[Reading], file_number: int) -> Repeatable | None:
        """A key written before: from the sample or from `earlier`, a few readings of this batch."""
        from_sample = self._kept and (not earlier or self._random.random() < 0.5)  # noqa: PLR2004  # a coin
        if from_sample:
            return self._random.choice(self._kept)
        return self._keep(self._random.choice(earlier), file_number) if earlier else None

    def end_batch(self, accepted: Sequence[Reading], file_number: int) -> None:
        """Takes some of a batch's accepted readings into the sample, lets as many of the old ones go."""
        for reading in self._random.sample(accepted, min(_NEW_PER_BATCH, len(accepted))):
            self._keep(reading, file_number)
        while len(self._kept) > _CAPACITY:
            position = self._random.randrange(len(self._kept))
            self._kept[position], self._kept[-1] = self._kept[-1], self._kept[position]
            gone = self._kept.pop().reading
            del self._by_key[gone.timestamp, gone.profile.device_id]

    def _keep(self, reading: Reading, file_number: int) -> Repeatable:
        key = reading.timestamp, reading.profile.device_id
        known = self._by_key.get(key)
        if known is None:
            known = self._by_key[key] = Repeatable(reading, file_number)
            self._kept.append(known)
        return known
