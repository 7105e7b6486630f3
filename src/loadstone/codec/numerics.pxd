# PostgreSQL's numeric; what the methods promise stands in numerics.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text


@cython.final
cdef class NumericParser:
    cdef Buffer digits
    cdef int sign
    cdef Py_ssize_t point
    cdef Py_ssize_t scale

    cdef int write(
        self,
        Text text,
        Py_ssize_t start,
        Py_ssize_t end,
        int precision,
        int scale,
        bint rounds,
        Buffer out,
    ) except -1 nogil
    cdef int scan(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int fit(self, int precision, int scale, bint rounds) except -1 nogil
    cdef int round_at(self, Py_ssize_t cut) except -1 nogil
    cdef int strip(self) except -1 nogil
    cdef int put(self, Buffer out) except -1 nogil


cdef int write_special(
    Text text, Py_ssize_t start, Py_ssize_t end, int precision, Buffer out
) except -1 nogil
cdef int compare_numeric(
    Text a, Py_ssize_t a_start, Py_ssize_t a_end, Text b, Py_ssize_t b_start, Py_ssize_t b_end
) except -2 nogil
cdef int numeric_rank(int sign, Py_ssize_t digits) noexcept nogil
