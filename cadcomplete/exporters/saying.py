"""What is said of an operation that a format cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cadcomplete.errors import UnsupportedError


@contextmanager
def saying(index: int | None, what: str) -> Iterator[None]:
    """Name the operation in whatever is refused of it, and what to do; `what` is written.

    Without an index the error says which. What a table lacks stays as it is: that is for
    whoever has to enter it there.
    """
    try:
        yield
    except UnsupportedError as error:
        if error.known:
            raise
        where = error.where if index is None else f"operation {index}"
        raise UnsupportedError(error.names, where=where, hint=instead(what)) from error


def instead(what: str) -> str:
    """Return what to do where a format cannot say something."""
    return f"that is not written as {what}: export STEP, which takes every solid"
