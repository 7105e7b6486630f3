# Cells that hold several values; what the methods promise stands in splitting.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, IntegerList, Text


@cython.final
cdef class Splitter:
    cdef Buffer parts
    cdef IntegerList bounds
    cdef Py_ssize_t count

    cdef int split_list(
        self, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef int split_at(
        self, Text text, Py_ssize_t start, Py_ssize_t end, Text separators, Py_ssize_t first, Py_ssize_t last
    ) except -1 nogil
    cdef Py_ssize_t string(self, Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
    cdef Py_ssize_t word(self, Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
    cdef int add(self, Text text, Py_ssize_t start, Py_ssize_t end, int form) except -1 nogil
    cdef int add_decoded(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 with gil
