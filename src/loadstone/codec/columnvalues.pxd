# Values of a fixed width to fields; what the methods promise stands in columnvalues.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.fields cimport FieldEncoder
from loadstone.codec.program cimport Program


@cython.final
cdef class ColumnValues:
    cdef Text block
    cdef Buffer out
    cdef FieldEncoder fields
    cdef Program program
    cdef long long[::1] columns

    cdef int put(self, int column, Py_ssize_t at, int route, Py_ssize_t row) except -1 nogil
    cdef int put_integer(self, int kind, int column, long long value) except -1 nogil
    cdef int put_real(self, int kind, Py_ssize_t data, int route, Py_ssize_t row) except -1 nogil
    cdef int put_day(self, long long days) except -1 nogil
    cdef int put_moment(self, int kind, int column, long long value, long long scale) except -1 nogil
    cdef int scaled(self, int column, long long value, long long scale) except -1 nogil
    cdef int put_duration(self, long long value, Py_ssize_t at, int column) except -1 nogil
    cdef int put_interval(self, Py_ssize_t data) except -1 nogil
    cdef Py_ssize_t bound_at(self, Py_ssize_t at, Py_ssize_t row) noexcept nogil
    cdef bint bit_at(self, Py_ssize_t start, Py_ssize_t bit) except -1 nogil
    cdef long long integer_at(self, Py_ssize_t position, Py_ssize_t width, bint signed) noexcept nogil
