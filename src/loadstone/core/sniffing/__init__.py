"""What delimited text is written in, found out from a sample of it: pure functions over texts and lists.

sniff.py        the whole of it, in order
candidates.py   which delimiters, quotes and escapes could be
scoring.py      how well a candidate makes a table of the sample
regions.py      where the first table begins and ends, and where further ones begin
preamble.py     what stands above it: titles, names and values
footer.py       what stands below it: totals, counts, remarks
header.py       whether there is a header, and of how many rows
header_forms.py what its rows look like: names, years, groups, units
rulings.py      lines drawn below the names
comments.py     names in a comment above the rows
numbers.py      decimal comma, thousands
kinds.py        what a cell looks like
decision.py     what is handed on: values with their confidence and evidence
"""
