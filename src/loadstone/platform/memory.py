"""How much memory processes have needed."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["peak_rss", "peak_rss_of", "peak_rss_of_children"]

_MEGABYTE = 1_000_000
_PROC = Path("/proc")


def peak_rss() -> float:
    """The largest resident set of this process so far, in MB (10^6 bytes)."""
    # VmHWM starts anew at exec; ru_maxrss keeps the size of the process that forked us.
    return peak_rss_of("self") or _max_rss(resource.RUSAGE_SELF)


def peak_rss_of(pid: int | str) -> float | None:
    """The same of a process that lives; None where it does not, or the system does not tell."""
    try:
        status = (_PROC / str(pid) / "status").read_text(encoding="utf-8")
    except OSError:
        return None
    kilobytes = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(number) * 1024 / _MEGABYTE for number in kilobytes), None)


def peak_rss_of_children() -> float:
    """The largest resident set of any one child that has ended and was waited for, in MB; 0 without any."""
    return _max_rss(resource.RUSAGE_CHILDREN)


def _max_rss(who: int) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit / _MEGABYTE
