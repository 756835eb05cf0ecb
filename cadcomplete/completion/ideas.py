"""What may come next: ideas of the model, of the cloud and of what else is shown.

The model writes operations, the cloud shows which would bring the part closer to what is wanted
(`fitting`), words and pictures say what is to be there (`evidence.py`); each idea is judged by all.
Shapes: C ideas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from cadcomplete.completion.evidence import Evidence
from cadcomplete.completion.proposing import PROPOSE, kind_of
from cadcomplete.constraints.bound import PartLimits, bound_to
from cadcomplete.fitting import Wanted
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import TextAfter
from cadcomplete.language.words import WORDS, unlearned
from cadcomplete.predictions import Idea

if TYPE_CHECKING:
    from cadcomplete.model.generate import Row

Fit = Callable[[tuple[Operation, ...]], tuple[Operation, ...] | None]
"""Makes operations fit what they are bound to; None for what cannot."""


def ideas(
    given: CadSequence,
    rows: Sequence[Row],
    command: str,
    *,
    wanted: Wanted | None = None,
    evidence: Sequence[Evidence] = (),
    bound: PartLimits | None = None,
    text_format: Format = "lines",
    words: Collection[str] | None = None,
    most: int = 24,
) -> list[Idea]:
    """Return different ideas for the next operation, which is of the kind of `command`.

    They have the sizes that they are `bound` to; what cannot keep to that is none. `rows` are what
    the model wrote, in `text_format`; nothing is thought of for it that takes other than its
    `words`. A sketch that is still being drawn goes on: ideas of others are none.
    Raises UnsupportedError for a kind that is never proposed.
    """
    propose = PROPOSE[kind_of(command)]
    write = text_after(given, text_format, words)
    before = "".join(map(write.text, given.operations[given.whole_operations :]))
    found: dict[str, Idea] = {}

    def idea(operations: tuple[Operation, ...]) -> Idea:
        text = write.text(operations[0])
        known = Idea(operations, text=text[len(before) :])
        return found.setdefault(known.text, known) if text.startswith(before) else known

    bound, kind = bound or bound_to(None, given), kind_of(command)
    fitted = partial(bound.fitted, next_only=True)
    sayable = _sayable(fitted, given, text_format, words)
    drawn: list[Operation] = []
    for row in rows:
        added = fitted(_added(row, given))
        if added:
            known = idea(added)
            found[known.text] = replace(known, samples=known.samples + 1)
            drawn.append(added[0])
    if wanted is not None:
        whole = replace(given, operations=given.operations[: given.whole_operations])
        for place, proposal in enumerate(propose.shown(whole, wanted, most=most), start=1):
            operations = fitted(proposal.operations)
            known = idea(operations) if operations else None
            if known and operations and not known.place and known.text in found:
                found[known.text] = replace(
                    known, operations=operations, place=place, merit=proposal.score
                )
    else:
        same = [operation for operation in drawn if type(operation) is kind]
        usual = (((operation,) for operation in propose.usual(given, same)), bound.thought(kind))
        for operations in filter(None, map(sayable, chain(*usual))):
            idea(operations)
    said: dict[str, str] = {}
    for shown in evidence:
        for operations in filter(None, map(sayable, shown.ideas(given, kind, most=most))):
            known = idea(operations)
            said.setdefault(known.text, shown.name)
            if len(known.operations) < len(operations):  # a sketch, and now what it is good for
                found[known.text] = replace(known, operations=operations)
    return [replace(one, source=_source(one, said.get(text, ""))) for text, one in found.items()]


def _sayable(
    fitted: Fit, given: CadSequence, text_format: Format, words: Collection[str] | None
) -> Fit:
    """What fits operations, but for those of which it takes other than the words to write the
    first: they are none."""

    def fit(operations: tuple[Operation, ...]) -> tuple[Operation, ...] | None:
        said = words is None or _words_of(operations[0], given, text_format) <= set(words)
        return fitted(operations) if said else None

    return fit


def _source(idea: Idea, shown: str) -> str:
    """Who had it; what else is `shown` counts where neither the model nor the cloud did."""
    if idea.place:
        return "both" if idea.samples else "cloud"
    return "model" if idea.samples else shown or "model"


def _words_of(operation: Operation, given: CadSequence, text_format: Format) -> set[str]:
    """The commands that it takes to write an operation after what is given."""
    said = WORDS[type(operation)].write(operation, given.operations, text_format)
    return {command.name for command in said}


def _added(row: Row, given: CadSequence) -> tuple[Operation, ...]:
    """What a row added: up to the first that builds, or nothing if it did not get there."""
    added = row.finished.operations[given.whole_operations :]
    first = next((i for i, op in enumerate(added) if op.builds), len(added))
    return added[: first + 1]


def text_after(given: CadSequence, text_format: Format, words: Collection[str] | None) -> TextAfter:
    """What writes ideas as a model with these words does."""
    without = unlearned(given, words)
    return TextAfter(given, text_format=text_format, without=without, words=words)


def extended(given: CadSequence, operations: Sequence[Operation]) -> CadSequence:
    """Return a history with further operations; the first finishes a sketch that is being drawn."""
    before = given.operations[: given.whole_operations] if operations else given.operations
    return replace(given, operations=(*before, *operations))
