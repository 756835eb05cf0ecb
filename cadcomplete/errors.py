"""Every error that cadcomplete raises on purpose.

::

    CadCompleteError
    ├── InputError              something the user gave is wrong; exit code 2
    │   ├── ReadError           a document: which file, where in it
    │   │   └── UnsupportedError it uses what we have no curve or operation for
    │   ├── TextError           a text: which line
    │   ├── ConfigError         a configuration: which key
    │   ├── RefusedSample       a sample that cannot be trained on, and why
    │   ├── MemoryLimitError    a batch for which the memory does not suffice
    │   └── CheckpointError     a model folder that is missing something
    ├── NoAnswerError           time was up before there was anything to answer
    ├── DivergedError           a run whose loss or weights are no numbers any more
    ├── GeometryError           a curve or plane that does not exist
    ├── BuildError              an operation that the kernel cannot build
    └── KernelFailure           the kernel itself was stopped
        ├── TimeLimitError
        ├── CrashError
        └── LostWorkersError

    Interrupted                 Ctrl-C, with what is kept; none of these, and no Exception

The library raises; only the command line turns an error into a line and an exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class CadCompleteError(Exception):
    """Base of all errors of this package."""


class InputError(CadCompleteError):
    """What was given cannot be used. The message says where, expected, got, and what to do.

    Attributes:
        file: path of the offending file, or "".
        where: place inside it, as a JSON path (`$.entities.F12`) or `line 3`, or "".
    """

    def __init__(
        self,
        problem: str,
        *,
        file: object = "",
        where: str = "",
        expected: str = "",
        got: object = None,
        hint: str = "",
    ) -> None:
        self.problem, self.file, self.where = problem, str(file), where
        self.expected, self.got, self.hint = expected, got, hint
        super().__init__(problem)

    def __str__(self) -> str:
        place = ": ".join(p for p in (self.file, self.where and f"at {self.where}") if p)
        text = f"{place}: {self.problem}" if place else self.problem
        if self.expected:
            text += f": expected {self.expected}"
            if self.got is not None:
                text += f", got {shorten(self.got)}"
        elif self.got is not None:
            text += f": got {shorten(self.got)}"
        if self.hint:
            text += f" ({self.hint})"
        return " ".join(text.split())

    def in_file(self, file: object) -> InputError:
        """Return this error, naming `file` if it named none yet."""
        self.file = self.file or str(file)
        return self


class ReadError(InputError):
    """A document that is not what its reader expects."""


class UnsupportedError(ReadError):
    """A document that uses curves, operations or options that there are none of here.

    Attributes:
        names: all of what it uses, by the names of its own format, each once, sorted.
        known: what the place that raises does know, where that is less than all (`Table`).
    """

    def __init__(
        self,
        names: Iterable[str],
        *,
        file: object = "",
        where: str = "",
        known: Iterable[str] = (),
        hint: str = "",
    ) -> None:
        self.names, self.known = tuple(sorted(set(names))), tuple(known)
        problem = f"not supported: {', '.join(self.names)}"  # whole: `got` would be cut short
        usual = (
            "known are sketches, extrudes, revolves, holes, mirrors, patterns, fillets, chamfers"
        )
        if where.endswith(".py"):  # a room that refuses what others can do (`tables.refusing`)
            usual = "what it does is known to the CAD kernel alone"
        usual = f"known there are {', '.join(self.known)}" if self.known else usual
        super().__init__(problem, file=file, where=where, hint=hint or usual)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unsupported, (self.names, self.file, self.where, self.known, self.hint)


def _unsupported(
    names: tuple[str, ...], file: str, where: str, known: tuple[str, ...], hint: str
) -> UnsupportedError:
    return UnsupportedError(names, file=file, where=where, known=known, hint=hint)


class TextError(InputError):
    """A line of text that is not a command."""


class ConfigError(InputError):
    """A configuration key or value that does not exist or does not fit."""


class RefusedSample(InputError):
    """A sample on which no loss could fall, or that is too long. Refused before batching."""


class MemoryLimitError(InputError):
    """A batch for which the memory does not suffice: which samples, how long, what to change."""


class CheckpointError(InputError):
    """A model folder that lacks a file or does not fit its configuration."""


class NoAnswerError(CadCompleteError):
    """Time was up before there was anything to answer."""

    def __init__(self) -> None:
        super().__init__("no answer within the time limit: allow more seconds, with --time-limit")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


class DivergedError(CadCompleteError):
    """A run whose loss or weights are not finite: nothing of them is saved as a model."""


class GeometryError(CadCompleteError):
    """A curve or plane that does not exist, such as an arc through three points on a line."""


class BuildError(CadCompleteError):
    """An operation that cannot be built.

    Attributes:
        operation: index of the operation in its sequence.
        reason: what the kernel or a check said.
    """

    def __init__(self, operation: int, reason: str) -> None:
        self.operation, self.reason = operation, reason
        super().__init__(f"operation {operation}: {reason}")

    def __reduce__(self) -> tuple[type[BuildError], tuple[int, str]]:
        return type(self), (self.operation, self.reason)


class KernelFailure(CadCompleteError):
    """The kernel was stopped from outside; the item it worked on is lost, nothing else."""


class TimeLimitError(KernelFailure):
    """The kernel took longer than allowed."""


class CrashError(KernelFailure):
    """The process in which the kernel ran died."""


class LostWorkersError(KernelFailure):
    """The kernel's processes were killed between two jobs; what waited was not begun."""


MISTAKES = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError, OSError),
)
"""What a bad file may bring to light in our own code: it costs that file, by name, and no other."""


class Interrupted(BaseException):
    """Ctrl-C, in work of which something is kept. The message says what, and how to go on.

    No Exception, so that nothing takes it for a failure of the work, and no KeyboardInterrupt
    either: of that the library of the command line makes an exit code without a word.
    """


@contextmanager
def keeping(kept: Callable[[], str]) -> Iterator[None]:
    """Turn a Ctrl-C into one that says what `kept` says."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(kept()) from None


def shorten(value: object, *, limit: int = 60) -> str:
    """Return `value` as one short piece of text for a message."""
    text = " ".join((value if isinstance(value, str) else repr(value)).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
