"""Errors of a stream that is read ahead come where their bytes would have; an interrupt comes at once."""

from __future__ import annotations

import pytest

from loadstone.platform.readahead import ReadAhead


class Script:
    """A stream that does what is written: bytes, or an error."""

    def __init__(self, *acts: bytes | BaseException) -> None:
        self._acts = list(acts)
        self.is_closed = False

    def read(self, _size: int, /) -> bytes:
        act = self._acts.pop(0) if self._acts else b""
        if isinstance(act, BaseException):
            raise act
        return act

    def close(self) -> None:
        self.is_closed = True


def test_an_error_behind_the_first_block_comes_behind_it() -> None:
    ahead = ReadAhead(Script(b"abc", OSError("gone")), block_size=10)
    assert bytes(ahead.read(10)) == b"abc"
    with pytest.raises(OSError, match="gone"):
        ahead.read(10)


def test_an_interrupt_is_not_kept_for_a_read_that_may_never_come() -> None:
    ahead = ReadAhead(Script(b"abc", KeyboardInterrupt()), block_size=10)
    assert bytes(ahead.read(10)) == b"abc"
    with pytest.raises(KeyboardInterrupt):
        ahead.read(10)


def test_blocks_come_in_order_and_a_thread_that_waits_for_room_is_ended() -> None:
    stream = Script(*(bytes([number]) * 10 for number in range(100)))
    ahead = ReadAhead(stream, blocks=2, block_size=10)
    assert [bytes(ahead.read(10)) for _ in range(50)] == [bytes([number]) * 10 for number in range(50)]
    ahead.close()
    assert stream.is_closed
    assert bytes(ahead.read(10)) == b""
