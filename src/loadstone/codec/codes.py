"""Why a row is rejected: every code that the codec gives, its number, its stable name and its sentence.

A sentence is filled with `value` (the cell, shortened), `type` (the column's), `detail` (a number: a length,
a count, a position) and `limit` (what the rule or the type allows).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ABOVE_MAXIMUM",
    "BELOW_MINIMUM",
    "CHILD_ELEMENT",
    "CODES",
    "INVALID_JSON",
    "INVALID_UTF8",
    "KEY_TWICE",
    "LEADING_ZEROS",
    "LONGER_THAN_ALLOWED",
    "MALFORMED_QUOTE",
    "MISSING_COMMA",
    "NESTED_VALUE",
    "NOT_ALLOWED",
    "NOT_AN_ADDRESS",
    "NOT_AN_ARRAY",
    "NOT_AN_INTEGER",
    "NOT_AN_INTERVAL",
    "NOT_AN_OBJECT",
    "NOT_A_BOOLEAN",
    "NOT_A_DATE",
    "NOT_A_LABEL",
    "NOT_A_LIST",
    "NOT_A_NUMBER",
    "NOT_A_TIME",
    "NOT_A_TIMESTAMP",
    "NOT_A_UUID",
    "NOT_BYTES",
    "NUL_CHARACTER",
    "OUT_OF_RANGE",
    "PATTERN_MISMATCH",
    "RECORD_TOO_LONG",
    "REQUIRED",
    "TOO_FEW_CELLS",
    "TOO_LONG",
    "TOO_MANY_CELLS",
    "TOO_MANY_DIGITS",
    "UNCLOSED_QUOTE",
    "UNEXPECTED_ZONE",
    "UNKNOWN_KEY",
    "WRONG_PART_COUNT",
    "Code",
]


class Code(NamedTuple):
    """One reason: the name is stable and goes to the ledger, the sentence is for people."""

    name: str
    sentence: str


REQUIRED = 1
INVALID_UTF8 = 2
NUL_CHARACTER = 3
NOT_A_BOOLEAN = 4
NOT_AN_INTEGER = 5
NOT_A_NUMBER = 6
OUT_OF_RANGE = 7
TOO_MANY_DIGITS = 8
TOO_LONG = 9
NOT_A_DATE = 10
NOT_A_TIME = 11
NOT_A_TIMESTAMP = 12
UNEXPECTED_ZONE = 13
NOT_AN_INTERVAL = 14
NOT_A_UUID = 15
INVALID_JSON = 16
NOT_BYTES = 17
NOT_AN_ADDRESS = 18
NOT_A_LABEL = 19
NOT_AN_ARRAY = 20
BELOW_MINIMUM = 21
ABOVE_MAXIMUM = 22
NOT_ALLOWED = 23
PATTERN_MISMATCH = 24
LONGER_THAN_ALLOWED = 25
NOT_A_LIST = 26
WRONG_PART_COUNT = 27
TOO_FEW_CELLS = 28
TOO_MANY_CELLS = 29
UNCLOSED_QUOTE = 30
MALFORMED_QUOTE = 31
RECORD_TOO_LONG = 32
NOT_AN_OBJECT = 33
UNKNOWN_KEY = 34
NESTED_VALUE = 35
KEY_TWICE = 36
MISSING_COMMA = 37
CHILD_ELEMENT = 38
LEADING_ZEROS = 60

#: Every code by its number.
CODES: dict[int, Code] = {
    # A cell that is missing, or whose bytes no text column can hold.
    REQUIRED: Code("required", "there is no value, and the column requires one"),
    INVALID_UTF8: Code("invalid_utf8", "{value} is not valid UTF-8"),
    NUL_CHARACTER: Code("nul_character", "{value} holds a NUL character, which PostgreSQL cannot store"),
    # A cell that is not of its column's type.
    NOT_A_BOOLEAN: Code("not_a_boolean", "{value} is neither true nor false"),
    NOT_AN_INTEGER: Code("not_an_integer", "{value} is not an integer"),
    NOT_A_NUMBER: Code("not_a_number", "{value} is not a number"),
    OUT_OF_RANGE: Code("out_of_range", "{value} is out of the range of {type}"),
    TOO_MANY_DIGITS: Code("too_many_digits", "{value} has more fractional digits than {type} keeps"),
    TOO_LONG: Code("too_long", "{value} has {detail} characters, {type} holds {limit}"),
    NOT_A_DATE: Code("not_a_date", "{value} is not a date"),
    NOT_A_TIME: Code("not_a_time", "{value} is not a time"),
    NOT_A_TIMESTAMP: Code("not_a_timestamp", "{value} is not a timestamp"),
    UNEXPECTED_ZONE: Code("unexpected_zone", "{value} has a time zone, which {type} would lose"),
    NOT_AN_INTERVAL: Code("not_an_interval", "{value} is not an interval"),
    NOT_A_UUID: Code("not_a_uuid", "{value} is not a UUID"),
    INVALID_JSON: Code("invalid_json", "{value} is not valid JSON at position {detail}"),
    NOT_BYTES: Code("not_bytes", "{value} is not bytea in its hex or escape form"),
    NOT_AN_ADDRESS: Code("not_an_address", "{value} is not an IP address"),
    NOT_A_LABEL: Code("not_a_label", "{value} is not a label of {type}"),
    LEADING_ZEROS: Code("leading_zeros", "{value} has leading zeros or a plus sign, which {type} would lose"),
    NOT_AN_ARRAY: Code("not_an_array", "{value} is not an array of {element}"),
    # A value that a rule of its column refuses.
    BELOW_MINIMUM: Code("below_minimum", "{value} is below the minimum of {limit}"),
    ABOVE_MAXIMUM: Code("above_maximum", "{value} is above the maximum of {limit}"),
    NOT_ALLOWED: Code("not_allowed", "{value} is not one of the values allowed"),
    PATTERN_MISMATCH: Code("pattern_mismatch", "{value} does not match the pattern {limit}"),
    LONGER_THAN_ALLOWED: Code("longer_than_allowed", "{value} has {detail} characters, {limit} are allowed"),
    # A cell that holds several values.
    NOT_A_LIST: Code("not_a_list", "{value} is not a list"),
    WRONG_PART_COUNT: Code("wrong_part_count", "{value} holds {detail} values, the columns take {limit}"),
    # A record that is broken as a whole.
    TOO_FEW_CELLS: Code("too_few_cells", "the record has {detail} instead of {limit} cells"),
    TOO_MANY_CELLS: Code("too_many_cells", "the record has {detail} instead of {limit} cells"),
    UNCLOSED_QUOTE: Code("unclosed_quote", "a quote opens and is never closed"),
    MALFORMED_QUOTE: Code("malformed_quote", "text follows a closing quote"),
    RECORD_TOO_LONG: Code("record_too_long", "the record is longer than {limit} bytes"),
    # JSON alone.
    NOT_AN_OBJECT: Code("not_an_object", "the record is JSON, but not an object"),
    UNKNOWN_KEY: Code("unknown_key", "the key {value} is not in the contract"),
    NESTED_VALUE: Code("nested_value", "{value} is nested, {type} takes a single value"),
    KEY_TWICE: Code("key_twice", "flattened, the key {value} gives a name that another one gave already"),
    MISSING_COMMA: Code("missing_comma", "there is no comma between this element and the one before it"),
    # Stands for what is wrong with an element until that is known (`childrejects`).
    CHILD_ELEMENT: Code("child_element", "an element of a list does not fit"),
}
