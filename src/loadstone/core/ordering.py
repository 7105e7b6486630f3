"""The order of events of one key, told by S3's sequencer."""

from __future__ import annotations

__all__ = ["is_older", "newest", "sequencer_key"]


def sequencer_key(sequencer: str) -> str:
    """What to compare instead of a sequencer.

    S3 defines the order of two sequencers of one key as the lexicographic order of their hexadecimal digits,
    the shorter one padded with zeros on the right. Leaving trailing zeros off both gives the same order.
    """
    return sequencer.upper().rstrip("0")


def is_older(sequencer: str | None, than: str | None) -> bool:
    """Whether the first happened before the second; False where one of them is not known."""
    if sequencer is None or than is None:
        return False
    return sequencer_key(sequencer) < sequencer_key(than)


def newest(first: str | None, second: str | None) -> str | None:
    """The later of two sequencers; the known one where only one is known."""
    if first is None or second is None:
        return first if second is None else second
    return second if is_older(first, second) else first
