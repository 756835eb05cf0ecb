"""The way in: a part is read, and what may follow comes as it is found and verified.

::

    with cadcomplete.Completer.load() as completer:
        reading = completer.read("part.json", caption="a flange with four holes")
        for completion in completer.next(reading, n=3):
            print(completion.rank, completion.words, completion.score)

Everything else stands on it: `complete`, the command line, benchmarks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cadcomplete.clouds.read import Scan
from cadcomplete.completion.asking import (
    Images,
    Part,
    PartReading,
    Showing,
    case_of,
    document_of,
    fitting_shape,
    kept,
    pictures,
)
from cadcomplete.completion.collecting import collected, completions
from cadcomplete.completion.completion import Completion, Completions, completion_of
from cadcomplete.completion.offhand import Offhand
from cadcomplete.completion.reading import Until
from cadcomplete.completion.refusing import NOTHING_REFUSED, Refusal
from cadcomplete.completion.streaming import AnswerStream
from cadcomplete.constraints.bound import bound_to
from cadcomplete.constraints.constraints import FREE, Constraints
from cadcomplete.deadline import NEVER, Deadline, OutOfTime
from cadcomplete.errors import InputError
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.handing import handed
from cadcomplete.model.sampling import Sampling
from cadcomplete.placing.shapes import Shape
from cadcomplete.predictions import Answer, check_count, check_seed
from cadcomplete.readers import Document

if TYPE_CHECKING:
    from cadcomplete.completion.by_model import ByModel
    from cadcomplete.completion.predictor import ModelPredictor
    from cadcomplete.model.checkpoint import Checkpoint

Tell = Callable[[str], None]
"""Hears what is being done, in a few words."""


def _quiet(what: str) -> None:
    """Hear, and tell nobody."""


Asked = Literal["next", "parts", "better"]
"""What is asked of a reading: next operations, whole parts, or those that are better than it is."""

UNTIL: dict[Asked, Until] = {"next": "built", "parts": "end", "better": "end"}
"""Up to where a model writes for that."""

_BUILDING = 0.7
"""Share of the time that is left that building what only the kernel makes may take."""

_WRITING, _READING = 0.45, 0.65
"""Of what the model writes, and of all that it does before ideas are compared."""


class Completer:
    """Completes parts by a model and a search, checked by the CAD kernel. Use it in a `with`
    statement, or `close` it.

    It is made once, for any number of parts. Several threads may use it: what they ask is done one
    step after the other.
    """

    def __init__(
        self,
        model: Checkpoint | None,
        kernel: Kernel,
        *,
        sampling: Sampling | None = None,
        source: str = "both",
    ) -> None:
        """Complete by a model; without one, by what is shown and what is usual alone.

        `sampling` says how it writes, None what is usual for it; `source` who has the ideas where
        a shape is shown: "model", "search" or "both". Raises InputError for another source.
        """
        self.model, self.kernel = model, kernel
        self.by = Offhand(kernel) if model is None else _by(model, kernel, sampling, source)
        self._lock, self._owns_kernel, self._closed = threading.RLock(), False, False

    @classmethod
    def load(
        cls,
        model: Checkpoint | str | Path | None = None,
        *,
        kernel: Kernel | None = None,
        sampling: Sampling | None = None,
        source: str = "both",
        workers: int = 2,
        time_limit: float = 30.0,
    ) -> Completer:
        """Read a model, by default the one that ships, and return what completes by it.

        Without a `kernel` it starts one, with so many workers, of which no check takes longer than
        `time_limit` seconds, and closes it with itself. Raises CheckpointError for a folder that
        holds no model.
        """
        with ExitStack() as undo:
            if kernel is None:
                own = undo.enter_context(Kernel(workers=workers, time_limit=time_limit))
            else:
                own = kernel
            own.start()  # it is loaded while the model is read
            made = cls(loaded_model(model), own, sampling=sampling, source=source)
            undo.pop_all()
        made._owns_kernel = kernel is None
        return made

    def __enter__(self) -> Completer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what it does, and the kernel if it has started it. What it has read is of no use
        then."""
        self._closed = True
        if self._owns_kernel:
            self.kernel.close()

    # --- from a part to completions, one by one -------------------------------------------------

    def read(
        self,
        part: Part,
        *,
        keep: int | None = None,
        caption: str | None = None,
        images: Images = (),
        shape: Shape | None = None,
        units: str = "",
        up: str = "",
        place: str = "check",
        constraints: Constraints | None = None,
        snap: bool | None = None,
        seed: int | None = None,
        after: PartReading | None = None,
    ) -> PartReading:
        """Read the first `keep` operations of a part, by default all that are known here, or as
        many as a truncated file says, and what is shown of the wanted one beside them.

        `images` are pictures of it, `shape` its surface: a cloud in millimetres, or a file taken as
        `units`, `up` and `place` say (`placing.shapes.shown`). Every answer keeps to the
        `constraints`; with `snap` its numbers are put on round ones (`Case.snap`). `seed` is that
        of all that is random, 0 if none is given.

        To read a part `after` another reading, or the same part with operations that were appended,
        changed or removed, costs the difference: what both prompts begin with is not read again,
        a shape and pictures are not looked at again. What is shown stays, and the seed, unless
        something is shown anew; so do constraints, and what was refused. The answers are those of a
        fresh reading, their scores but for rounding.

        Raises InputError if there are not that many operations, too many for the model, something
        that the model cannot see, a shape that does not fit the part, or constraints that no answer
        can keep to.
        """
        if seed is None:
            seed = 0 if after is None else after.seed
        check_seed(seed)
        asked = Showing(caption, pictures(images), shape, units, up, place)
        if after is not None and not asked.anything:
            asked = after.shown
        if after is not None:
            constraints = after.shown.constraints if constraints is None else constraints
            snap = after.shown.snap if snap is None else snap
        constraints = constraints or FREE
        asked = replace(asked, constraints=constraints, snap=snap)
        given = kept(document_of(part), keep)
        bound_to(constraints, given.sequence)  # what is impossible is refused before any work
        with self._working():
            return self._read(given, asked, seed=seed, after=after)

    def accept(self, reading: PartReading, completion: Completion) -> PartReading:
        """Return a reading of the part with what a completion of it adds."""
        whole = completion.document
        return self.read(whole, keep=len(whole.sequence), after=reading)

    def reject(self, reading: PartReading, completion: Completion) -> PartReading:
        """Return the reading without a completion of it: it and its like do not come back.

        Nor do they after further operations, as long as what it was proposed for stands there.
        """
        refused, one = reading.looked.refused, Refusal(completion.given, completion.added)
        if len(completion.added) == 1:
            return reading.refusing(replace(refused, steps=(*refused.steps, one)))
        return reading.refusing(replace(refused, parts=(*refused.parts, one)))

    def next(self, reading: PartReading, *, n: int = 3) -> Iterator[Completion]:
        """Yield up to `n` different next operations, the likeliest first, each as soon as it is
        verified.

        Those that float, change nothing or are invalid come only if nothing else does. Closing the
        iterator stops what is still being checked.
        """
        return self._said(reading, "next", n)

    def parts(self, reading: PartReading, *, n: int = 3) -> Iterator[Completion]:
        """Yield up to `n` different finished parts, the best first, each as soon as it is verified.

        The given one is among them where it belongs: what comes after it is expected to be worse.
        """
        return self._said(reading, "parts", n)

    def better(self, reading: PartReading, *, n: int = 3) -> Iterator[Completion]:
        """Yield up to `n` finished parts that are expected to be better than the given one."""
        return self._said(reading, "better", n)

    def stream(self, reading: PartReading, *, n: int = 3, of: Asked = "next") -> AnswerStream:
        """Begin to find what `next`, `parts` or `better` yields, in a thread of its own.

        What comes of it is the same; `AnswerStream.cancel` stops it at once, in whatever it does.
        """
        return AnswerStream(self._said(reading, of, n), reading.stop_checking)

    def _said(self, reading: PartReading, asked: Asked, n: int) -> Iterator[Completion]:
        """Yield the answers that the dialect of what was given can say."""
        check_count(n)
        if asked not in UNTIL:
            raise InputError("there is no such question", expected=", ".join(UNTIL), got=asked)
        return _ranked(reading, self._answers(reading, asked, n))

    def _answers(self, reading: PartReading, asked: Asked, n: int) -> Iterator[Answer]:
        """Yield answers, each step of it while nobody else is at work here."""
        answers: Iterator[Answer] = iter(())
        reading.users += 1
        try:
            with self._working():
                answers = getattr(reading.by, asked)(reading.aimed(UNTIL[asked], n), n=n)
            while True:
                with self._working():
                    answer = next(answers, None)
                if answer is None:
                    return
                yield answer
        finally:
            reading.users -= 1
            if not reading.users:
                reading.stop_checking()

    def _working(self) -> Any:
        if self._closed:
            raise InputError("the completer is closed", hint="ask before its with block ends")
        return self._lock

    # --- the same at once -----------------------------------------------------------------------

    def complete(
        self,
        part: Part,
        *,
        keep: int | None = None,
        caption: str | None = None,
        images: Images = (),
        points: Shape | Pending[Scan] | None = None,
        units: str = "",
        up: str = "",
        place: str = "check",
        constraints: Constraints = FREE,
        snap: bool | None = None,
        file: str | Path = "",
        n: int = 3,
        seed: int = 0,
        only_next: bool = False,
        due: Deadline = NEVER,
        tell: Tell = _quiet,
    ) -> Completions:
        """Return completions as `cadcomplete.complete` does; offhand where the model does not
        answer in time. `points` may still be read, from `file`."""
        check_seed(seed)
        check_count(n)
        started = time.monotonic()
        asked: Asked = "next" if only_next else "better"
        given = kept(document_of(part), keep)
        bound_to(constraints, given.sequence)  # what is impossible is refused before any work
        seen = (caption, pictures(images), points, units, up, place, file)
        shown = Showing(*seen, constraints, snap)
        with due.answering(), self._working():
            writing = UNTIL[asked], n
            reading = self._read(given, shown, seed=seed, due=due, writing=writing, tell=tell)
        tell("answers are compared and checked")
        found = collected(self._said(reading, asked, n), self.kernel, due)
        made = completions(
            reading,
            reading.aimed(UNTIL[asked], n),
            found,
            n=n,
            only_next=only_next,
            model=self.model if reading.by is self.by else None,
            due=due,
        )
        return replace(made, seconds=time.monotonic() - started)

    # --- reading ---------------------------------------------------------------------------------

    def _read(
        self,
        given: Document,
        shown: Showing,
        *,
        seed: int,
        due: Deadline = NEVER,
        after: PartReading | None = None,
        writing: tuple[Until, int] | None = None,
        tell: Tell = _quiet,
    ) -> PartReading:
        """Read a part and what is shown; with `writing`, let the model write at once."""
        kernel, sequence = self.kernel, given.sequence
        with kernel.until(due.share(_BUILDING)):
            given = replace(given, sequence=handed(sequence, kernel))
        needed = not (sequence.operations or shown.caption or shown.images)
        scan, fitted, notices = fitting_shape(
            shown,
            after.scan if after is not None and after.shown.same_shape(shown) else None,
            given.sequence,
            kernel=kernel,
            due=due,
            needed=needed,
        )
        case = case_of(given, shown, fitted)
        before = None if after is None else after.looked
        refused = NOTHING_REFUSED if before is None else before.refused
        if self.model is not None:
            tell("the model writes")
            with suppress(OutOfTime), due.share(_READING).enforced():
                writes = due.share(_WRITING)
                looked = self.by.look(case, after=before, seed=seed, due=writes)
                looked.refused = refused
                reading = PartReading(given, shown, seed, scan, case, notices, self.by, looked)
                if writing is not None:
                    reading.aimed(*writing)
                return reading
        offhand = Offhand(kernel)
        looked = offhand.look(case, after=before, seed=seed, due=due)
        looked.refused = refused
        return PartReading(given, shown, seed, scan, case, notices, offhand, looked)


