# Where rows came from; what the methods promise stands in places.py.

cimport cython

from loadstone.codec.buffers cimport IntegerList


@cython.final
cdef class Places:
    cdef IntegerList numbers

    cdef int note(
        self, long long row, long long line, long long offset, long long length, long long tuple_end
    ) except -1 nogil
