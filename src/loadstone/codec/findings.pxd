# What is wrong with the rows of a chunk; what the methods promise stands in findings.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, IntegerList, Text


@cython.final
cdef class Findings:
    cdef Buffer values
    cdef IntegerList notes
    cdef IntegerList rejects
    cdef Py_ssize_t first_note
    cdef Py_ssize_t first_value

    cdef int note(
        self, int column, int code, Text text, Py_ssize_t start, Py_ssize_t end, long long detail
    ) except -1 nogil
    cdef int reject(
        self, long long row, long long line, long long offset, long long length
    ) except -1 nogil
    cdef int forget(self) except -1 nogil
