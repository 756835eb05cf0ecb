"""The kernel in processes of its own: a crash or a hang costs one item, never the caller.

The kernel holds Python's lock during a call, so nothing but killing its process stops it.
Workers come from a fork server that has loaded the kernel once; a new one takes milliseconds.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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


@dataclass(frozen=True, slots=True)
class Pending(Generic[Result]):
    """A job that has been started."""

    future: concurrent.futures.Future[Result]
    time_limit: float

    def result(self) -> Result:
        """Wait for it. Raises what the job raised, TimeLimitError or CrashError."""
        from pebble import ProcessExpired

        try:
            return self.future.result()
        except concurrent.futures.TimeoutError:
            limit = f"{self.time_limit:g} seconds"
            raise TimeLimitError(f"the CAD kernel took longer than {limit}") from None
        except ProcessExpired as error:
            raise CrashError(f"the CAD kernel crashed (exit code {error.exitcode})") from None
        except BrokenProcessPool:
            raise LostWorkersError("the CAD kernel's processes were killed") from None


class Kernel:
    """Workers that run the kernel's jobs. Use it in a `with` statement, or `close` it.

    A job is a function at the top level of a module that does not import the kernel at its own
    top level (`jobs.py`); its arguments and its result are pickled.
    """

    def __init__(self, *, workers: int = 1, time_limit: float = 60.0, recycle: int = 0) -> None:
        """Start workers; each is replaced after `recycle` jobs, unless that is 0."""
        self.workers, self.time_limit, self._recycle = workers, time_limit, recycle
        self._pool = self._start()

    def _start(self) -> ProcessPool:
        from pebble import ProcessPool

        return ProcessPool(
            max_workers=self.workers,
            max_tasks=self._recycle,
            context=_context(),
            initializer=_prepare,
        )

    def restart(self) -> None:
        """Begin again with new workers; whatever the old ones did is lost."""
        self.close()
        self._pool = self._start()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all workers, whatever they are doing."""
        self._pool.stop()
        self._pool.join()

    def submit(
        self, job: Callable[..., Result], *arguments: Any, limit: float | None = None
    ) -> Pending[Result]:
        """Start a job; ask what this returns for its result. `limit` is in seconds.

        Raises LostWorkersError if all workers were killed: `restart` brings new ones.
        """
        limit = limit or self.time_limit
        try:
            future = self._pool.schedule(_guard, args=(job, *arguments), timeout=limit)
        except RuntimeError:
            raise LostWorkersError("the CAD kernel's processes were killed") from None
        return Pending(future, limit)

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
    """Keep the kernel's chatter off standard output, and its memory within bounds."""
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
    context.set_forkserver_preload(["cadcomplete.kernel.examine"])
    context.Process = _WorkerProcess  # type: ignore[attr-defined, misc, assignment]
    return context


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Hide `__main__`, so that a worker does not run the caller's script once more."""
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
                return ForkServerProcess._Popen(process_obj)  # type: ignore[attr-defined]
