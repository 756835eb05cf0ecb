"""How far long work is: a bar on a terminal, lines in a log, both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def progress(items: Iterator[Any], what: str) -> Iterator[Any]:
    """Yield the items, with a count on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        for item in items:
            yield item
            bar.advance(task)


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Give a function that hears in a few words what is done now, of work of some seconds.

    A turning wheel on a terminal; elsewhere a line for what is begun after five seconds.
    """
    started = time.monotonic()
    if not sys.stderr.isatty():

        def line(what: str) -> None:
            if time.monotonic() - started > 5:
                sys.stderr.write(f"{what} …\n")

        yield line
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda what: status.update(f"{what} …")


@contextmanager
def watched() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that hears what is done, how much of it, and of how much.

    A bar on a terminal, one for each thing; elsewhere a line a minute, as a log wants it.
    """
    if not sys.stderr.isatty():
        yield _Lines().hear
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    what, rate = TextColumn("{task.description}"), TextColumn("{task.fields[rate]}")
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    columns = (what, BarColumn(), MofNCompleteColumn(), rate, *times)
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def draw(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, completed=done, rate="")
            bar.update(tasks[what], completed=done, total=total)
            speed = next(task.speed for task in bar.tasks if task.id == tasks[what])
            bar.update(tasks[what], rate=f"{speed:.1f}/s" if speed else "")

        yield draw


@contextmanager
def stages(*, every: float = 5.0) -> Iterator[Callable[[str], None]]:
    """Give a function that hears what is being done; it is told if that takes long.

    Beside a spinner on a terminal; elsewhere in a line, not more often than every few seconds.
    """
    if not sys.stderr.isatty():
        told = time.monotonic()

        def write(what: str) -> None:
            nonlocal told
            if time.monotonic() - told >= every:
                told = time.monotonic()
                sys.stderr.write(f"{what}\n")

        yield write
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update


class _Lines:
    """A line a minute, with the rate and the time left."""

    def __init__(self) -> None:
        self.what, self.began, self.before, self.told = "", 0.0, 0, 0.0

    def hear(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what != self.what:
            self.what, self.began, self.before, self.told = what, now, done, now
        if now - self.told < 60:
            return
        self.told = now
        rate = (done - self.before) / (now - self.began)
        left = f", {(total - done) / rate / 60:.0f} minutes left" if rate else ""
        sys.stderr.write(f"{what}: {done} of {total}, {rate:.1f}/s{left}\n")
