# The JSON grammar for other codec modules; what the functions promise stands in jsontext.py.

cimport cython

from loadstone.codec.buffers cimport Text

cdef Py_ssize_t check_json(Text text, Py_ssize_t start, Py_ssize_t end) except? -2 nogil
cdef Py_ssize_t check_jsonb(Text text, Py_ssize_t start, Py_ssize_t end) except? -2 nogil

cdef Py_ssize_t skip_space(Text text, Py_ssize_t start, Py_ssize_t end) except? -1 nogil
cdef Py_ssize_t skip_plain(Text text, Py_ssize_t start, Py_ssize_t end) except? -1 nogil
cdef Py_ssize_t scan_string(
    Text text, Py_ssize_t start, Py_ssize_t end, bint for_jsonb
) except? -1 nogil
cdef Py_ssize_t scan_number(
    Text text, Py_ssize_t start, Py_ssize_t end, bint for_jsonb
) except? -1 nogil
@cython.locals(is_object=cython.uchar[512])
cdef Py_ssize_t scan_value(
    Text text, Py_ssize_t start, Py_ssize_t end, bint for_jsonb
) except? -1 nogil

cdef Py_ssize_t _check(
    Text text, Py_ssize_t start, Py_ssize_t end, bint for_jsonb
) except? -2 nogil
cdef Py_ssize_t _scan_key(
    Text text, Py_ssize_t start, Py_ssize_t end, bint for_jsonb
) except? -1 nogil
cdef Py_ssize_t scan_word(Text text, Py_ssize_t start, Py_ssize_t end) except? -1 nogil
cdef bint _is_word(Text text, Py_ssize_t start, const unsigned char* word, int size) except -1 nogil
cdef Py_ssize_t _scan_escape(
    Text text, Py_ssize_t start, Py_ssize_t end, bint for_jsonb
) except? -1 nogil
cdef long hex4(Text text, Py_ssize_t start, Py_ssize_t end) except? -2 nogil
cdef int utf8_length(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
cdef bint _fits_numeric(Text text, Py_ssize_t start, Py_ssize_t end) except -1 nogil
