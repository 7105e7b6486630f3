# XML in blocks; what the methods promise stands in markup.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text


@cython.final
cdef class Markup:
    cdef Text block
    cdef Py_ssize_t size
    cdef long long offset
    cdef int tag
    cdef unsigned long long name
    cdef Py_ssize_t name_size
    cdef Py_ssize_t first_r
    cdef Py_ssize_t last_r
    cdef Py_ssize_t first_s
    cdef Py_ssize_t last_s
    cdef Py_ssize_t first_t
    cdef Py_ssize_t last_t

    cdef Py_ssize_t next_tag(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t closing_tag(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t opening_tag(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t pass_over(self, Py_ssize_t i) except -2 nogil
    cdef bint is_cdata(self, Py_ssize_t i) except -1 nogil
    cdef Py_ssize_t behind(self, Py_ssize_t i, unsigned char last, unsigned char before) except -2 nogil
    cdef Py_ssize_t take_name(self, Py_ssize_t i) except -2 nogil
    cdef bint is_named(self, unsigned long long name, Py_ssize_t size) except -1 nogil
    cdef Py_ssize_t skip_element(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t plain_end(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t copy_text(self, Py_ssize_t i, Buffer out) except -2 nogil
    cdef Py_ssize_t copy_entity(self, Py_ssize_t i, Buffer out) except -2 nogil


cdef Py_ssize_t refuse_markup(long long position) except -2 with gil
