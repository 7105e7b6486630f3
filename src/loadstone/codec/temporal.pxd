# Dates and times; what the methods promise stands in temporal.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class TemporalParser:
    cdef readonly long long value
    cdef long long days
    cdef long long micros
    cdef int offset
    cdef bint has_offset
    cdef bint is_endless
    cdef Py_ssize_t position
    cdef object zones
    cdef long long[::1] cached_hours
    cdef int[::1] cached_offsets

    cdef int parse_date(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int parse_time(
        self, Text text, Py_ssize_t start, Py_ssize_t end, int precision, bint rounds
    ) except -1 nogil
    cdef int parse_timestamp(
        self, Text text, Py_ssize_t start, Py_ssize_t end, int zone, int precision, bint rounds
    ) except -1 nogil
    cdef bint set_date(self, long long year, int month, int day) except -1 nogil
    cdef bint set_time(self, int hour, int minute, int second) except -1 nogil
    cdef int as_time(self, int precision, bint rounds) except -1 nogil
    cdef int as_timestamp(self, int zone, int precision, bint rounds) except -1 nogil
    cdef bint scan_date(self, Text text, Py_ssize_t i, Py_ssize_t end) except -1 nogil
    cdef int scan_time(self, Text text, Py_ssize_t i, Py_ssize_t end, bint rounds) except -1 nogil
    cdef int scan_fraction(self, Text text, Py_ssize_t i, Py_ssize_t end, bint rounds) except -1 nogil
    cdef bint scan_zone(self, Text text, Py_ssize_t i, Py_ssize_t end) except -1 nogil
    cdef int keep_precision(self, int precision, bint rounds) except -1 nogil
    cdef int local_offset(self, int zone, long long local) except? -1000000 nogil
    cdef int find_offset(
        self, int zone, long long local, long long key, long long slot
    ) except? -1000000 with gil


cdef int two_digits(Text text, Py_ssize_t i) except -2 nogil
cdef int endless_sign(Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
cdef int days_in_month(long long year, int month) noexcept nogil
cdef long long days_from_civil(long long year, int month, int day) noexcept nogil
