# Escapes of JSON strings; what the function promises stands in jsonstrings.py.

from loadstone.codec.buffers cimport Buffer, Text

cdef Py_ssize_t decode_string(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except? -2 nogil
cdef bint has_escape(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef int _put_character(Buffer out, long code) except -1 nogil
