# Delimited text into cells; what the methods promise stands in tokens.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text

cdef enum:  # what follows a cell
    NEXT_CELL = 1
    NEXT_RECORD = 2
    INCOMPLETE = 3
    UNCLOSED = 4
    MALFORMED = 5
    TOO_LONG = 6


@cython.final
cdef class Tokenizer:
    cdef Text block
    cdef Buffer spare
    cdef Py_ssize_t size
    cdef bint is_final
    cdef Py_ssize_t max_record_bytes
    cdef int delimiter
    cdef int quote
    cdef int escape
    cdef unsigned char highest

    # the record at hand
    cdef Py_ssize_t limit
    cdef bint is_limited
    cdef long long lines

    # the cell at hand
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef int form
    cdef bint is_spare

    # where the next cell or record begins
    cdef Py_ssize_t position

    cdef int begin(self, Py_ssize_t record) except -1 nogil
    cdef int next_cell(self) except -1 nogil
    cdef int quoted_cell(self) except -1 nogil
    cdef int after_cell(self, Py_ssize_t i) except -1 nogil
    cdef int at_limit(self, int otherwise) except -1 nogil
    cdef int unescape(self, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef Py_ssize_t line_break(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t line_end(self, Py_ssize_t i) except -2 nogil
