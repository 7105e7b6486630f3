# Dates and times in formats of their own; what the methods promise stands in formats.py.

cimport cython

from loadstone.codec.buffers cimport Text
from loadstone.codec.temporal cimport TemporalParser


@cython.final
cdef class FormatParser:
    cdef TemporalParser temporal
    cdef const int[::1] operations
    cdef Py_ssize_t position
    cdef int field

    cdef int parse(
        self,
        int kind,
        Py_ssize_t first,
        Text text,
        Py_ssize_t start,
        Py_ssize_t end,
        int zone,
        int precision,
        bint rounds,
    ) except -1 nogil
    cdef bint read(
        self, Py_ssize_t operation, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef bint digits(self, Text text, Py_ssize_t end, int least, int most) except -1 nogil
    cdef bint name(self, Text text, Py_ssize_t end, const unsigned char* names, int count) except -1 nogil
