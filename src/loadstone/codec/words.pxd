# Many bytes at a time, for the compiled codec. What these functions find, a loop over bytes would, too.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(_MSC_VER)
    #include <intrin.h>
    #endif
    #if defined(__SSE2__) || defined(_M_X64)
    #define LOADSTONE_SSE2
    #include <emmintrin.h>
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

    /* The number of the lowest bit that is set; there must be one. */
    static inline int loadstone_lowest(uint64_t bits) {
    #if defined(_MSC_VER)
        unsigned long bit;
        _BitScanForward64(&bit, bits);
        return (int)bit;
    #else
        return __builtin_ctzll(bits);
    #endif
    }

    /* Of 64 bytes, one bit for each: which are below 14 or one of two marks, and which are above 127. */
    static inline void loadstone_mark(
        const unsigned char *bytes, unsigned char one, unsigned char two, unsigned long long *marks, unsigned long long *wide
    ) {
        uint64_t marked = 0, above = 0;
    #if defined(LOADSTONE_SSE2)
        const __m128i ones = _mm_set1_epi8((char)one), twos = _mm_set1_epi8((char)two);
        const __m128i thirteens = _mm_set1_epi8(13);
        for (int i = 0; i < 64; i += 16) {
            const __m128i vector = _mm_loadu_si128((const __m128i *)(bytes + i));
            const __m128i is_low = _mm_cmpeq_epi8(_mm_min_epu8(vector, thirteens), vector);
            const __m128i is_one = _mm_cmpeq_epi8(vector, ones), is_two = _mm_cmpeq_epi8(vector, twos);
            const __m128i is_marked = _mm_or_si128(is_low, _mm_or_si128(is_one, is_two));
            marked |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_marked) << i;
            above |= (uint64_t)(uint32_t)_mm_movemask_epi8(vector) << i;
        }
    #else
        /* Each byte's answer is its highest bit; no carry goes from one byte to the next. */
        const uint64_t each = 0x0101010101010101u, high = 0x80 * each, low = 0x7F * each;
        for (int i = 0; i < 64; i += 8) {
            const uint64_t word = loadstone_word(bytes + i);
            const uint64_t a = word ^ one * each, b = word ^ two * each;
            const uint64_t not_low = ((word & low) + 0x72 * each) | word;
            const uint64_t not_one = ((a & low) + low) | a, not_two = ((b & low) + low) | b;
            const uint64_t is_marked = ~(not_low & not_one & not_two) & high;
            marked |= ((is_marked >> 7) * 0x0102040810204080u >> 56) << i;
            above |= (((word & high) >> 7) * 0x0102040810204080u >> 56) << i;
        }
    #endif
        *marks = marked;
        *wide = above;
    }
    """
    unsigned long long loadstone_word(const unsigned char *bytes) noexcept nogil
    int loadstone_lowest(unsigned long long bits) noexcept nogil
    void loadstone_mark(
        const unsigned char *bytes,
        unsigned char one,
        unsigned char two,
        unsigned long long *marks,
        unsigned long long *wide,
    ) noexcept nogil
