"""Keys seen so far, in bounded memory: hashes, and a Bloom filter that touches one cache line per key.

It may say that a new key was seen before (rarely, more often when it is full), never the other way round.
"""

from __future__ import annotations

import mmap

import cython

from loadstone.codec.buffers import Text, refuse_slice

if cython.compiled:
    from cython.cimports.libc.string import memcpy

__all__ = ["BloomFilter"]

_BITS_PER_KEY = 16
_PROBES = cython.declare(cython.int, 6)
_WORDS_PER_BLOCK = 8  # 64 bytes: a cache line

# Large constants have names, so that compiled code takes them as unsigned; the mask is for uncompiled code.
_ALL_BITS = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_ODD = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
_ODD2 = cython.declare(cython.ulonglong, 0xBF58476D1CE4E5B9)


def mix(seed: cython.ulonglong, value: cython.ulonglong) -> cython.ulonglong:
    """A 64-bit hash of a hash so far and a further word, in the manner of splitmix64."""
    h: cython.ulonglong = ((seed ^ value) * _ODD) & _ALL_BITS
    h ^= h >> 30
    h = (h * _ODD2) & _ALL_BITS
    return h ^ (h >> 29)


def hash_bytes(
    text: Text, start: cython.Py_ssize_t, end: cython.Py_ssize_t, seed: cython.ulonglong
) -> cython.ulonglong:
    """A 64-bit hash of text[start:end], its length included."""
    h: cython.ulonglong = mix(seed, end - start)
    word: cython.ulonglong
    shift: cython.int
    i: cython.Py_ssize_t = start
    if start < 0 or end > len(text.data):
        refuse_slice(start, end, len(text.data))
    while end - i >= 8:
        word = 0
        if cython.compiled:
            memcpy(cython.address(word), cython.address(text.data[i]), 8)
        else:
            word = int.from_bytes(text.data[i : i + 8], "little")
        h = mix(h, word)
        i += 8
    if i < end:
        word = 0
        shift = 0
        while i < end:
            word |= cython.cast(cython.ulonglong, text.data[i]) << shift
            shift += 8
            i += 1
        h = mix(h, word)
    return h


class BloomFilter:
    """Which keys were probably seen before.

    Args:
        expected_rows: keys to come; twice as many still work, with more false positives.
        max_bytes: the most memory it takes, whatever is expected. Pages are touched as they are used.
    """

    def __init__(self, expected_rows: int = 4_000_000, max_bytes: int = 16 * 2**20) -> None:
        block = 8 * _WORDS_PER_BLOCK
        wanted = max(expected_rows, 1) * _BITS_PER_KEY // 8
        blocks = 1
        while blocks * block < wanted and 2 * blocks * block <= max_bytes:
            blocks *= 2
        self.memory = mmap.mmap(-1, blocks * block)
        self.words = memoryview(self.memory).cast("Q")
        self.mask = blocks - 1

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return len(self.memory)

    def add(self, key_hash: cython.ulonglong) -> cython.bint:
        """Adds a key by its hash; whether it was probably there already."""
        block: cython.Py_ssize_t = cython.cast(
            cython.Py_ssize_t, ((key_hash >> 40) ^ (key_hash >> 18)) & self.mask
        )
        probes: cython.ulonglong = mix(key_hash, 1)
        was_seen: cython.bint = True
        bit: cython.ulonglong
        probe: cython.int
        position: cython.Py_ssize_t
        block *= 8
        for probe in range(_PROBES):  # noqa: B007 - a typed name
            position = block + cython.cast(cython.Py_ssize_t, (probes >> 6) & 7)
            bit = cython.cast(cython.ulonglong, 1) << (probes & 63)
            if (self.words[position] & bit) == 0:
                was_seen = False
                self.words[position] |= bit
            probes >>= 9
        return was_seen
