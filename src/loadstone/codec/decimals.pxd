# Decimal numbers to doubles; what the functions promise stands in decimals.py.

cdef double nearest_double(unsigned long long mantissa, int exponent) except? -1.0 nogil
cdef double double_of(unsigned long long bits) noexcept nogil
cdef long long bits_of(double value) noexcept nogil
cdef int single_bits_of(double value) noexcept nogil
cdef unsigned long long high_product(unsigned long long a, unsigned long long b) noexcept nogil
cdef double single_of(long long bits) noexcept nogil
