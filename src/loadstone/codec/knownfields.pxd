# Fields written once and copied; what the methods promise stands in knownfields.py.

cimport cython

from loadstone.codec.buffers cimport Buffer


@cython.final
cdef class KnownFields:
    cdef Buffer fields
    cdef long long[::1] bounds

    cdef bint recall(self, Py_ssize_t entry, Buffer out) except -1 nogil
    cdef int learn(self, Py_ssize_t entry, Buffer out, Py_ssize_t begin) except -1 nogil
