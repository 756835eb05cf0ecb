"""A part while it is drawn: what comes next is proposed, taken or refused, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cadcomplete.completion.asking import Part, PartReading
from cadcomplete.completion.completion import Completion
from cadcomplete.completion.engine import Asked, Completer
from cadcomplete.completion.refusing import RefusedAnswers
from cadcomplete.completion.streaming import AnswerStream
from cadcomplete.errors import InputError
from cadcomplete.readers import Document


@dataclass(frozen=True, slots=True)
class _Moment:
    """How it stood: a part, and what was refused."""

    part: Document
    refused: RefusedAnswers


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """What is found in advance: after a completion, its reading once there is one, by a stream."""

    completion: Completion
    found: list[PartReading]
    stream: AnswerStream


class PartSession:
    """One part while it is drawn. It is a place: `reading` is how it stands now.

    Each change costs the difference to what was read before; what is kept of the past are the
    parts themselves, for `undo`.
    """

    def __init__(self, completer: Completer, reading: PartReading) -> None:
        """Begin with a part that was read (`Completer.read`)."""
        self.completer, self.reading = completer, reading
        self._past: list[_Moment] = []
        self._foreseen: _Foreseen | None = None

    @property
    def part(self) -> Document:
        """The part as it stands now."""
        return self.reading.given

    def foresee(self, completion: Completion, *, n: int = 3) -> None:
        """Begin to find what may come after a completion, while a person looks at it.

        If it is accepted, all of that is there; whatever else is asked or done stops it. Raises
        InputError as `accept`.
        """
        self._check(completion)
        self._leave()
        found: list[PartReading] = []
        answers = self._after(completion, n, found)

        def stop() -> None:
            for one in found:
                one.stop_checking()

        self._foreseen = _Foreseen(completion, found, AnswerStream(answers, stop))

    def _after(
        self, completion: Completion, n: int, found: list[PartReading]
    ) -> Iterator[Completion]:
        """Yield what may come after a completion; note the reading."""
        reading = self.completer.accept(self.reading, completion)
        found.append(reading)
        yield from self.completer.next(reading, n=n)

    def _leave(self) -> None:
        """Stop what was foreseen: something else is asked."""
        if self._foreseen is not None:
            self._foreseen.stream.cancel()
            self._foreseen = None

    def next(self, *, n: int = 3) -> Iterator[Completion]:
        """Yield next operations: `Completer.next`."""
        self._leave()
        return self.completer.next(self.reading, n=n)

    def parts(self, *, n: int = 3) -> Iterator[Completion]:
        """Yield whole parts: `Completer.parts`."""
        self._leave()
        return self.completer.parts(self.reading, n=n)

    def better(self, *, n: int = 3) -> Iterator[Completion]:
        """Yield whole parts that are better than it is: `Completer.better`."""
        self._leave()
        return self.completer.better(self.reading, n=n)

    def stream(self, *, n: int = 3, of: Asked = "next") -> AnswerStream:
        """Find them in a thread of its own: `Completer.stream`."""
        self._leave()
        return self.completer.stream(self.reading, n=n, of=of)

    def accept(self, completion: Completion) -> None:
        """Go on with what a completion adds. Raises InputError if it is not one of this part."""
        self._check(completion)
        known = self._foreseen
        if known is not None and known.completion.added == completion.added:
            for _ in known.stream:  # what it still does is what is asked for now
                pass
            self._foreseen = None
            self._go(known.found[0])
        else:
            self._leave()
            self._go(self.completer.accept(self.reading, completion))

    def reject(self, completion: Completion) -> None:
        """Refuse a completion: it and its like do not come back. Raises InputError as `accept`."""
        self._check(completion)
        self._leave()
        self._go(self.completer.reject(self.reading, completion))

    def draw(self, part: Part, *, keep: int | None = None) -> None:
        """Go on with the part as somebody has drawn it: operations appended, changed, removed."""
        self._leave()
        self._go(self.completer.read(part, keep=keep, after=self.reading))

    def undo(self) -> None:
        """Take back the last change: what was accepted, refused or drawn. Raises InputError if
        there is none."""
        if not self._past:
            raise InputError("there is nothing to take back")
        self._leave()
        before = self._past[-1]
        refusing = self.reading.refusing(before.refused)
        if before.part is self.part:
            self.reading = refusing
        else:
            self.reading = self.completer.read(before.part, after=refusing)
        del self._past[-1]

    def _check(self, completion: Completion) -> None:
        if completion.given != self.part.sequence:
            hint = "ask again: the part has changed since"
            raise InputError("it does not complete this part", where=self.part.path, hint=hint)

    def _go(self, reading: PartReading) -> None:
        """Go on with another reading, once there is one: what fails leaves all as it was."""
        self._past.append(_Moment(self.part, self.reading.looked.refused))
        self.reading = reading
