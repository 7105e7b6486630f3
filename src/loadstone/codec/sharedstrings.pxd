# Shared strings of a workbook; what the methods promise stands in sharedstrings.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, IntegerList, Text
from loadstone.codec.markup cimport Markup


@cython.final
cdef class SharedStrings:
    cdef Text heap
    cdef const long long[::1] ends


@cython.final
cdef class SharedStringsParser:
    cdef Markup markup
    cdef Buffer out
    cdef IntegerList ends
    cdef long long base
    cdef long long offset
    cdef bint is_done

    cdef Py_ssize_t parse(self) except -2 nogil


cdef Py_ssize_t copy_runs(Markup markup, Py_ssize_t i, Buffer out) except -2 nogil
