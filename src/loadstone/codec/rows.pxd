# Rows out of cells; what the methods promise stands in rows.py.

cimport cython

from loadstone.codec.bloom cimport BloomFilter
from loadstone.codec.buffers cimport Buffer, Text
from loadstone.codec.cells cimport CellWriter
from loadstone.codec.fields cimport FieldEncoder
from loadstone.codec.findings cimport Findings
from loadstone.codec.places cimport Places
from loadstone.codec.program cimport Program
from loadstone.codec.splitting cimport Splitter


@cython.final
cdef class RowWriter:
    cdef readonly object plan
    cdef Program program
    cdef FieldEncoder fields
    cdef CellWriter cells
    cdef Splitter splitter
    cdef Findings findings
    cdef object sentences
    cdef BloomFilter bloom
    cdef Buffer out
    cdef Buffer late
    cdef Text fixed
    cdef Text separators
    cdef const int[::1] only_columns
    cdef const int[::1] first_columns
    cdef const int[::1] column_counts
    cdef const int[::1] cell_marks
    cdef const int[::1] separator_ends
    cdef const int[::1] parts
    cdef const int[::1] part_counts
    cdef Places places
    cdef Places late_places
    cdef int field_count
    cdef bint traces
    cdef bint numbers_rows
    cdef bint deduplicates
    cdef bint fixed_key_is_null

    # the row at hand
    cdef readonly long long row_number
    cdef long long line_number
    cdef long long byte_offset
    cdef Py_ssize_t row_start
    cdef bint is_bad
    cdef bint is_refused
    cdef bint is_discarded
    cdef bint key_is_null
    cdef long long row_repaired
    cdef unsigned long long key_hash

    # the chunk at hand
    cdef long long rows
    cdef long long late_rows
    cdef long long records
    cdef long long discarded
    cdef long long repaired
    cdef long long null_keys

    cdef int begin(self, long long line_number, long long byte_offset) except -1 nogil
    cdef int cell(
        self, Py_ssize_t index, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int missing(self, Py_ssize_t index) except -1 nogil
    cdef int refuse_cell(
        self, Py_ssize_t index, int code, Text text, Py_ssize_t start, Py_ssize_t end, long long detail
    ) except -1 nogil
    cdef int refuse_record(
        self, int code, Text text, Py_ssize_t start, Py_ssize_t end, long long detail
    ) except -1 nogil
    cdef int discard(self) except -1 nogil
    cdef int end(self, long long length) except -1 nogil
    cdef int forget(self) except -1 nogil

    cdef int write(
        self, int column, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int write_missing(self, int column) except -1 nogil
    cdef int settle_cell(self, int column, Py_ssize_t field) except -1 nogil
    cdef int refuse(
        self, int column, int code, Text text, Py_ssize_t start, Py_ssize_t end, long long detail
    ) except -1 nogil
    cdef int split_cell(
        self, Py_ssize_t index, Text text, Py_ssize_t start, Py_ssize_t end, int form
    ) except -1 nogil
    cdef int accept(self, long long length) except -1 nogil
