# Rows of a worksheet; what the methods promise stands in sheetrows.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.markup cimport Markup
from loadstone.codec.sharedstrings cimport SharedStrings
from loadstone.codec.sheetcells cimport PlainCells
from loadstone.codec.sheetnumbers cimport CellNumbers


@cython.final
cdef class SheetRows:
    cdef Markup markup
    cdef PlainCells plain
    cdef SharedStrings strings
    cdef const int[::1] styles
    cdef CellNumbers numbers
    cdef Text block
    cdef Buffer spare
    cdef int[::1] sources
    cdef long long[::1] starts
    cdef long long[::1] ends
    cdef int[::1] forms
    cdef bint is_inside

    # the row at hand
    cdef readonly long long row_number
    cdef Py_ssize_t offset
    cdef Py_ssize_t used
    cdef readonly int found
    cdef Py_ssize_t column

    cdef Py_ssize_t next_row(self, Py_ssize_t i) except -2 nogil
    cdef int clear(self) except -1 nogil
    cdef Py_ssize_t read_cells(self, Py_ssize_t i) except -2 nogil
    cdef bint take_plain(self) except -1 nogil
    cdef Py_ssize_t read_cell(self, Py_ssize_t i) except -2 nogil
    cdef int take_spare(self, unsigned char kind, Py_ssize_t style, Py_ssize_t start) except -1 nogil
    cdef int take(
        self, unsigned char kind, Py_ssize_t style, Text text, int source, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef int take_string(self, long long number) except -1 nogil
    cdef int kind_of(self, Py_ssize_t style) except -1 nogil
    cdef bint take_number(
        self, Py_ssize_t style, Text text, int source, Py_ssize_t start, Py_ssize_t end
    ) except -1 nogil
    cdef int set_cell(
        self, Py_ssize_t column, int source, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int put_truth(self, bint is_true) except -1 nogil
    cdef Py_ssize_t integer(self, Py_ssize_t start, Py_ssize_t end) except -2 nogil
    cdef Py_ssize_t column_of(self, Py_ssize_t start, Py_ssize_t end) except -2 nogil


cdef Py_ssize_t refuse_attribute(long long position) except -2 with gil
cdef int refuse_string(long long number, Py_ssize_t count) except -1 with gil
