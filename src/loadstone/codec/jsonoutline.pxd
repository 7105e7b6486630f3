# The structure around records; what the methods promise stands in jsonoutline.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text


@cython.final
cdef class JsonOutline:
    cdef Py_ssize_t path_size
    cdef Text names
    cdef long long[::1] name_ends
    cdef const unsigned char[::1] stars
    cdef Buffer key
    cdef unsigned char[::1] opened
    cdef long long[::1] matches
    cdef Py_ssize_t depth
    cdef int state
    cdef Py_ssize_t match
    cdef long long documents

    cdef bint open(self, unsigned char bracket) except -1 nogil
    cdef bint is_closed_by(self, unsigned char bracket) except -1 nogil
    cdef int close(self) except -1 nogil
    cdef int ended(self, bint is_array) except -1 nogil
    cdef int give_up(self) except -1 nogil
    cdef int expect_next(self) except -1 nogil
    cdef int take_key(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef bint is_name(self, Text text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t step) except -1 nogil
    cdef bint holds_records(self) except -1 nogil
