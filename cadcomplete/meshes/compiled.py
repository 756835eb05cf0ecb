"""Loops compiled with numba where it is installed, their twin in numpy where it is not."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any


def compiled(loops: Callable[..., Any], vectors: Callable[..., Any]) -> Callable[..., Any]:
    """Return `loops` compiled, or `vectors`, which gives the same without a compiler.

    The compiled code is kept beside the module, so that the next process only loads it.
    """
    if importlib.util.find_spec("numba") is None:
        return vectors
    import numba

    try:
        return numba.njit(cache=True)(loops)
    except RuntimeError:  # no folder to keep the compiled code in can be written
        return numba.njit(loops)
