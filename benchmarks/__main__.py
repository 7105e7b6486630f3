"""`python -m benchmarks` runs the rounds of `benchmarks/run.py`."""

from __future__ import annotations

from benchmarks.run import main

if __name__ == "__main__":
    main()
