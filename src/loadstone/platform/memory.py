"""How much memory this process has needed."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["peak_rss", "peak_rss_of_children"]

_MEGABYTE = 1_000_000
_PROC_STATUS = Path("/proc/self/status")


def peak_rss() -> float:
    """The largest resident set of this process so far, in MB (10^6 bytes)."""
    if sys.platform == "linux":
        # VmHWM starts anew at exec; ru_maxrss keeps the size of the process that forked us.
        for line in _PROC_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / _MEGABYTE
    return _max_rss(resource.RUSAGE_SELF)


def peak_rss_of_children() -> float:
    """The largest resident set of any one child that has ended and was waited for, in MB; 0 without any."""
    return _max_rss(resource.RUSAGE_CHILDREN)


def _max_rss(who: int) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit / _MEGABYTE
