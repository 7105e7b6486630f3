"""What delimited text is written in, found out from a sample of it: pure functions over texts and lists.

sniff.py        the whole of it, in order
candidates.py   which delimiters, quotes and escapes could be
scoring.py      how well a candidate makes a table of the sample
regions.py      where the first table begins and ends: preamble, footer, further tables
header.py       whether there is a header, and of how many rows
numbers.py      decimal comma, thousands
kinds.py        what a cell looks like
decision.py     what is handed on: values with their confidence and evidence
"""
