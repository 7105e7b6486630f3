"""The double nearest to a decimal number: the algorithm of Eisel and Lemire.

Daniel Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (8), 2021. The
number is multiplied by a 128-bit approximation of the power of five; where that cannot decide, the answer is
"undecided".
"""

from __future__ import annotations

import struct
from array import array

import cython

if cython.compiled:
    from cython.cimports.libc.string import memcpy

__all__ = ["nearest"]

_LOWEST = cython.declare(cython.int, -342)
_HIGHEST = cython.declare(cython.int, 308)
_MASK = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_TOP = cython.declare(cython.ulonglong, 1 << 63)
_HALF = cython.declare(cython.ulonglong, 0xFFFFFFFF)
_UNSEEN = cython.declare(
    cython.ulonglong, 0xFFFFFFFFFFFFFFFF >> 55
)  # bits of a product that are not looked at
_HIDDEN = cython.declare(cython.ulonglong, 1 << 52)
_INFINITY = cython.declare(cython.double, float("inf"))


def _powers_of_five() -> array[int]:
    """5**q for q from -342 to 308 as 128 bits with the highest one set: high and low halves in turn."""
    words = array("Q")
    for q in range(-342, 309):
        if q < 0:
            power = 5**-q
            c = (1 << (power.bit_length() + 127 + 64)) // power + 1
        else:
            c = 5**q << 128
        c >>= c.bit_length() - 128
        words.append(c >> 64)
        words.append(c & 0xFFFFFFFFFFFFFFFF)
    return words


_POWERS = cython.declare(cython.const_ulonglong[::1], _powers_of_five())


def nearest(mantissa: int, exponent: int) -> float:
    """The double nearest to mantissa * 10**exponent, or -1.0 where this way of computing cannot tell."""
    value: float = nearest_double(mantissa, exponent)
    return value


def bits_of(value: cython.double) -> cython.longlong:
    """The bits of a double, as a signed integer."""
    bits: cython.longlong = 0
    if cython.compiled:
        memcpy(cython.address(bits), cython.address(value), 8)
    else:
        bits = struct.unpack("q", struct.pack("d", value))[0]
    return bits


def single_bits_of(value: cython.double) -> cython.int:
    """The bits of the single nearest to a double."""
    bits: cython.int = 0
    if cython.compiled:
        single: cython.float = value
        memcpy(cython.address(bits), cython.address(single), 4)
    else:
        bits = struct.unpack("i", struct.pack("f", value))[0]
    return bits


def double_of(bits: cython.ulonglong) -> cython.double:
    """The double of these bits."""
    value: cython.double = 0.0
    if cython.compiled:
        memcpy(cython.address(value), cython.address(bits), 8)
    else:
        value = struct.unpack("d", struct.pack("Q", bits))[0]
    return value


def high_product(a: cython.ulonglong, b: cython.ulonglong) -> cython.ulonglong:
    """The high 64 bits of a 128-bit product."""
    middle: cython.ulonglong = (a >> 32) * (b & _HALF) + (((a & _HALF) * (b & _HALF)) >> 32)
    return (a >> 32) * (b >> 32) + (middle >> 32) + (((a & _HALF) * (b >> 32) + (middle & _HALF)) >> 32)


def nearest_double(mantissa: cython.ulonglong, exponent: cython.int) -> cython.double:
    """The double nearest to mantissa * 10**exponent, or -1.0 where this way of computing cannot tell."""
    leading: cython.int = 0
    shift: cython.int
    power: cython.int
    carry: cython.int
    high: cython.ulonglong
    low: cython.ulonglong
    more: cython.ulonglong
    bits: cython.ulonglong
    if mantissa == 0 or exponent < _LOWEST:
        return 0.0
    if exponent > _HIGHEST:
        return _INFINITY
    while mantissa < _TOP:
        mantissa <<= 1
        leading += 1
    high = high_product(mantissa, _POWERS[2 * (exponent - _LOWEST)])
    low = (mantissa * _POWERS[2 * (exponent - _LOWEST)]) & _MASK
    if (high & _UNSEEN) == _UNSEEN:
        more = high_product(mantissa, _POWERS[2 * (exponent - _LOWEST) + 1])
        low = (low + more) & _MASK
        if more > low:
            high += 1
    if low == _MASK and not -27 <= exponent <= 55:
        return -1.0
    carry = cython.cast(cython.int, high >> 63)
    shift = carry + 9
    bits = high >> shift
    power = ((217_706 * exponent) >> 16) + 63 + carry - leading + 1023
    if power <= 0:
        # Too small for a hidden bit.
        if 1 - power >= 64:
            return 0.0
        bits >>= 1 - power
        bits = (bits + (bits & 1)) >> 1
        return double_of(bits)
    if low <= 1 and -4 <= exponent <= 23 and (bits & 3) == 1 and bits << shift == high:
        bits -= 1  # exactly between two doubles: to the even one
    bits = (bits + (bits & 1)) >> 1
    if bits >= 2 * _HIDDEN:
        bits = _HIDDEN
        power += 1
    if power >= 2047:
        return _INFINITY
    return double_of((bits - _HIDDEN) | (cython.cast(cython.ulonglong, power) << 52))


def single_of(bits: cython.longlong) -> cython.double:
    """The single of these 32 bits, as a double: the same number."""
    sign: cython.ulonglong = (bits >> 31) & 1
    exponent: cython.longlong = (bits >> 23) & 0xFF
    fraction: cython.longlong = bits & 0x7FFFFF
    if exponent == 0xFF:
        exponent = 0x7FF
    elif exponent != 0:
        exponent += 0x380
    elif fraction != 0:
        exponent = 0x381
        while not fraction & 0x800000:
            fraction <<= 1
            exponent -= 1
        fraction &= 0x7FFFFF
    return double_of(
        (sign << 63)
        | (cython.cast(cython.ulonglong, exponent) << 52)
        | (cython.cast(cython.ulonglong, fraction) << 29)
    )
