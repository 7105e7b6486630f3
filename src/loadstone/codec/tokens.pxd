# Delimited text into cells; what the methods promise stands in tokens.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, Text

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(_MSC_VER)
    #include <intrin.h>
    #endif

    /* Eight bytes, the first one lowest. */
    static inline uint64_t loadstone_word(const unsigned char *bytes) {
        uint64_t word;
        memcpy(&word, bytes, 8);
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
    #endif
        return word;
    }

    /* The number of the lowest byte that has its highest bit set; there must be one. */
    static inline int loadstone_first(uint64_t marks) {
    #if defined(_MSC_VER)
        unsigned long bit;
        _BitScanForward64(&bit, marks);
        return (int)(bit >> 3);
    #else
        return __builtin_ctzll(marks) >> 3;
    #endif
    }
    """
    unsigned long long loadstone_word(const unsigned char *bytes) noexcept nogil
    int loadstone_first(unsigned long long marks) noexcept nogil


cdef enum:  # what follows a cell
    NEXT_CELL = 1
    NEXT_RECORD = 2
    INCOMPLETE = 3
    UNCLOSED = 4
    MALFORMED = 5
    TOO_LONG = 6


@cython.final
cdef class Tokenizer:
    cdef Text block
    cdef Buffer spare
    cdef Py_ssize_t size
    cdef bint is_final
    cdef Py_ssize_t max_record_bytes
    cdef int delimiter
    cdef int quote
    cdef int escape
    cdef unsigned char highest
    cdef unsigned long long delimiter_word
    cdef unsigned long long quote_word
    cdef unsigned long long escape_word
    cdef object plain_stop
    cdef object quoted_stop

    # the record at hand
    cdef Py_ssize_t limit
    cdef bint is_limited
    cdef long long lines

    # the cell at hand
    cdef Py_ssize_t start
    cdef Py_ssize_t end
    cdef int form
    cdef bint is_spare
    cdef unsigned long long seen

    # where the next cell or record begins
    cdef Py_ssize_t position

    cdef int begin(self, Py_ssize_t record) except -1 nogil
    cdef int next_cell(self) except -1 nogil
    cdef Py_ssize_t skip_ordinary(self, Py_ssize_t i, bint is_quoted) except -1 nogil
    cdef int quoted_cell(self) except -1 nogil
    cdef int after_cell(self, Py_ssize_t i) except -1 nogil
    cdef int at_limit(self, int otherwise) except -1 nogil
    cdef int unescape(self, Py_ssize_t start, Py_ssize_t end) except -1 nogil
    cdef Py_ssize_t line_break(self, Py_ssize_t i) except -2 nogil
    cdef Py_ssize_t line_end(self, Py_ssize_t i) except -2 nogil
