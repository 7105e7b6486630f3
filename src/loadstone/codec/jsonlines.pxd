# JSON Lines to tuples; what the methods promise stands in jsonlines.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.jsonobject cimport ObjectScanner
from loadstone.codec.rows cimport RowWriter

@cython.final
cdef class JsonLinesEncoder:
    cdef RowWriter rows
    cdef ObjectScanner scanner
    cdef Buffer strings
    cdef const unsigned char[::1] forms
    cdef Py_ssize_t size
    cdef int unknown_keys
    cdef Py_ssize_t max_record_bytes
    cdef long long line
    cdef long long offset
    cdef long long long_start  # of a line longer than a block, in the decompressed text; else -1
    cdef bytes long_raw
    cdef dict raws
    cdef dict found_keys

    cdef Py_ssize_t lines(self, Text block, Py_ssize_t size, bint final) except -1 nogil
    cdef bint is_long(self, Text block, Py_ssize_t start, Py_ssize_t size) except -1 nogil
    cdef int end_long_record(self, long long end) except -1 nogil
    cdef int record(self, Text block, Py_ssize_t start, Py_ssize_t end, Py_ssize_t length) except -1 nogil
    cdef int values(self, Text block) except -1 nogil
    cdef int wide_string(self, Py_ssize_t index, Text block, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int broken(self, Text block, Py_ssize_t start, Py_ssize_t end, Py_ssize_t position) except -1 nogil
    cdef int unknown(self, Text block, Py_ssize_t start, Py_ssize_t end) except -1 nogil


cdef Py_ssize_t line_end(Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
