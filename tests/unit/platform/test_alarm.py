"""What is raised where time is over, or where SIGTERM comes, and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from loadstone.platform.alarm import alarmed


class Over(BaseException): ...


class Stopped(BaseException): ...


def test_what_blocks_is_ended_when_the_time_is_over() -> None:
    with pytest.raises(Over), alarmed(0.01, Over, Stopped):
        threading.Event().wait(60)


def test_a_time_that_is_over_already_ends_what_is_inside() -> None:
    with pytest.raises(Over), alarmed(-1.0, Over, Stopped):
        threading.Event().wait(60)


def test_sigterm_ends_what_is_inside_and_only_once() -> None:
    cleaned: list[bool] = []

    def stopped() -> None:
        with alarmed(60.0, Over, Stopped):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                threading.Event().wait(60)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGALRM)
                cleaned.append(True)

    with pytest.raises(Stopped):
        stopped()
    assert cleaned == [True]


def test_afterwards_signals_do_what_they_did_before() -> None:
    numbers = (signal.SIGTERM, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    with alarmed(60.0, Over, Stopped):
        assert [signal.getsignal(number) for number in numbers] != before
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_another_thread_is_left_in_peace() -> None:
    def inside() -> str:
        with alarmed(0.0, Over, Stopped):
            return "done"

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() == "done"
