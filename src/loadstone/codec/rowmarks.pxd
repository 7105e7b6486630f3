# A place in the rows of a chunk; what the methods promise stands in rowmarks.py.

cimport cython

from loadstone.codec.rows cimport RowWriter


@cython.final
cdef class RowMark:
    cdef Py_ssize_t position
    cdef Py_ssize_t places
    cdef long long rows
    cdef long long records
    cdef long long discarded
    cdef long long repaired

    cdef int take(self, RowWriter rows) except -1 nogil
    cdef int restore(self, RowWriter rows) except -1 nogil
