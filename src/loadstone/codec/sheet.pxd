# Worksheets to tuples; what the methods promise stands in sheet.py.

cimport cython

from loadstone.codec.buffers cimport Buffer, IntegerList, Text
from loadstone.codec.rows cimport RowWriter
from loadstone.codec.sheetrows cimport SheetRows


@cython.final
cdef class SheetEncoder:
    cdef RowWriter writer
    cdef SheetRows rows
    cdef const int[::1] columns
    cdef unsigned char[::1] is_wanted
    cdef unsigned char[::1] is_date
    cdef long long first_row
    cdef object max_record_bytes
    cdef Text block
    cdef long long offset
    cdef Buffer raw
    cdef IntegerList raw_rows
    cdef bint is_done

    cdef Py_ssize_t encode(self) except -2 nogil
    cdef int write_row(self) except -1 nogil
    cdef int cut_midnight(self, Py_ssize_t column) except -1 nogil
    cdef int keep_raw(self) except -1 nogil
    cdef int put_raw_cell(self, Py_ssize_t column) except -1 nogil


cdef Py_ssize_t date_end(Text text, Py_ssize_t start, Py_ssize_t end) except -2 nogil
cdef int put_csv(Text text, Py_ssize_t start, Py_ssize_t end, int form, Buffer out) except -1 nogil
