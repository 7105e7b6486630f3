# Line ends; what the methods promise stands in lines.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class LineCount:
    cdef readonly long long number
    cdef Py_ssize_t position

    cdef Py_ssize_t count(self, Text block, Py_ssize_t end) except -1 nogil
    cdef int end_block(self, Text block, Py_ssize_t consumed) except -1 nogil


cdef Py_ssize_t line_end(Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
