"""The kernel in processes of its own: a crash or a hang costs one item, never the caller.

The kernel holds Python's lock during a call, so nothing but killing its process stops it.
Workers come from a fork server that has loaded the kernel once; a new one takes milliseconds.
A job whose worker dies is done once more: what killed it may have been the machine.
"""

from __future__ import annotations

import concurrent.futures
import math
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

from cadcomplete.deadline import NEVER, TIME_WAS_UP, Deadline
from cadcomplete.errors import (
    CadCompleteError,
    CrashError,
    KernelFailure,
    LostWorkersError,
    TimeLimitError,
)

if TYPE_CHECKING:
    from pebble import ProcessPool

Result = TypeVar("Result")

MEMORY_LIMIT = 12 << 30
"""Address space of a worker in bytes: a boolean that runs away is stopped there."""

LOADED_ONCE: tuple[str, ...] = ("cadcomplete.kernel.examine",)
"""Modules that the workers' server loads before the first of them: none has to do it itself."""

_LOST = "the CAD kernel's processes were killed"

_LOADED = threading.Event()
"""Set once this process has had workers: their server has loaded the kernel."""

_NO_MAIN = threading.Lock()

_BLOCKS: ContextVar[tuple[tuple[Kernel, Deadline], ...]] = ContextVar("blocks", default=())
"""The deadlines of the `until` blocks that this thread is in, each with its kernel."""


@dataclass(frozen=True, slots=True)
class Pending(Generic[Result]):
    """A job that has been started, and when nobody waits for it any longer."""

    kernel: Kernel
    job: Callable[..., Result]
    arguments: tuple[Any, ...]
    future: concurrent.futures.Future[Result]
    time_limit: float
    due: Deadline = NEVER

    def result(self, *, within: float | None = None) -> Result:
        """Wait for it; if it is not done `within` so many seconds, or when it is due, stop it.

        It is due when whoever began it said, or earlier if whoever waits says so (`Kernel.until`).
        A job whose worker dies is begun once more. Raises what the job raised, TimeLimitError,
        CrashError, or LostWorkersError.
        """
        own = NEVER if within is None else Deadline.after(within)
        due = _earliest(self.due, self.kernel.due)
        try:
            return self._wait(own, due)
        except (CrashError, LostWorkersError):
            if self.future in self.kernel.stopped or due.over:
                raise
        again = self.kernel.submit(self.job, *self.arguments, limit=self.time_limit, due=due)
        try:
            return again._wait(own, due)
        except CrashError as error:
            raise CrashError(f"{error}, twice") from None

    def _wait(self, own: Deadline, due: Deadline) -> Result:
        from pebble import ProcessExpired

        given, all_left = own.left, due.left
        left = min(given, all_left)
        try:
            return self.future.result(None if math.isinf(left) else left)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            if all_left <= min(given, self.time_limit):
                raise TimeLimitError(f"{TIME_WAS_UP} the CAD kernel was done") from None
            limit = f"{min(given, self.time_limit):.3g} seconds"
            raise TimeLimitError(f"the CAD kernel took longer than {limit}") from None
        except ProcessExpired as error:
            raise CrashError(f"the CAD kernel crashed (exit code {error.exitcode})") from None
        except BrokenProcessPool:
            stopped = self.future in self.kernel.stopped
            raise LostWorkersError("the CAD kernel was stopped" if stopped else _LOST) from None
        finally:  # whatever ended the wait, an alarm too; of a job that is done nothing changes
            self.future.cancel()


