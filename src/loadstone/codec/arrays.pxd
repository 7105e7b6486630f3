# Arrays as text; what the methods promise stands in arrays.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text


@cython.final
cdef class ArrayReader:
    cdef long long[::1] sizes
    cdef long long[::1] counts
    cdef long long[::1] lower_bounds
    cdef Buffer decoded
    cdef int dimensions
    cdef int depth
    cdef Py_ssize_t position
    cdef Py_ssize_t stop
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef int opening
    cdef int closing
    cdef int delimiter
    cdef bint is_list
    cdef bint keeps_json
    cdef bint wants_value

    cdef int open(
        self, Text text, Py_ssize_t start, Py_ssize_t end, int delimiter, bint keeps_json
    ) except -2 nogil
    cdef int count_dimensions(self, Text text, Py_ssize_t start, int bounded) except -2 nogil
    cdef int read_bounds(self, Text text, Py_ssize_t start) except -2 nogil
    cdef Py_ssize_t read_bound(self, Text text) except? -1 nogil
    cdef int next(self, Text text) except -1 nogil
    cdef bint close_level(self) except -1 nogil
    cdef int read_element(self, Text text) except -1 nogil
    cdef int without_escapes(self, Text text) except -1 nogil
    cdef int read_item(self, Text text) except -1 nogil
    cdef int decode_item(self, Text text) except -1 nogil
    cdef bint is_scalar(self, Text text) except -1 nogil
