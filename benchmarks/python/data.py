"""The numbers that all sides compute with: a hash of position and seed, as in Data.java."""

import math

import numpy as np

CHUNK = 1 << 22


def _hash(seed, start, count):
    h = np.arange(start, start + count, dtype=np.uint64).astype(np.uint32)
    h *= np.uint32(0x9E3779B1)
    h += np.uint32(seed * 0x85EBCA77 & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h >> np.uint32(8)


def _filled(dtype, shape, make):
    out = np.empty(math.prod(shape), dtype)
    for start in range(0, out.size, CHUNK):
        count = min(CHUNK, out.size - start)
        out[start : start + count] = make(start, count)
    return out.reshape(shape)


def positive(seed, *shape):
    """Numbers of (0, 1]."""
    return _filled(np.float32, shape, lambda at, n: (_hash(seed, at, n) + np.uint32(1)).astype(np.float32) * np.float32(2**-24))


def signed(seed, *shape):
    """Numbers of (-1, 1]."""
    x = positive(seed, *shape)
    x *= 2
    x -= 1
    return x


def below(seed, bound, *shape):
    """Integers from 0 to below a bound."""
    return _filled(np.int64, shape, lambda at, n: (_hash(seed, at, n) * 2.0**-24 * bound).astype(np.int64))


def weights(index, shape):
    """What the parameter of this index begins with."""
    return signed(1000 + index, *shape) * np.float32(math.sqrt(shape[0] / math.prod(shape)))
