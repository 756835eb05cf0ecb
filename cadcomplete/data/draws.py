"""Numbers drawn at random by what they are for: a million of them at once, or one, and the same.

A generator of its own for each sample would cost more than all else that is done to know lengths
of a million samples. These are a hash of what they belong to (SplitMix64: Steele, Lea and
Flood 2014, Fast Splittable Pseudorandom Number Generators).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def draws(keys: ArrayLike, numbers: ArrayLike, *, seed: int, stream: int) -> np.ndarray:
    """Return one number in [0, 1) for each key (64 bits, of a part) and number (of a variant).

    The shape is that of both together, at least (1,). Another seed or stream gives others.
    """
    state = _mixed(np.atleast_1d(np.asarray(seed, dtype=np.uint64)))
    for word in (stream, numbers, keys):
        state = _mixed(state ^ np.atleast_1d(np.asarray(word, dtype=np.uint64)))
    return (state >> np.uint64(11)) * 2.0**-53


def _mixed(words: np.ndarray) -> np.ndarray:
    """Mix the bits of words of 64 bits; overflow is meant."""
    words = words + _STEP
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))
