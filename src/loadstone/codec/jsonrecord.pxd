# JSON records to rows; what the methods promise stands in jsonrecord.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.jsonobject cimport ObjectScanner
from loadstone.codec.rowmarks cimport RowMark
from loadstone.codec.rows cimport RowWriter

@cython.final
cdef class JsonRecordWriter:
    cdef RowWriter rows
    cdef ObjectScanner scanner
    cdef Buffer strings
    cdef const unsigned char[::1] forms
    cdef Py_ssize_t size
    cdef int unknown_keys
    cdef object separator
    cdef bint takes_values
    cdef dict raws
    cdef dict found_keys
    cdef int child_count
    cdef JsonRecordWriter child
    cdef list children
    cdef list keys
    cdef RowMark mark
    cdef Py_ssize_t number
    cdef JsonRecordWriter sibling

    cdef Py_ssize_t scan(self, Text block, Py_ssize_t start, Py_ssize_t end) except? -1 nogil
    cdef int write(self, Text block, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int values(self, Text block) except -1 nogil
    cdef int wide_string(self, Py_ssize_t index, Text block, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int broken(self, Text block, Py_ssize_t start, Py_ssize_t end, Py_ssize_t position) except -1 nogil
    cdef int unknown(self, Text block, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int write_children(self, Text block) except -1 nogil
    cdef int elements(self, JsonRecordWriter parent, Text block) except -1 nogil
    cdef Py_ssize_t element(
        self, JsonRecordWriter parent, Text block, Py_ssize_t start, Py_ssize_t end, int position
    ) except -1 nogil
    cdef int withdraw(self) except -1 nogil