def _by(model: Checkpoint, kernel: Kernel, sampling: Sampling | None, source: str) -> ByModel:
    from cadcomplete.completion.by_model import ByModel

    return ByModel(model, kernel, sampling, source)


def _ranked(reading: PartReading, answers: Iterator[Answer]) -> Iterator[Completion]:
    """Yield answers as completions, numbered; those that cannot be said are counted."""
    rank = 1
    for answer in answers:
        one = completion_of(reading.given, answer, rank=rank)
        if one is None:
            reading.unsaid += 1
        else:
            rank += 1
            yield one


def complete(
    document: Document | str | Path,
    *,
    model: Checkpoint | str | Path | None = None,
    keep: int | None = None,
    caption: str | None = None,
    images: Images = (),
    points: Shape | None = None,
    units: str = "",
    up: str = "",
    place: str = "check",
    constraints: Constraints = FREE,
    snap: bool | None = None,
    n: int = 3,
    seed: int = 0,
    only_next: bool = False,
    sampling: Sampling | None = None,
    due: Deadline = NEVER,
    tell: Tell = _quiet,
    kernel: Kernel | None = None,
) -> Completions:
    """Return up to `n` different completions of the first `keep` operations of a part.

    Those are whole parts, and only such as are expected to be better than the given one as it is;
    there may be none. With `only_next` each adds one operation, supposing that one follows.
    Without `keep` all that are known here are kept, or as many as a truncated file says. `images`
    are pictures of the wanted part, `points` its surface: a cloud in millimetres, or a file taken
    as `units`, `up` and `place` say (`shapes.shown`). Every answer keeps to the `constraints`. The
    part and the model may be paths. Without `model` the one that ships is used, without `kernel`
    one is started. The same arguments give the same completions.

    `sampling` says how the model writes; None is usual for it. What is found until it is `due` is
    the answer, what could not be checked by then is not valid. `tell` hears of each step. With
    `snap` numbers are put on round ones that are near, without it as the model writes them; None
    is for next operations where nothing is shown.

    Raises InputError if there are not that many operations, too many for the model, something
    that the model cannot see, a shape that does not fit the part, or constraints that no answer can
    keep to; NoAnswerError if there is not even time for one that is unchecked.
    """
    check_seed(seed)
    check_count(n)
    if constraints:  # what is impossible is refused before a model is read
        document = document_of(document)
        bound_to(constraints, kept(document, keep).sequence)
    with Completer.load(model, kernel=kernel, sampling=sampling) as completer:
        return completer.complete(
            document,
            keep=keep,
            caption=caption,
            images=images,
            points=points,
            units=units,
            up=up,
            place=place,
            constraints=constraints,
            snap=snap,
            n=n,
            seed=seed,
            only_next=only_next,
            due=due,
            tell=tell,
        )


def loaded_model(model: Checkpoint | str | Path | None) -> Checkpoint:
    """Return a model: the one that ships, that of a folder, or what is one already."""
    from cadcomplete.model import checkpoint

    if model is None:
        return shipped_model()
    return checkpoint.load(model) if isinstance(model, str | Path) else model


@cache
def shipped_model() -> Checkpoint:
    """Return the model that ships with the package, read once."""
    from cadcomplete.model import checkpoint

    return checkpoint.load()


def predictor(model: str | Path | None = None, *, kernel: Kernel) -> ModelPredictor:
    """Return what answers cases of a benchmark: a model folder, by default the shipped one."""
    from cadcomplete.completion.by_model import ByModel
    from cadcomplete.completion.predictor import ModelPredictor

    return ModelPredictor(ByModel(loaded_model(model), kernel))
