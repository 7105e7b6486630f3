# Columns of typed values to tuples; what the methods promise stands in columnar.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.fields cimport FieldEncoder
from loadstone.codec.program cimport Program
from loadstone.codec.rows cimport RowWriter


@cython.final
cdef class ColumnarEncoder:
    cdef RowWriter rows
    cdef Buffer out
    cdef Buffer spare
    cdef Text block
    cdef FieldEncoder fields
    cdef Program program
    cdef Py_ssize_t size
    cdef Py_ssize_t chunk_bytes
    cdef const unsigned char[::1] unknown
    cdef long long[::1] columns
    cdef object describe
    cdef Py_ssize_t row
    cdef Py_ssize_t index

    cdef int encode_rows(self, Py_ssize_t end) except -1 nogil
    cdef int text(self, Py_ssize_t index, Py_ssize_t at) except -1 nogil
    cdef int value(self, Py_ssize_t index, Py_ssize_t at, int route) except -1 nogil
    cdef int put(self, int column, Py_ssize_t at, int route) except -1 nogil
    cdef int put_integer(self, int kind, int column, long long value) except -1 nogil
    cdef int put_real(self, int kind, Py_ssize_t data, int route) except -1 nogil
    cdef int put_day(self, long long days) except -1 nogil
    cdef int put_moment(self, int kind, int column, long long value, long long scale) except -1 nogil
    cdef int scaled(self, int column, long long value, long long scale) except -1 nogil
    cdef int put_duration(self, long long value, Py_ssize_t at, int column) except -1 nogil
    cdef int put_interval(self, Py_ssize_t data) except -1 nogil
    cdef int tell(self) except -1 with gil
    cdef Py_ssize_t bound_at(self, Py_ssize_t at, Py_ssize_t row) noexcept nogil
    cdef bint bit_at(self, Py_ssize_t start, Py_ssize_t bit) except -1 nogil
    cdef long long integer_at(self, Py_ssize_t position, Py_ssize_t width, bint signed) noexcept nogil


cdef bint has_nul(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef double single_of(long long bits) noexcept nogil
