# Characters and words in text; what the functions promise stands in texts.py.

from loadstone.codec.buffers cimport Text

cdef bint is_utf8(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef bint is_ascii(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef Py_ssize_t character_count(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef Py_ssize_t trimmed_start(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef Py_ssize_t trimmed_end(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef bint is_space(unsigned char c) noexcept nogil
cdef int boolean_of(Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
cdef bint is_word(
    Text text, Py_ssize_t start, Py_ssize_t end, const unsigned char* word, Py_ssize_t size
) except -1 nogil
cdef int hex_digit(unsigned char c) noexcept nogil
cdef bint has_nul(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
