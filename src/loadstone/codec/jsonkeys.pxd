# The keys that a plan knows; what the methods promise stands in jsonkeys.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class KeyTable:
    cdef dict numbers
    cdef const unsigned char[::1] names
    cdef long long[::1] starts
    cdef long long[::1] ends
    cdef long long[::1] values
    cdef long long[::1] slots
    cdef unsigned long long mask

    cdef Py_ssize_t find(self, Text text, Py_ssize_t start, Py_ssize_t end) except? -1 nogil


cdef unsigned long long _hash(Text text, Py_ssize_t start, Py_ssize_t end) except? 0 nogil
