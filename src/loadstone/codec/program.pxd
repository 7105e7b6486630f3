# A load's plan as tables of numbers; what the attributes mean stands in program.py.

cimport cython

from loadstone.codec.buffers cimport Text
from loadstone.codec.sets cimport TextSets


@cython.final
cdef class Program:
    cdef readonly tuple columns
    cdef readonly object zones
    cdef int[::1] kinds
    cdef int[::1] flags
    cdef int[::1] precisions
    cdef int[::1] scales
    cdef int[::1] lengths
    cdef int[::1] max_lengths
    cdef int[::1] zone_numbers
    cdef int[::1] decimals
    cdef int[::1] thousands
    cdef int[::1] formats
    cdef int[::1] elements
    cdef long long[::1] oids
    cdef int[::1] delimiters
    cdef long long[::1] lows
    cdef long long[::1] highs
    cdef long long[::1] minimums
    cdef long long[::1] maximums
    cdef double[::1] least_reals
    cdef double[::1] most_reals
    cdef long long[::1] constants
    cdef Text constant_bytes
    cdef TextSets null_texts
    cdef TextSets values
    cdef TextSets labels
    cdef readonly list operations
    cdef readonly list patterns
    cdef readonly dict limits
    cdef readonly bint always_late
