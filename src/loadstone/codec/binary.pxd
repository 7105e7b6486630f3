# Byte strings and addresses; what the functions promise stands in binary.py.

from loadstone.codec.buffers cimport Buffer, Text

cdef int put_bytea(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
cdef int put_escaped(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
cdef int put_inet(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
cdef int small_number(Text text, Py_ssize_t start, Py_ssize_t end, int most) except -2 nogil
cdef bint put_address4(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
cdef bint put_address6(Text text, Py_ssize_t start, Py_ssize_t end, Buffer out) except -1 nogil
cdef bint fill_gap(Buffer out, Py_ssize_t base, int gap, int groups) except -1 nogil
