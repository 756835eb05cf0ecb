"""What reading one script may take, counted: the same script is read, or refused, everywhere.

A script can ask for any amount of work in a few lines: a solid that is joined with itself doubles.
So everything that grows is counted where it grows, before the next thing can be made of it. A unit
is what takes about a microsecond, and some tens of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cadcomplete.errors import ReadError

MOST_CURVES = 10_000
_MOST_WORK = 2_000_000


class _Budget:
    def __init__(self) -> None:
        self.work, self.curves = _MOST_WORK, MOST_CURVES


_BUDGET: ContextVar[_Budget] = ContextVar("budget")


@contextmanager
def budget() -> Iterator[None]:
    """Begin to count for one script."""
    token = _BUDGET.set(_Budget())
    try:
        yield
    finally:
        _BUDGET.reset(token)


def spend(work: int) -> None:
    """Count work. Raises ReadError once a script takes too much of it."""
    left = _BUDGET.get(None)
    if left is None:  # nobody counts
        return
    left.work -= work
    if left.work < 0:
        expected = f"up to {_MOST_WORK:,} steps"
        raise ReadError("the script takes more work than a part needs", expected=expected)


def draw(curves: int) -> None:
    """Count curves that are drawn. Raises ReadError once a script draws too many."""
    left = _BUDGET.get(None)
    if left is None:
        return
    left.curves -= curves
    check_curves(0 if left.curves >= 0 else MOST_CURVES + 1)


def check_curves(curves: int) -> None:
    """Raise ReadError if one thing of a script has more curves than a whole part may."""
    if curves > MOST_CURVES:
        raise ReadError(f"the script makes more than {MOST_CURVES:,} curves")
