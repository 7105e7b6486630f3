"""A value that is asked for seldom: remembered for minutes, asked for again where it turned out to be old."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from loadstone.errors import Transient
from loadstone.ports import Clock

__all__ = ["Remembered"]

logger = logging.getLogger(__name__)


class Remembered:
    """A text and its age.

    Args:
        ask: gets the text.
        seconds: how long it is used. By the monotonic clock, which no change of the time moves, but which
            stands still where a machine is frozen: who is refused with an old text calls `renew`.
        clock: tells its age.
        outlives_silence: whether the old text is used on where `ask` finds nobody who answers.
    """

    def __init__(
        self, ask: Callable[[], str], *, seconds: float, clock: Clock, outlives_silence: bool = False
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._outlives_silence = outlives_silence
        self._lock = threading.Lock()
        self._text: str | None = None
        self._since = 0.0

    def get(self) -> str:
        """The text, no older than `seconds`.

        Raises:
            LoadstoneError: whatever `ask` raises.
        """
        with self._lock:
            if self._text is not None and self._clock.monotonic() - self._since < self._seconds:
                return self._text
            try:
                return self._asked()
            except Transient as error:
                if self._text is None or not self._outlives_silence:
                    raise
                logger.warning("what was known before is used on: %s", error)
                return self._text

    def renew(self, refused: str) -> bool:
        """Asks again, unless another thread did so since; whether there is another text than the refused one.

        Raises:
            LoadstoneError: whatever `ask` raises.
        """
        with self._lock:
            if self._text is None or self._text == refused:
                self._asked()
            return self._text != refused

    def _asked(self) -> str:
        self._text = self._ask()
        self._since = self._clock.monotonic()
        return self._text
