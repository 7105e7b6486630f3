# JSON over several lines to tuples; what the methods promise stands in jsonstream.py.

cimport cython

from loadstone.codec.buffers cimport Text
from loadstone.codec.jsonoutline cimport JsonOutline
from loadstone.codec.jsonrecord cimport JsonRecordWriter
from loadstone.codec.jsonresume cimport Resumption
from loadstone.codec.lines cimport LineCount
from loadstone.codec.rows cimport RowWriter


@cython.final
cdef class JsonEncoder:
    cdef JsonRecordWriter writer
    cdef RowWriter rows
    cdef JsonOutline outline
    cdef LineCount lines
    cdef Resumption resumption
    cdef Py_ssize_t max_record_bytes
    cdef long long stop_after
    cdef long long offset
    cdef long long start_offset
    cdef bint found
    cdef readonly long long records
    cdef bint is_regular
    cdef Py_ssize_t long_depth
    cdef long long long_start
    cdef long long long_line
    cdef bytes long_raw
    cdef int failure
    cdef long long failed_line
    cdef long long failed_offset

    cdef Py_ssize_t read(self, Text block, Py_ssize_t size, bint final) except -3 nogil
    cdef Py_ssize_t step(self, Text block, Py_ssize_t i, Py_ssize_t size, bint final) except -3 nogil
    cdef Py_ssize_t value(self, Text block, Py_ssize_t i, Py_ssize_t size, bint final) except -3 nogil
    cdef Py_ssize_t member(self, Text block, Py_ssize_t i, Py_ssize_t size, bint final) except -3 nogil
    cdef Py_ssize_t scalar(self, Text block, Py_ssize_t i, Py_ssize_t size, bint final) except -3 nogil
    cdef Py_ssize_t unscanned(
        self, Text block, Py_ssize_t start, Py_ssize_t position, Py_ssize_t size, bint final
    ) except -3 nogil
    cdef Py_ssize_t close(self, Text block, Py_ssize_t i) except -3 nogil
    cdef Py_ssize_t ended(self, Text block, Py_ssize_t after) except -3 nogil
    cdef int settle(self, Text block, Py_ssize_t after) except -3 nogil
    cdef Py_ssize_t record(
        self, Text block, Py_ssize_t i, Py_ssize_t size, bint final, bint is_expected
    ) except -3 nogil
    cdef int begin(self, Text block, Py_ssize_t i) except -3 nogil
    cdef Py_ssize_t incomplete(
        self, Text block, Py_ssize_t start, Py_ssize_t position, Py_ssize_t size, bint final
    ) except -3 nogil
    cdef Py_ssize_t missing_element(self, Text block, Py_ssize_t i) except -3 nogil
    cdef Py_ssize_t damaged(
        self, Text block, Py_ssize_t start, Py_ssize_t position, Py_ssize_t size, bint final
    ) except -3 nogil
    cdef int refuse(
        self, Text block, Py_ssize_t start, Py_ssize_t end, Py_ssize_t position
    ) except -3 nogil
    cdef Py_ssize_t fail(self, int failure, Text block, Py_ssize_t position) except -3 nogil
