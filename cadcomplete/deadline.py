"""When an answer is due, and how what takes too long is left."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from cadcomplete.errors import InputError, NoAnswerError


class OutOfTime(BaseException):
    """Time is up in the middle of something. No error: nothing that handles errors may hide it."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, in seconds of the monotonic clock; by default never."""

    moment: float = math.inf

    @staticmethod
    def after(seconds: float) -> Deadline:
        return Deadline(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then, 0 if it is over."""
        return max(0.0, self.moment - time.monotonic())

    @property
    def over(self) -> bool:
        return self.left == 0.0

    def share(self, part: float) -> Deadline:
        """Return the moment at which a `part` (0 to 1) of what is left now is over."""
        return self if math.isinf(self.moment) else Deadline.after(part * self.left)

    def later(self, seconds: float) -> Deadline:
        return Deadline(self.moment + seconds)

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Raise OutOfTime within the block when it is over.

        In the main thread, and where there are alarms; elsewhere the block has to look itself. A
        call into a library that is not Python's is left when it returns.
        """
        here = threading.current_thread() is threading.main_thread()
        if math.isinf(self.moment) or not here or not hasattr(signal, "setitimer"):
            yield
            return

        def ring(_: int, __: FrameType | None) -> None:
            raise OutOfTime

        other, started = signal.getitimer(signal.ITIMER_REAL)[0], time.monotonic()
        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, max(self.left, 1e-3), 0.5)  # again, if it was lost
        try:
            yield
            if self.over:  # the alarm was lost: what rings in a weak reference's end nobody hears
                raise OutOfTime
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            if other:  # somebody else's alarm goes on
                gone = time.monotonic() - started
                signal.setitimer(signal.ITIMER_REAL, max(other - gone, 1e-3))

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Raise NoAnswerError within the block when it is over, as `enforced` does."""
        try:
            with self.enforced():
                yield
        except OutOfTime:
            raise NoAnswerError from None


NEVER = Deadline()


_LONGEST = 1e6
"""Seconds that may be allowed at most: what a timer can hold."""

_START = 0.95
"""Share of the time that is left once Python has started, which it has by then."""


def due_after(time_limit: float, started: float) -> Deadline:
    """Return when an answer is due, of a program that was `started` by `time.monotonic`.

    Raises InputError for what is no limit.
    """
    if not 0 < time_limit <= _LONGEST:
        expected = f"seconds, more than 0 and at most {_LONGEST:,.0f}"
        raise InputError("no such limit", where="--time-limit", expected=expected, got=time_limit)
    return Deadline(started + _START * time_limit)


def process_start() -> float:
    """Return when this process began, by `time.monotonic`; now, where nobody knows."""
    now = time.monotonic()
    try:
        told = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        since_boot = int(told[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): field 22, starttime
        return now - max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)
    except (OSError, ValueError, IndexError, AttributeError):
        return now


TIME_WAS_UP = "time was up before"
"""How the problem begins of what nobody has checked."""
