# Characters of XML; what the functions promise stands in characters.py.

from loadstone.codec.buffers cimport Buffer, Text


cdef int named_entity(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef int put_character(long point, Buffer out) except -1 nogil
cdef int unescape_cell(Buffer out, Py_ssize_t start) except -1 nogil
cdef long escaped_point(Buffer text, Py_ssize_t i) except -2 nogil
cdef int put_lines(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
