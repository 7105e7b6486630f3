# After a broken element; what the functions promise stands in jsonresume.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class Resumption:
    cdef Py_ssize_t end
    cdef Py_ssize_t position
    cdef bint closes

    cdef int find(
        self,
        Text text,
        Py_ssize_t start,
        Py_ssize_t size,
        bint final,
        bint in_array,
        bint is_first,
        bint is_regular,
    ) except -3 nogil


@cython.locals(closing=cython.uchar[512])
cdef Py_ssize_t skip_damaged(Text text, Py_ssize_t start, Py_ssize_t end) except -3 nogil
cdef Py_ssize_t skip_quoted(Text text, Py_ssize_t start, Py_ssize_t end) except -3 nogil
cdef Py_ssize_t indentation(Text text, Py_ssize_t start, bint is_first) except -3 nogil
cdef bint is_indented_below(
    Text text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t indent
) except -1 nogil
cdef Py_ssize_t next_line_like(
    Text text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t indent, bint in_array
) except -3 nogil
cdef Py_ssize_t may_follow(
    Text text, Py_ssize_t position, Py_ssize_t end, bint final, bint in_array
) except -3 nogil
cdef Py_ssize_t trimmed_before(Text text, Py_ssize_t start, Py_ssize_t end) except -3 nogil
