# Sets of texts; what the methods promise stands in sets.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class TextSets:
    cdef Text heap
    cdef const long long[::1] entries
    cdef const int[::1] slots
    cdef unsigned long long mask

    cdef bint contains(self, int owner, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef bint equals(
        self, Py_ssize_t entry, int owner, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
