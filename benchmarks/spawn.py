"""Runs one command and prints what it took, as JSON: a process so small that its own memory does not count.

    python -S -E spawn.py OUTPUT COMMAND...

What the command writes goes to the file OUTPUT. A process's peak memory, as the system tells it, begins with
that of the process that started it; hence this one between.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Starts, waits, tells."""
    output, command = sys.argv[1], sys.argv[2:]
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.dup2(target, 1)
        os.dup2(os.open(output + ".stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
        os.execvp(command[0], command)  # noqa: S606  # an argument list
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    json.dump(
        {
            "seconds": seconds,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_rss_bytes": usage.ru_maxrss * unit,
            "exit_code": os.waitstatus_to_exitcode(status),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
