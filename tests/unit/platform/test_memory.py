"""The peak of memory is this process's own."""

from __future__ import annotations

import subprocess
import sys

from loadstone.platform.memory import peak_rss, peak_rss_of, peak_rss_of_children

_CHILD = """
from loadstone.platform.memory import peak_rss
before = peak_rss()
held = bytearray(b"x" * 60_000_000)
print(before, peak_rss())
"""


def test_the_peak_grows_with_what_was_held_and_not_with_what_the_parent_holds() -> None:
    held = bytearray(b"y" * 150_000_000)
    answer = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True)
    before, after = map(float, answer.stdout.split())
    assert before < 100
    assert 50 < after - before < 150
    assert peak_rss() > len(held) / 1e6
    assert peak_rss_of_children() >= after * 0.9


def test_the_peak_of_a_process_that_has_ended_is_not_known() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert peak_rss_of(ended.pid) is None
