# Values to the binary fields of a tuple; what the methods promise stands in fields.py.

cimport cython

from loadstone.codec.arrays cimport ArrayReader
from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.formats cimport FormatParser
from loadstone.codec.numerals cimport NumberParser, has_leading_zeros
from loadstone.codec.numerics cimport NumericParser
from loadstone.codec.program cimport Program
from loadstone.codec.temporal cimport TemporalParser


@cython.final
cdef class FieldEncoder:
    cdef readonly Program program
    cdef readonly Buffer out
    cdef NumberParser numbers
    cdef NumericParser numerics
    cdef TemporalParser temporal
    cdef FormatParser formats
    cdef ArrayReader arrays
    cdef readonly long long detail
    cdef readonly long long value
    cdef readonly double real

    cdef int encode(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int encode_number(
        self, int kind, int column, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef int encode_moment(
        self, int kind, int column, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int encode_text(
        self, int kind, int column, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef int encode_boolean(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int encode_json(self, int kind, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int encode_uuid(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int encode_array(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int encode_interval(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end
    ) except -1 with gil
    cdef bint is_zero(self, Py_ssize_t payload) except -1 nogil
    cdef unsigned long long hash_field(
        self, int column, Py_ssize_t payload, unsigned long long seed
    ) except? 0 nogil