class Kernel:
    """Workers that run the kernel's jobs. Use it in a `with` statement, or `close` it.

    A job is a function at the top level of a module that does not import the kernel at its own
    top level (`jobs.py`); its arguments and its result are pickled. It may be done twice.
    """

    def __init__(self, *, workers: int = 1, time_limit: float = 60.0, recycle: int = 0) -> None:
        """Start workers; each is replaced after `recycle` jobs, unless that is 0."""
        self.workers, self.time_limit, self._recycle = workers, time_limit, recycle
        self.closed, self._renewing = False, threading.RLock()
        self.stopped: WeakSet[concurrent.futures.Future[Any]] = WeakSet()  # on purpose
        self._waiting: WeakSet[concurrent.futures.Future[Any]] = WeakSet()
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        from pebble import ProcessPool

        self._starting: threading.Thread | None = None
        return ProcessPool(
            max_workers=self.workers,
            max_tasks=self._recycle,
            context=_context(),
            initializer=_prepare,
        )

    def start(self) -> threading.Thread:
        """Begin to start the workers, if nobody has; the first in a process takes about a second.

        The first job does so too: this is for something else to be done meanwhile.
        """
        with self._renewing:
            if self._starting is None:
                self._starting = threading.Thread(target=_begin, args=(self._pool,), daemon=True)
                self._starting.start()
            return self._starting

    def restart(self) -> None:
        """Begin again with new workers; whatever the old ones did is lost.

        Whoever waits for one of their jobs gets LostWorkersError.
        """
        with self._renewing:
            self._stop(on_purpose=True)
            self._pool = self._new_pool()

    def _renew(self, broken: ProcessPool) -> None:
        """Replace workers that are all lost, once; their jobs may be begun again."""
        with self._renewing:
            if self._pool is broken and not self.closed:
                self._stop(on_purpose=False)
                self._pool = self._new_pool()

    def _stop(self, *, on_purpose: bool) -> None:
        """Stop all workers, and free those who wait for a job that nobody does any more."""
        waiting = list(self._waiting)
        if on_purpose:
            self.stopped.update(waiting)
        if self._starting is not None and self._starting.is_alive():
            _abandon_loading()
            self._starting.join()
        self._pool.stop()
        self._pool.join()
        for future in waiting:
            with suppress(concurrent.futures.InvalidStateError):  # it is done
                future.set_exception(BrokenProcessPool())

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all workers, whatever they are doing."""
        with self._renewing:
            self.closed = True
            self._stop(on_purpose=True)

    def leave(self) -> None:
        """Close it while the caller goes on; a program does not end before that is done."""
        threading.Thread(target=self.close).start()

    @contextmanager
    def until(self, due: Deadline) -> Iterator[None]:
        """Within the block, no job is waited for beyond a moment; it raises TimeLimitError then.

        That is so for jobs that are begun or waited for in the block, and in its thread alone;
        of blocks within each other the earliest moment counts.
        """
        block = (self, due)
        _BLOCKS.set((*_BLOCKS.get(), block))
        try:
            yield
        finally:  # only its own: generators may leave their blocks in any order
            _BLOCKS.set(tuple(one for one in _BLOCKS.get() if one is not block))

    @property
    def due(self) -> Deadline:
        """When nobody in this thread waits for a job any longer: `until` says it."""
        return _earliest(*(due for kernel, due in _BLOCKS.get() if kernel is self))

    def submit(
        self,
        job: Callable[..., Result],
        *arguments: Any,
        limit: float | None = None,
        due: Deadline = NEVER,
    ) -> Pending[Result]:
        """Start a job; ask what this returns for its result.

        `limit` is how many seconds it may take; `due` is when nobody waits for it any longer, if
        that is earlier than `until` says. Raises LostWorkersError if all workers are killed, and
        new ones as well.
        """
        limit, due = limit or self.time_limit, _earliest(due, self.due)
        for _ in range(2):
            starting, pool = self.start(), self._pool
            starting.join(None if math.isinf(due.left) else due.left)
            if starting.is_alive():  # it is due before there is anybody to do it
                return Pending(self, job, arguments, concurrent.futures.Future(), limit, due)
            try:
                future = pool.schedule(_guard, args=(job, *arguments), timeout=limit)
            except RuntimeError:
                self._renew(pool)
                continue
            self._waiting.add(future)
            return Pending(self, job, arguments, future, limit, due)
        raise LostWorkersError("the CAD kernel is closed" if self.closed else _LOST)

    def run(self, job: Callable[..., Result], *arguments: Any) -> Result:
        """Do a job. Raises what it raises, TimeLimitError or CrashError."""
        return self.submit(job, *arguments).result()

    def map(
        self, job: Callable[..., Result], items: Iterable[Any]
    ) -> Iterator[Result | CadCompleteError]:
        """Do a job for each item and return its results in order; an error stands for itself."""
        for pending in [self.submit(job, item) for item in items]:
            try:
                yield pending.result()
            except CadCompleteError as error:
                yield error


def _earliest(*moments: Deadline) -> Deadline:
    return min(moments, key=lambda due: due.moment, default=NEVER)


def serve_forks() -> None:
    """Start the fork server, or another if it was killed; processes that this one forks use it."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        _context()
        forkserver.ensure_running()


def use_forks_of_parent() -> None:
    """Use the fork server of the process that has forked this one, which may not ask after it."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
        _LOADED.set()  # so that nobody ends it


def _begin(pool: ProcessPool) -> None:
    """Start the workers of a pool: it waits until their server has loaded the kernel."""
    with suppress(RuntimeError, OSError):  # whoever begins a job tries again, and hears of it
        _ = pool.active


def _abandon_loading() -> None:
    """End a fork server that is still loading the kernel: nobody needs it any more.

    Else whoever stops it waits for that, and its first workers complain that nobody is there.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods() or _LOADED.is_set():
        return
    from multiprocessing import forkserver

    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)  # type: ignore[attr-defined]
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def _guard(job: Callable[..., Result], *arguments: Any) -> Result:
    try:
        return job(*arguments)
    except ImportError as error:
        hint = "install the system library libGL, on Debian: apt-get install libgl1"
        raise KernelFailure(f"the CAD kernel cannot be loaded: {error} ({hint})") from None
    except MemoryError:
        limit = f"{MEMORY_LIMIT >> 30} GB"
        raise KernelFailure(f"the CAD kernel needs more memory than {limit}") from None
    except _kernel_errors() as error:
        raise KernelFailure(f"the CAD kernel failed: {type(error).__name__} {error}") from None


def _kernel_errors() -> tuple[type[Exception], ...]:
    """What the kernel raises, if this process has loaded it: the caller has not, and need not."""
    failures = sys.modules.get("cadcomplete.kernel.failures")
    return failures.KERNEL_ERRORS if failures is not None else ()


def _prepare() -> None:
    """Keep the kernel's chatter off standard output, and its memory within bounds.

    What stops a worker stops it at once, also within the kernel, which no handler would.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY_LIMIT if most == resource.RLIM_INFINITY else min(MEMORY_LIMIT, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _context() -> BaseContext:
    """A fork server that has the kernel loaded, where there are fork servers."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*LOADED_ONCE])
    context.Process = _WorkerProcess  # type: ignore[attr-defined, misc, assignment]
    return context


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Hide `__main__`, so that a worker does not run the caller's script once more."""
    with _NO_MAIN:  # or another thread would take our stand-in for it
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


if sys.platform != "win32":
    from multiprocessing.context import ForkServerProcess

    class _WorkerProcess(ForkServerProcess):
        @staticmethod
        def _Popen(process_obj: Any) -> Any:  # noqa: N802
            with _no_main_module():
                started = ForkServerProcess._Popen(process_obj)  # type: ignore[attr-defined]
            _LOADED.set()
            return started
