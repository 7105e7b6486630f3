# Columns of typed values to tuples; what the methods promise stands in columnar.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.columnvalues cimport ColumnValues
from loadstone.codec.knownfields cimport KnownFields
from loadstone.codec.program cimport Program
from loadstone.codec.rows cimport RowWriter


@cython.final
cdef class ColumnarEncoder:
    cdef RowWriter rows
    cdef Buffer out
    cdef Buffer spare
    cdef Text block
    cdef ColumnValues values
    cdef Program program
    cdef Py_ssize_t size
    cdef Py_ssize_t chunk_bytes
    cdef const unsigned char[::1] unknown
    cdef long long[::1] columns
    cdef object describe
    cdef object batch
    cdef KnownFields known
    cdef Py_ssize_t row
    cdef Py_ssize_t index

    cdef int encode_rows(self, Py_ssize_t end) except -1 nogil
    cdef int text(self, Py_ssize_t index, Py_ssize_t at) except -1 nogil
    cdef int spelt(self, Py_ssize_t index, Py_ssize_t at, Py_ssize_t entry) except -1 nogil
    cdef int decimal(self, Py_ssize_t index, Py_ssize_t at) except -1 nogil
    cdef Py_ssize_t spell(self, long long value, long long scale) except -1 nogil
    cdef int value(self, Py_ssize_t index, Py_ssize_t at, int route) except -1 nogil
    cdef int tell(self) except -1 with gil
