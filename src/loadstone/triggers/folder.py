"""A watched folder: looked at every second, each file an event once it has come to rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from random import Random

from msgspec import Struct

from loadstone.model.event import Event, ObjectVersion
from loadstone.platform.retry import Backoff
from loadstone.ports import Clock, Refusal

__all__ = ["FolderTrigger"]

#: How long a file that failed for now is left alone: half of it certain, half of it random.
_AGAIN = Backoff(first=5.0, longest=300.0)
#: After so many, a file that does not come to rest is left to the next pass.
_MOST_LOOKS = 5


class _Seen(Struct):
    """A version of a file that was not handed on yet, and since when it has looked so."""

    identity: str
    since: float


class FolderTrigger:
    """A `ports.Trigger` over a folder, by looking at it again and again.

    A file counts once its size and time of modification have stayed the same for a moment, or its time is
    that old when it is first seen: who moves a file in needs no patience. What is refused is left alone until
    it changes.

    Args:
        bucket: the folder's absolute path.
        look: lists the files that count.
        known: key -> identity of what was acted upon before; what is no longer there has been removed since.
        clock: its sleep ends when the worker drains.
        interval: seconds between two looks.
        rest: seconds for which a file must have stayed as it is.
        waits_for_rest: look some more times while there is nothing but files that may still be written to.
        random: of the jitter.
    """

    def __init__(
        self,
        bucket: str,
        look: Callable[[], Iterable[ObjectVersion]],
        known: Mapping[str, str],
        clock: Clock,
        *,
        interval: float = 1.0,
        rest: float = 1.0,
        waits_for_rest: bool = False,
        random: Random | None = None,
    ) -> None:
        self._bucket = bucket
        self._look = look
        self._known: dict[str, str] = dict(known)
        self._clock = clock
        self._interval = interval
        self._rest = rest
        self._looks = _MOST_LOOKS if waits_for_rest else 1
        self._random = random or Random()  # noqa: S311 - jitter
        self._seen: dict[str, _Seen] = {}
        self._at_work: set[str] = set()
        self._failures: dict[str, tuple[int, float]] = {}
        self._ready: list[FolderDelivery] = []
        self._looked: float | None = None

    def receive(self, limit: int, *, is_idle: bool = False) -> Sequence[FolderDelivery]:  # noqa: ARG002
        """What landed, changed or went; oldest first. Looks for what is next where nothing is left.

        Raises:
            ObjectMissing: the folder itself is gone.
            AccessDenied: it may not be read.
        """
        for look in range(self._looks):
            if self._ready or (look and not self._seen):
                break
            if self._looked is not None:
                self._clock.sleep(max(0.0, self._looked + self._interval - self._clock.monotonic()))
            self._scan()
            self._looked = self._clock.monotonic()
        taken, self._ready = self._ready[:limit], self._ready[limit:]
        return taken

    def check(self) -> None:
        """Looks at the folder."""
        next(iter(self._look()), None)

    def close(self) -> None:
        """Nothing is held."""

    def settle(self, key: str, identity: str | None) -> None:
        """It was acted upon, or refused: nothing more until it changes."""
        self._failures.pop(key, None)
        if identity is None:
            self._known.pop(key, None)
        else:
            self._known[key] = identity
        self._at_work.discard(key)

    def put_again(self, key: str) -> None:
        """It is handed on again after a while."""
        failures = self._failures.get(key, (0, 0.0))[0] + 1
        ceiling = _AGAIN.ceiling(failures)
        delay = self._random.uniform(ceiling / 2, ceiling)
        self._failures[key] = (failures, self._clock.monotonic() + delay)
        self._at_work.discard(key)

    def drop(self, key: str) -> None:
        """Nobody acts upon it: the next look finds it again."""
        self._at_work.discard(key)

    def _scan(self) -> None:
        now = self._clock.monotonic()
        versions = {version.key: version for version in self._look()}
        self._seen = {key: seen for key, seen in self._seen.items() if key in versions}
        changed = [
            one for one in versions.values() if self._is_due(one.key, now) and self._has_come(one, now)
        ]
        changed.sort(key=lambda version: (version.modified, version.key))
        gone = [key for key in self._known if key not in versions and self._is_due(key, now)]
        self._ready = [self._delivery(one.key, one) for one in changed]
        self._ready += [self._delivery(key, None) for key in gone]

    def _is_due(self, key: str, now: float) -> bool:
        return key not in self._at_work and self._failures.get(key, (0, 0.0))[1] <= now

    def _has_come(self, version: ObjectVersion, now: float) -> bool:
        """Whether this version is another than the one that is known, and at rest."""
        identity = version.identity
        if self._known.get(version.key) == identity:
            self._seen.pop(version.key, None)
            return False
        seen = self._seen.get(version.key)
        if seen is None or seen.identity != identity:
            seen = self._seen[version.key] = _Seen(identity, now)
        is_old = version.modified <= self._clock.now() - timedelta(seconds=self._rest)
        return is_old or now - seen.since >= self._rest

    def _delivery(self, key: str, version: ObjectVersion | None) -> FolderDelivery:
        self._at_work.add(key)
        self._seen.pop(key, None)
        event = Event(
            kind="removed" if version is None else "created",
            bucket=self._bucket,
            key=key,
            time=self._clock.now() if version is None else version.modified,
            trigger="folder",
        )
        return FolderDelivery(event, None if version is None else version.identity, self)


class FolderDelivery:
    """One file that came, changed or went."""

    def __init__(self, event: Event, identity: str | None, trigger: FolderTrigger) -> None:
        self._event = event
        self._identity = identity
        self._trigger = trigger

    @property
    def name(self) -> str:
        """Its path below the folder."""
        return self._event.key

    def events(self) -> list[Event]:
        """What happened to it."""
        return [self._event]

    def done(self) -> None:
        """Acted upon."""
        self._trigger.settle(self._event.key, self._identity)

    def retry(self) -> None:
        """Tried again after a while."""
        self._trigger.put_again(self._event.key)

    def refuse(self, refusal: Refusal) -> None:  # noqa: ARG002 - the ledger and the log have it
        """Left alone until the file changes."""
        self._trigger.settle(self._event.key, self._identity)

    def give_back(self) -> None:
        """Found again by the next look."""
        self._trigger.drop(self._event.key)
