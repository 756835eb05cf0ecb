"""Completions that are found in a thread of their own, which can be stopped at any moment.

What is stopped is in the middle of something: `Stopped` is raised there, as `OutOfTime` is in the
main thread when time is up. A call into a library that is not Python's is left when it returns.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue

from cadcomplete.completion.completion import Completion


class Stopped(BaseException):
    """Nobody waits for it any longer. No error: nothing that handles errors may hide it."""


class AnswerStream(Iterator[Completion]):
    """Completions, each as soon as it is verified; more are looked for while one is used.

    Use it in a `with` statement, or `cancel` it: it ends then, and what it had not found by then
    is not looked for.
    """

    def __init__(self, found: Iterator[Completion], stop_checking: Callable[[], None]) -> None:
        """Begin; `stop_checking` ends what the kernel does for it."""
        self._found, self._stop_checking = found, stop_checking
        self._come: SimpleQueue[Completion | None] = SimpleQueue()
        self._guard, self._thread, self._over = threading.Lock(), 0, False
        self._cancelled = False
        threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cadcomplete-stream")
        self._work: Future[None] = threads.submit(self._run)
        self._work.add_done_callback(lambda _: self._come.put(None))  # however it ended
        threads.shutdown(wait=False)

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def __iter__(self) -> AnswerStream:
        return self

    def __next__(self) -> Completion:
        """Wait for the next one. Raises what went wrong, if something did."""
        one = None if self._over else self._come.get()
        if one is not None:
            return one
        self._over = True
        with suppress(Stopped):
            self._work.result()
        raise StopIteration

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    @property
    def done(self) -> bool:
        """Whether nothing is computed any more."""
        return self._work.done()

    def cancel(self) -> None:
        """Stop, in whatever is being done; what was found already can still be asked for.

        But for a library that is being loaded or compiled for the first time: half of it would be
        of no use to anybody later, so that is waited for.
        """
        while not self._cancelled and not self._work.done():
            with self._guard:
                if not self._thread or _may_be_left(self._thread):
                    self._cancelled = True
                    if self._thread:
                        _raise_in(self._thread, Stopped)
            if not self._cancelled:
                time.sleep(_SOON)
        self._stop_checking()  # or it would wait for the kernel

    def _run(self) -> None:
        try:
            with self._guard:
                if self._cancelled:
                    return
                self._thread = threading.get_ident()
            for one in self._found:
                self._come.put(one)
        finally:
            with self._guard:
                if self._cancelled:
                    _raise_in(threading.get_ident(), None)  # if it has not come yet, it need not
                self._thread = 0


_SOON = 0.002  # seconds

_LOADING = ("importlib", "_frozen_importlib", "numba")
"""Modules that leave nothing whole behind if they are left in the middle."""


def _may_be_left(thread: int) -> bool:
    """Whether a thread is not loading or compiling anything."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(_LOADING):
            return False
        frame = frame.f_back
    return True


def _raise_in(thread: int, what: type[BaseException] | None) -> None:
    """Let a thread raise this at its next step of Python; None takes it back."""
    kind = None if what is None else ctypes.py_object(what)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)
