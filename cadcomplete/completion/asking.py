"""What is asked: how much of a part is kept, what is shown beside it, and what was read of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.clouds.read import Scan
from cadcomplete.completion.notices import UNSEEN
from cadcomplete.completion.reading import Reading, Until
from cadcomplete.completion.refusing import RefusedAnswers
from cadcomplete.constraints.constraints import FREE, Constraints
from cadcomplete.deadline import Deadline, OutOfTime
from cadcomplete.errors import InputError, NoAnswerError, TimeLimitError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.placing.comparing import Fitted
from cadcomplete.placing.shapes import Shape, read_shape, shown
from cadcomplete.predictions import Case
from cadcomplete.readers import Document, from_sequence, read

if TYPE_CHECKING:
    from cadcomplete.completion.verifying import Verifying

Part = Document | CadSequence | str | Path
"""A part: a document, a history, or the path of a file."""

Images = Sequence[bytes | str | Path] | str | Path
"""Pictures: files or their contents."""


@dataclass(frozen=True, slots=True, eq=False)
class Showing:
    """What is shown of the wanted part beside the given operations.

    Attributes:
        caption: in words, or None.
        images: pictures, files or their contents.
        shape: its surface: a cloud in millimetres, a file, or one that is still being read.
        units, up, place: how a file is taken (`placing.shapes.shown`).
        file: where the shape comes from, for messages.
        constraints: what every answer has to keep to.
        snap: whether numbers of answers are put on round ones (`Case.snap`).
    """

    caption: str | None = None
    images: tuple[bytes | Path, ...] = ()
    shape: Shape | Pending[Scan] | None = None
    units: str = ""
    up: str = ""
    place: str = "check"
    file: str | Path = ""
    constraints: Constraints = FREE
    snap: bool | None = None

    @property
    def anything(self) -> bool:
        """Whether anything is shown."""
        return bool(self.caption or self.images) or self.shape is not None

    def same_shape(self, other: Showing) -> bool:
        """Whether it shows the same shape, taken in the same way."""
        one, another = self.shape, other.shape
        path = isinstance(one, str | Path) and isinstance(another, str | Path)
        same = one is another or (path and str(one) == str(another))
        return same and (self.units, self.up) == (other.units, other.up)

    def scan(self, kernel: Kernel) -> Scan | None:
        """Read the shape. Raises InputError, and TimeLimitError if it is due before."""
        if self.shape is None:
            return None
        how = {"units": self.units, "up": self.up, "file": self.file}
        return read_shape(self.shape, **how, kernel=kernel)


@dataclass(slots=True, eq=False, repr=False)
class PartReading:
    """A part that was read, and what is shown of it: a place to work, of one `Completer`.

    Attributes:
        given: the operations that are kept, as a document.
        shown: what is shown beside them.
        seed: of all that is random.
        scan: what was read of the shape; None if there is none, or no time was left for it.
        case: both, as a question.
        notices: what should be known about the shape.
        by: who looked at it: with a model, or without one.
        looked: what came of that; nothing is written in it.
        written: what was written since, by up to where and for how many answers.
        unsaid: how many answers the dialect of what was given could not say.
        users: how many are being answered.
    """

    given: Document
    shown: Showing
    seed: int
    scan: Scan | None
    case: Case
    notices: tuple[str, ...]
    by: Verifying
    looked: Reading
    written: dict[tuple[Until, int], Reading] = field(default_factory=dict)
    unsaid: int = 0
    users: int = 0

    def aimed(self, until: Until, n: int) -> Reading:
        """Return the reading with what is written up to there, for `n` answers; once."""
        if (until, n) not in self.written:
            self.written[until, n] = self.by.written(self.looked, until=until, n=n)
        return self.written[until, n]

    def refusing(self, refused: RefusedAnswers) -> PartReading:
        """Return the same reading with all that is refused now; nothing is read or written anew."""
        written = {key: replace(one, refused=refused) for key, one in self.written.items()}
        looked = replace(self.looked, refused=refused)
        return replace(self, looked=looked, written=written, users=0)

    def stop_checking(self) -> None:
        """Stop what the kernel still checks: nobody waits for it."""
        for job in self.looked.asked.values():  # of all that was written, too: they share it
            job.future.cancel()


def document_of(part: Part) -> Document:
    """Return a part as a document. Raises InputError for a file that cannot be read."""
    if isinstance(part, CadSequence):
        return from_sequence(part)
    return part if isinstance(part, Document) else read(part)


def kept(document: Document, keep: int | None = None) -> Document:
    """Return what is given of a document: `keep` operations, or as many as it says itself.

    By default these are all that are known here. Raises InputError if there is none before
    something that is not known.
    """
    if keep is None:
        most, stated = len(document.sequence), document.kept_operations
        keep = most if stated is None else min(stated, most)
        if not most and document.sequence.rest:
            problem = f"there is nothing to complete: {document.sequence.notice}"
            hint = "to begin from nothing, keep 0 operations"
            raise InputError(problem, file=document.path, hint=hint)
    return document.truncated(keep)


def pictures(images: Images) -> tuple[bytes | Path, ...]:
    """Return pictures as a case has them."""
    listed = [images] if isinstance(images, str | Path) else images
    return tuple(Path(image) if isinstance(image, str) else image for image in listed)


def fitting_shape(
    asked: Showing,
    known: Scan | None,
    given: CadSequence,
    *,
    kernel: Kernel,
    due: Deadline,
    needed: bool,
) -> tuple[Scan | None, Fitted | None, tuple[str, ...]]:
    """Read a shape, unless it is `known`, and put it in its place; also what to say about it.

    None if that takes too long, unless it is `needed`: then it raises NoAnswerError. Raises
    InputError for one that does not fit the given part.
    """
    if asked.shape is None:
        return None, None, ()
    share = due if needed else due.share(_LOOKING)
    fits = partial(shown, place=asked.place, kernel=kernel)
    try:
        with kernel.until(share), share.enforced():
            scan = asked.scan(kernel) if known is None else known
            fitted = fits(scan, given)
            return scan, fitted, () if fitted is None else fitted.notices
    except (OutOfTime, TimeLimitError) as error:
        if not share.over:
            raise
        if needed:
            raise NoAnswerError from error
        return None, None, (UNSEEN,)


_LOOKING = 0.5
"""Share of the time that is left that reading a shape and comparing it with what is given takes."""


def case_of(given: Document, asked: Showing, fitted: Fitted | None) -> Case:
    """Return the question that is asked of a part."""
    cloud = None if fitted is None else fitted.cloud
    seen = (asked.caption, asked.images, cloud)
    return Case(given.sequence.id, given.sequence, *seen, asked.constraints, asked.snap)
