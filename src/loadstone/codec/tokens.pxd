# Delimited text into cells; what the methods promise stands in tokens.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text

@cython.final
cdef class Tokenizer:
    cdef Text block
    cdef Buffer spare
    cdef Py_ssize_t size
    cdef bint is_final
    cdef Py_ssize_t max_record_bytes
    cdef int delimiter
    cdef Text delimiter_text
    cdef Py_ssize_t delimiter_size
    cdef bint is_single
    cdef bint is_run
    cdef int quote
    cdef int escape
    cdef unsigned char highest
    cdef unsigned char escape_or_delimiter
    cdef unsigned long long quote_word
    cdef unsigned long long escape_word
    cdef object plain_stop
    cdef object quoted_stop

    # which of the 64 bytes from `marked` on may end a cell, and which are above 127
    cdef Py_ssize_t marked
    cdef unsigned long long marks
    cdef unsigned long long wide

    # the record at hand
    cdef Py_ssize_t limit
    cdef bint is_limited
    cdef long long lines

    # the cell at hand
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef int form
    cdef bint is_spare
    cdef unsigned long long seen

    # where the next cell or record begins
    cdef Py_ssize_t position

    cdef int begin(self, Py_ssize_t record) except -1 nogil
    cdef int next_cell(self) except -1 nogil
    cdef Py_ssize_t next_stop(self, Py_ssize_t i) except -1 nogil
    cdef Py_ssize_t next_quote(self, Py_ssize_t i) except -1 nogil
    cdef int quoted_cell(self) except -1 nogil
    cdef int after_cell(self, Py_ssize_t i) except -1 nogil
    cdef int at_limit(self, int otherwise) except -1 nogil
    cdef bint is_delimiter(self, Py_ssize_t i) except -1 nogil
    cdef Py_ssize_t run_end(self, Py_ssize_t i) except -1 nogil
    cdef int unescape(self, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef Py_ssize_t line_break(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t line_end(self, Py_ssize_t i) except -2 nogil
