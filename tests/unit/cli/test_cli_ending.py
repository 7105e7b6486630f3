"""The process ends at once, with everything done that has to happen at an end."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading
from loadstone.cli.ending import end_process

go = threading.Event()
threading.Thread(target=lambda: (go.wait(), print("thread", flush=True))).start()
atexit.register(lambda: print("exit handler", flush=True))
sys.stdout.write("unflushed, ")
{more}
threading.Timer(0, go.set).start()
end_process(7)
"""


def ended(more: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(more=more)], capture_output=True, text=True, check=False
    )


def test_threads_end_exit_handlers_run_and_streams_are_flushed() -> None:
    done = ended()
    assert (done.returncode, done.stdout, done.stderr) == (7, "unflushed, thread\nexit handler\n", "")


@pytest.mark.parametrize("more", ["sys.stdout.close()", "sys.stdout = None"])
def test_the_status_counts_even_where_output_is_gone(more: str) -> None:
    done = ended(f"atexit.unregister(print)\n{more}\nprint = lambda *_, **__: None")
    assert (done.returncode, done.stderr) == (7, "")


def test_objects_are_not_taken_apart_one_by_one() -> None:
    done = ended("class Held:\n    def __del__(self): print('taken apart', flush=True)\nheld = Held()")
    assert (done.returncode, "taken apart" in done.stdout) == (7, False)
