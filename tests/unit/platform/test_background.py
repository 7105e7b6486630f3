"""A background thread is never taken for ended while it runs, whatever Ctrl-C interrupts."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

import pytest

from loadstone.platform.background import BackgroundThread


def test_it_runs_once_and_is_waited_for() -> None:
    done: list[str] = []
    thread = BackgroundThread(lambda: done.append(threading.current_thread().name), "helper")
    thread.start()
    assert thread.wait()
    assert thread.wait()
    assert done == ["helper"]


def test_one_that_goes_on_is_not_waited_for_longer_than_asked() -> None:
    release = threading.Event()
    thread = BackgroundThread(lambda: bool(release.wait(60)), "helper")
    thread.start()
    assert not thread.wait(0.01)
    release.set()
    assert thread.wait(60)


def test_an_interrupted_wait_does_not_take_a_running_thread_for_one_that_has_ended() -> None:
    """`Thread.join` does, up to Python 3.12."""
    release, done = threading.Event(), []

    def run() -> None:
        while not is_waited_for():
            pass
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        done.append(release.wait(60))

    thread = BackgroundThread(run, "helper")
    former = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            thread.wait()
    finally:
        signal.signal(signal.SIGUSR1, former)
    assert not thread.wait(0.01)
    release.set()
    assert thread.wait(60)
    assert done == [True]


def is_waited_for() -> bool:
    frame: FrameType | None = sys._current_frames()[threading.main_thread().ident or 0]
    while frame is not None and frame.f_code is not BackgroundThread.wait.__code__:
        frame = frame.f_back
    return frame is not None


def test_one_whose_start_was_interrupted_never_does_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def interrupted(thread: threading.Thread) -> None:
        held.append(thread)
        raise KeyboardInterrupt

    done: list[int] = []
    helper = BackgroundThread(lambda: done.append(1), "helper")
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            helper.start()
    assert helper.wait()
    (thread,) = held
    thread.start()  # the operating system was late with it
    thread.join()
    assert done == []
