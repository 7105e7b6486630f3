# Delimited text to tuples; what the methods promise stands in delimited.py.

cimport cython

from loadstone.codec.buffers cimport Text
from loadstone.codec.rows cimport RowWriter
from loadstone.codec.tokens cimport Tokenizer


@cython.final
cdef class DelimitedEncoder:
    cdef RowWriter rows
    cdef Tokenizer tokenizer
    cdef Text block
    cdef Py_ssize_t cell_count
    cdef long long line
    cdef long long offset
    cdef int skipped_code
    cdef long long skipped_bytes
    cdef long long skipped_lines
    cdef bytes skipped_raw
    cdef dict raws  # of rejected records that are longer than a block, by row number
    cdef Py_ssize_t max_record_bytes
    cdef int comment
    cdef bint has_trailing
    cdef bint pads
    cdef bint truncates
    cdef long long padded
    cdef long long truncated

    cdef int settle_width(self, Py_ssize_t found) except -1 nogil
    cdef bint is_empty_cell(self) except -1 nogil
    cdef Py_ssize_t encode(self) except -1 nogil
    cdef Py_ssize_t record(self, Py_ssize_t record) except -2 nogil
    cdef Py_ssize_t cut(self, Py_ssize_t record, int what) except -2 nogil
    cdef Py_ssize_t skip(self, Py_ssize_t record, Py_ssize_t i) except -2 nogil
    cdef int refuse(self, int code, long long offset, long long length, long long lines) except -1 nogil
    cdef int keep_raw(self, Py_ssize_t start, Py_ssize_t end) except -1 with gil
