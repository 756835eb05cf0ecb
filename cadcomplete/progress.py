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
def watched(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that hears how many parts are done, of how many.

    A bar on a terminal; elsewhere a line a minute, as a log wants it; both on standard error.
    """
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        rate = TextColumn("{task.fields[rate]}")
        left = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), rate, *left)
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(what, total=None, rate="")

            def draw(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)
                speed = bar.tasks[task].speed
                bar.update(task, rate=f"{speed:.1f}/s" if speed else "")

            yield draw
        return
    clock = time.monotonic()
    first: list[tuple[float, int]] = []

    def say(done: int, total: int) -> None:
        nonlocal clock
        now = time.monotonic()
        if not first:
            first.append((now, done))
        if now - clock >= 60:
            clock, (start, before) = now, first[0]
            rate = (done - before) / (now - start)
            left = f", {(total - done) / rate / 60:.0f} minutes left" if rate else ""
            sys.stderr.write(f"{what}: {done} of {total}, {rate:.1f}/s{left}\n")

    yield say
