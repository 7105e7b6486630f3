# JSON Lines to tuples; what the methods promise stands in jsonlines.py.

cimport cython

from loadstone.codec.buffers cimport Text
from loadstone.codec.jsonrecord cimport JsonRecordWriter
from loadstone.codec.rows cimport RowWriter

@cython.final
cdef class JsonLinesEncoder:
    cdef JsonRecordWriter writer
    cdef RowWriter rows
    cdef Py_ssize_t max_record_bytes
    cdef long long line
    cdef long long offset
    cdef long long long_start  # of a line longer than a block, in the decompressed text; else -1
    cdef bytes long_raw

    cdef Py_ssize_t lines(self, Text block, Py_ssize_t size, bint final) except -1 nogil
    cdef bint is_long(self, Text block, Py_ssize_t start, Py_ssize_t size) except -1 nogil
    cdef int end_long_record(self, long long end) except -1 nogil
    cdef int record(self, Text block, Py_ssize_t start, Py_ssize_t end, Py_ssize_t length) except -1 nogil
