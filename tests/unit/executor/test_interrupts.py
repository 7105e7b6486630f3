"""What goes wrong while an interrupt is being heeded is no answer to it."""

from __future__ import annotations

import pytest

from loadstone.errors import ConnectionLost, FormatError
from loadstone.executor.interrupts import interrupts_first


def interrupted() -> None:
    raise KeyboardInterrupt


def interrupted_and_cleaned_up_badly(fault: Exception) -> None:
    try:
        interrupted()
    finally:
        try:
            raise ValueError("one")
        finally:
            raise fault


@pytest.mark.parametrize("fault", [ConnectionLost("gone"), FormatError("cut off"), OSError("bad descriptor")])
def test_a_fault_met_while_cleaning_up_after_an_interrupt_is_the_interrupt(fault: Exception) -> None:
    with pytest.raises(KeyboardInterrupt) as told, interrupts_first():
        interrupted_and_cleaned_up_badly(fault)
    assert told.value.__cause__ is fault


def test_a_fault_alone_is_a_fault() -> None:
    with pytest.raises(ConnectionLost), interrupts_first():
        raise ConnectionLost("gone")


def test_an_interrupt_that_the_caller_is_done_with_is_not_raised_again() -> None:
    try:
        interrupted()
    except KeyboardInterrupt:
        with pytest.raises(ConnectionLost), interrupts_first():
            raise ConnectionLost("gone") from None
