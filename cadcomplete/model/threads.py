"""How many threads compute: one, where more would mostly wait for each other."""

from __future__ import annotations

import os


def one_thread() -> None:
    """Let numpy use one thread in this process, if it is not loaded yet, and in its children.

    Threads that wait spin, and beside another busy process that costs most of the time. torch has
    a rule of its own (`generate`). What the user has set stays.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, os.environ.get("OMP_NUM_THREADS", "1"))
