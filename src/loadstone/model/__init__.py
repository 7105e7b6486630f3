"""Frozen values that flow through loadstone. No I/O, no behaviour beyond what a value knows of itself."""
