# The members of an object on one line; what the methods promise stands in jsonobject.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.jsonkeys cimport KeyTable

@cython.final
cdef class ObjectScanner:
    cdef KeyTable keys
    cdef Py_ssize_t size
    cdef unsigned char[::1] kinds
    cdef long long[::1] starts
    cdef long long[::1] ends
    cdef bint ignores_unknown
    cdef Py_ssize_t unknown_start
    cdef Py_ssize_t unknown_end
    cdef bint unknown_has_value
    cdef unsigned char[::1] expected
    cdef long long[::1] expected_sizes
    cdef long long[::1] expected_numbers
    cdef Py_ssize_t lonely
    cdef bint flattens
    cdef Text separator
    cdef Buffer name
    cdef long long[::1] owners
    cdef Py_ssize_t twice_start
    cdef Py_ssize_t twice_end

    cdef Py_ssize_t scan(self, Text text, Py_ssize_t start, Py_ssize_t end) except? -1 nogil
    cdef int only(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int note(self, Py_ssize_t number, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef Py_ssize_t scan_flat(self, Text text, Py_ssize_t start, Py_ssize_t end) except? -1 nogil
    cdef Py_ssize_t members(
        self, Text text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t prefix
    ) except -1 nogil
    cdef int member(
        self, Text text, Py_ssize_t owner, Py_ssize_t first, Py_ssize_t after, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef Py_ssize_t key_number(self, Text text, Py_ssize_t start, Py_ssize_t end) except? -3 nogil
    cdef bint is_expected(
        self, Py_ssize_t place, Text text, Py_ssize_t start, Py_ssize_t size
    ) except -1 nogil
    cdef int expect(
        self, Py_ssize_t place, Text text, Py_ssize_t start, Py_ssize_t end, long long number
    ) except -1 nogil
