"""Front ends: the bytes of an object become blocks of text whose layout is known, and those go to the codec.

A stream passes through `intake` (hash, decompress, encoding), then the format's reader looks at its head
(`delimited`, `jsonfile`; `automatic` finds out which), and `blocks` feeds the rest to the codec. The stream
is read once, front to back. `mended` and `selected` read rejected rows again.
"""
