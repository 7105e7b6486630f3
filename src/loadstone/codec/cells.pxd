# Cells to fields, with what their columns ask for; what the methods promise stands in cells.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.fields cimport FieldEncoder
from loadstone.codec.program cimport Program


@cython.final
cdef class CellWriter:
    cdef Program program
    cdef Buffer out
    cdef Buffer spare
    cdef FieldEncoder fields
    cdef bint is_null
    cdef bint is_repaired
    cdef bint is_notable
    cdef long long detail

    cdef int write(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int write_missing(self, int column) except -1 nogil
    cdef int repair(self, int column) except -1 nogil
    cdef int put_constant(self, int column, int which) except -1 nogil
    cdef int check(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t payload
    ) except -1 nogil
    cdef int compare(self, int column, int which, Py_ssize_t payload) except -2 nogil
    cdef bint is_allowed(self, int column, Py_ssize_t payload) except -1 nogil
    cdef bint matches(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 with gil


cdef int compare_bytes(
    Text a, Py_ssize_t a_start, Py_ssize_t a_end, Text b, Py_ssize_t b_start, Py_ssize_t b_end
) except -2 nogil
