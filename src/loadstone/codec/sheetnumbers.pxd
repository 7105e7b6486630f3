# Numbers of workbooks; what the methods promise stands in sheetnumbers.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text


@cython.final
cdef class CellNumbers:
    cdef bint is_1904
    cdef bint is_negative
    cdef unsigned long long mantissa
    cdef int exponent
    cdef int count
    cdef unsigned char[::1] digits

    # the last serial number that was written, and how
    cdef unsigned long long last_mantissa
    cdef int last_exponent
    cdef int last_kind
    cdef Buffer last_serial

    cdef int scan(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int put_number(self, Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
    cdef int put_shortest(self, Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 with gil
    cdef int put_decimal(self, Buffer out) except -1 nogil
    cdef int put_digits(self, int count, int point, Buffer out) except -1 nogil
    cdef int put_serial(
        self, int kind, Text text, Py_ssize_t start, Py_ssize_t end, Buffer out
    ) except -1 nogil
    cdef int compute_serial(
        self, int kind, Text text, Py_ssize_t start, Py_ssize_t end, Buffer out
    ) except -1 nogil


cdef double read_double(Text text, Py_ssize_t start, Py_ssize_t end) except? -1.0 with gil
cdef int put_integer(long long value, int width, Buffer out) except -1 nogil
cdef int put_pair(int value, Buffer out) except -1 nogil
cdef int put_clock(long long millis, Buffer out) except -1 nogil
cdef int put_day(long long days, Buffer out) except -1 nogil
