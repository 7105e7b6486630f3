# The numbers of kinds.py for compiled code; a test holds the two equal.

cdef enum:
    BOOLEAN = 1
    INT2 = 2
    INT4 = 3
    INT8 = 4
    FLOAT4 = 5
    FLOAT8 = 6
    NUMERIC = 7
    TEXT = 8
    VARCHAR = 9
    CHAR = 10
    DATE = 11
    TIME = 12
    TIMESTAMP = 13
    TIMESTAMPTZ = 14
    INTERVAL = 15
    UUID = 16
    JSON = 17
    JSONB = 18
    BYTEA = 19
    INET = 20
    ENUM = 21
    ARRAY = 22

cdef enum:
    QUOTED = 1
    NON_ASCII = 2
    HAS_NUL = 4
    PLAIN = 8

cdef enum:
    TRIMS = 1
    EMPTY_IS_TEXT = 2
    IS_REQUIRED = 4
    HAS_DEFAULT = 8
    HAS_NULL_TEXTS = 16
    HAS_RULES = 32
    HAS_MINIMUM = 64
    HAS_MAXIMUM = 128
    HAS_VALUES = 256
    HAS_PATTERN = 512
    HAS_MAX_LENGTH = 1024
    ELSE_NULL = 2048
    ELSE_SET = 4096
    ROUNDS = 8192
    LOCAL_NUMBERS = 16384
    HAS_FORMATS = 32768
    HAS_ZONE = 65536
    IS_KEY = 131072

cdef enum:
    IS_UNKNOWN = 1
    IS_SPLIT = 2
    HAS_SEPARATOR = 4
