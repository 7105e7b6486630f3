"""Told to stop, the command line stops: no destructor and no library can drop it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fixtures.foreground import foreground
from loadstone.cli.interrupts import interruptible

A_MOMENT_AGO = "import signal; signal.raise_signal(signal.SIGINT)"


class Fragile:
    """Interrupted, or failing, while it is taken apart."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def __del__(self) -> None:
        raise self.error


def drop(error: type[BaseException]) -> None:
    Fragile(error)
    threading.Event().wait(60)
    pytest.fail("the interrupt was lost")


def test_sigterm_is_an_interrupt_and_only_inside() -> None:
    former = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is former


def test_an_interrupt_that_a_destructor_dropped_comes_again() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        drop(KeyboardInterrupt)


def test_what_came_in_the_last_moment_harms_nothing_that_comes_after() -> None:
    ended = []
    former = signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    try:
        with interruptible():
            Fragile(KeyboardInterrupt)
        for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
            timer.join()
    finally:
        signal.signal(signal.SIGTERM, former)
    assert ended == []


def test_any_other_error_of_a_destructor_is_reported_as_python_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with interruptible():
        Fragile(ZeroDivisionError)
    assert "Exception ignored in" in capsys.readouterr().err


def test_an_error_that_a_library_made_of_an_interrupt_is_the_interrupt() -> None:
    def library() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ValueError("KeyboardInterrupt") from None

    with pytest.raises(KeyboardInterrupt), interruptible():
        library()


def test_an_error_without_an_interrupt_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError), interruptible():
        raise ZeroDivisionError


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    seen = []

    def run() -> None:
        with interruptible():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


def test_an_interrupt_while_a_class_is_made_still_ends_with_130(tmp_path: Path) -> None:
    """`python -m` remembers one that came within `exec`, and would end by the signal."""
    program = f"""
from loadstone.cli import application
application.root.main = lambda *_, **__: exec({A_MOMENT_AGO!r})
application.main([])
"""
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, "-m", "program"]
    with foreground():
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "error: interrupted; what was not committed is undone\n")
