# Numbers in text; what the methods promise stands in numerals.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text


@cython.final
cdef class NumberParser:
    cdef readonly long long integer
    cdef readonly double real
    cdef Buffer digits
    cdef Buffer plain
    cdef const double[::1] powers

    cdef int parse_integer(
        self, Text text, Py_ssize_t start, Py_ssize_t end, long long low, long long high
    ) except -1 nogil
    cdef int parse_real(
        self, Text text, Py_ssize_t start, Py_ssize_t end, bint is_single
    ) except -1 nogil
    cdef int _real_word(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int _exact_real(self, Text text, Py_ssize_t start, Py_ssize_t end, bint is_single) except -1 with gil
    cdef int make_plain(
        self, Text text, Py_ssize_t start, Py_ssize_t end, int decimal, int thousands
    ) except -1 nogil


cdef Py_ssize_t skip_sign(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef bint has_leading_zeros(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef bint is_infinity(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef int parse_exponent(Text text, Py_ssize_t start, Py_ssize_t end) except? -2000000 nogil
cdef bint survives_second_rounding(double value) except -1 nogil
