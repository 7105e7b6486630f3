# Cells of a worksheet as most are written; what the methods promise stands in sheetcells.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class PlainCells:
    cdef Text block
    cdef Py_ssize_t last
    cdef unsigned long long row
    cdef unsigned long long row_mask
    cdef Py_ssize_t row_size
    cdef Py_ssize_t column
    cdef Py_ssize_t style
    cdef int holds
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef long long number

    cdef int begin_row(self, Py_ssize_t first, Py_ssize_t end) except -1 nogil
    cdef Py_ssize_t find(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t find_value(self, Py_ssize_t i, unsigned long long word, int holds) except -2 nogil
    cdef Py_ssize_t take_digits(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t next_tag_from(self, Py_ssize_t i) except -2 nogil


cdef Py_ssize_t whole_number(Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
cdef unsigned long long word_at(Text text, Py_ssize_t i) except? 0 nogil
cdef int lowest_byte(unsigned long long bits) except -1 nogil
