"""What a model thinks of ideas: how probable it finds their texts, as the part stands and turned.

Shapes: C ideas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.completion.ideas import ideas, text_after
from cadcomplete.completion.prompting import prompted
from cadcomplete.completion.reading import Reading
from cadcomplete.errors import InputError
from cadcomplete.history.fields import Format
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import OPERATIONS, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import Symmetry, move
from cadcomplete.language.grammar import Grammar, Matcher
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Began, begin, score
from cadcomplete.predictions import Idea

TURNS = (
    Symmetry((1, 2, 0), (1, 1, 1)),
    Symmetry((0, 1, 2), (-1, 1, 1)),
    Symmetry((1, 0, 2), (1, -1, 1)),
)
"""How a part is turned to ask the model once more: what it means is the same, its numbers move."""

_LIKELIEST = 12
"""Ideas of which the model is asked in every view, at least (docs/experiments.md)."""

_LONGEST = 256  # tokens of an operation that the model is asked about
_UNREAD = -3.0  # nats for each token of one that is longer


Chances = Callable[[Sequence[Idea]], Array]
"""How probable ideas are, by the model's opinion and all else that is known, shape (C,)."""


def judged(
    reading: Reading, model: Checkpoint, grammar: Grammar, *, chances: Chances | None = None
) -> list[Idea]:
    """Return ideas for the next operation with the model's opinion of each.

    If it has read nothing, all are equally probable as far as it is concerned. With `chances` it is
    asked about the turned part only for the likeliest (`in_every_view`).
    """
    text_format = grammar.text_format
    found = ideas(
        reading.given,
        reading.rows,
        reading.command,
        wanted=reading.wanted,
        evidence=reading.evidence,
        bound=reading.bound,
        text_format=text_format,
        words=model.words,
    )
    if reading.began is None or reading.start is None:
        return [replace(idea, log_probability=0.0, tokens=1) for idea in found]
    opinion = scored(found, reading.began, reading.start, model.tokenizer)
    looks = model.model.features.image
    if not found or reading.case.points is not None or (reading.case.images and looks):
        return opinion
    views = [*_views(reading, model, grammar)]
    if chances is None or reading.evidence:  # which may make an idea likely that was not
        return averaged(opinion, [view(opinion) for view in views])
    return in_every_view(opinion, views, chances)


View = Callable[[Sequence[Idea]], Sequence[Idea]]
"""Tells what the model finds of ideas for a part that is turned in some way."""


def _views(reading: Reading, model: Checkpoint, grammar: Grammar) -> Iterator[View]:
    """Yield the views of a part that is turned; of those that are too long for the model, none."""
    given, text_format = reading.given, grammar.text_format
    for symmetry in TURNS:
        there = move(given, symmetry)
        try:
            asked = prompted(there, model, caption=reading.case.caption)
        except InputError:  # turned it is a little too long: the other views have to do
            continue
        began, start = reading.turned.get(symmetry), grammar.start(there)
        if began is None:
            before = reading.turned_before.get(symmetry)
            began = reading.turned[symmetry] = begin(model.model, asked, after=before)

        def view(
            some: Sequence[Idea],
            symmetry: Symmetry = symmetry,
            began: Began = began,
            start: Matcher = start,
        ) -> Sequence[Idea]:
            same = turned(some, given, symmetry, text_format, model.words)
            return scored(same, began, start, model.tokenizer)

        yield view


def in_every_view(opinion: Sequence[Idea], views: Sequence[View], chances: Chances) -> list[Idea]:
    """Return ideas: the likeliest with the mean of all views, the others with what the first says.

    Those that become likely by that are asked about as well: of what is shown to a person nothing
    has the word of one view alone.
    """
    found, asked = list(opinion), set[int]()
    while views:
        likeliest = np.argsort(-chances(found), kind="stable")[:_LIKELIEST].tolist()
        new = [i for i in likeliest if i not in asked]
        if not new:
            break
        asked.update(new)
        some = [opinion[i] for i in new]
        for i, idea in zip(new, averaged(some, [view(some) for view in views]), strict=True):
            found[i] = idea
    return found


def scored(
    ideas: Sequence[Idea], began: Began, start: Matcher, tokenizer: TextTokenizer
) -> list[Idea]:
    """Return ideas, all of one kind, with the model's opinion of each.

    A sketch counts as over when no further loop follows.
    """
    if not ideas:
        return []
    told = tokenizer.backend.encode_batch([c.text for c in ideas], add_special_tokens=False)
    texts = [one.ids for one in told]  # a line end is a token boundary, so a text may begin there
    longest = min(_LONGEST, began.model.longest - began.length - 1)
    short = [i for i, ids in enumerate(texts) if len(ids) <= longest]
    closing = _over(start, tokenizer) if isinstance(ideas[0].operation, Sketch) else ()
    logs = score(began, [texts[i] for i in short], closing=closing)
    found = dict(zip(short, logs, strict=True))
    return [
        replace(
            idea,
            log_probability=found.get(i, _UNREAD * len(texts[i])),
            tokens=len(texts[i]),
        )
        for i, idea in enumerate(ideas)
    ]


def averaged(ideas: Sequence[Idea], others: Sequence[Sequence[Idea]]) -> list[Idea]:
    """Return ideas with the mean of what the model finds of the part turned otherwise."""
    logs = np.array([[c.log_probability for c in row] for row in (ideas, *others)])
    most = logs.max(axis=0)
    means = most + np.log(np.exp(logs - most).mean(axis=0))
    pairs = zip(ideas, means.tolist(), strict=True)
    return [replace(idea, log_probability=mean) for idea, mean in pairs]


def turned(
    ideas: Sequence[Idea],
    given: CadSequence,
    symmetry: Symmetry,
    text_format: Format,
    words: Collection[str] | None = None,
) -> list[Idea]:
    """Return the same ideas for a part that is turned, as the model writes them there."""
    there = move(given, symmetry)
    write = text_after(there, text_format, words)
    before = sum(len(write.text(one)) for one in there.operations[given.whole_operations :])
    found = []
    for idea in ideas:
        operation = idea.operation.mapped(symmetry)
        found.append(replace(idea, operations=(operation,), text=write.text(operation)[before:]))
    return found


def _over(start: Matcher, tokenizer: TextTokenizer) -> tuple[int, ...]:
    """The tokens that tell that a sketch is over: those with which another operation begins."""
    if start.grammar.text_format == "json":
        return ()  # there the first token of every command is the same
    words = start.grammar.words
    begin = (name for name in OPERATIONS if words is None or name in words)
    first = dict.fromkeys(tokenizer.backend.encode(text).ids[0] for text in begin)
    return (*first, start.grammar.end)
