# Bytes in and bytes out; what the methods promise stands in buffers.py.

cimport cython

cdef class Text:
    cdef const unsigned char[::1] data


@cython.final
cdef class Buffer(Text):
    cdef unsigned char[::1] room
    cdef Py_ssize_t position

    cdef int grow(self, Py_ssize_t size) except -1 with gil
    cdef int put_byte(self, int value) except -1 nogil
    cdef int put_int16(self, int value) except -1 nogil
    cdef int put_int32(self, long long value) except -1 nogil
    cdef int put_int64(self, long long value) except -1 nogil
    cdef int put_field16(self, int value) except -1 nogil
    cdef int put_field32(self, long long value) except -1 nogil
    cdef int put_field64(self, long long value) except -1 nogil
    cdef int end_field(self, Py_ssize_t begin) except -1 nogil
    cdef int put_slice(self, Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef int set_int32(self, Py_ssize_t position, long long value) except -1 nogil
    cdef int put_bytes(self, bytes value) except -1


cdef int refuse_slice(Py_ssize_t start, Py_ssize_t end, Py_ssize_t size) except -1 with gil


@cython.final
cdef class IntegerList:
    cdef long long[::1] items
    cdef Py_ssize_t count

    cdef int grow(self) except -1 with gil
    cdef int append(self, long long value) except -1 nogil
