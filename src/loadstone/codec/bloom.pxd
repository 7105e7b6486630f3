# A filter over keys; what the methods promise stands in bloom.py.

cimport cython

from loadstone.codec.buffers cimport Text


@cython.final
cdef class BloomFilter:
    cdef unsigned long long[::1] words
    cdef unsigned long long mask
    cdef object memory

    cpdef bint add(self, unsigned long long key_hash) except -1 nogil


cdef unsigned long long mix(unsigned long long seed, unsigned long long value) noexcept nogil
cdef unsigned long long hash_bytes(
    Text text, Py_ssize_t start, Py_ssize_t end, unsigned long long seed
) except? 0 nogil
