"""Ideas for the next operation, with the model's opinion of each and how probable they are.

The model is asked about the part as it stands and turned, and a ranker weighs its opinion with all
else that is known; where no model has read the part, the shape alone says what is probable.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.completion.evidence import moved, weighed
from cadcomplete.completion.features import FEATURES, bent, features
from cadcomplete.completion.ideas import averaged, extended, ideas, scored, turned
from cadcomplete.completion.kinds import LEAST
from cadcomplete.completion.proposing import PROPOSE, USUAL_KINDS, command_of, kind_of
from cadcomplete.completion.ranking import Ranker
from cadcomplete.completion.reading import Reading, prompted
from cadcomplete.errors import InputError
from cadcomplete.history.faceted import unmade
from cadcomplete.history.geometry import Array
from cadcomplete.history.symmetry import Symmetry, move
from cadcomplete.language.grammar import Grammar
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import begin
from cadcomplete.predictions import Idea

TURNS = (
    Symmetry((1, 2, 0), (1, 1, 1)),
    Symmetry((0, 1, 2), (-1, 1, 1)),
    Symmetry((1, 0, 2), (1, -1, 1)),
)
"""How a part is turned to ask the model once more: what it means is the same, its numbers move."""

_USUAL = "usual"
"""Who had an idea that nobody showed, and that the model did not write."""

_BESIDE = 0.25
"""Which share of what words and pictures say counts beside a shape, which says most of it."""

_MISSED = 30.0
"""By how many nats an idea is less probable for all of the agreement that it misses."""


def judged(reading: Reading, model: Checkpoint, grammar: Grammar) -> list[Idea]:
    """Return ideas for the next operation with the model's opinion of each.

    If it has read nothing, all are equally probable as far as it is concerned.
    """
    text_format = grammar.text_format
    found = ideas(
        reading.given,
        reading.rows,
        reading.command,
        wanted=reading.wanted,
        evidence=reading.evidence,
        text_format=text_format,
        words=model.words,
    )
    if reading.began is None or reading.start is None:
        return [replace(idea, log_probability=0.0, tokens=1) for idea in found]
    opinion = scored(found, reading.began, reading.start, model.tokenizer)
    looks = model.model.features.image
    if reading.case.points is not None or (reading.case.images and looks):
        return opinion
    others = []
    for symmetry in TURNS:
        given = move(reading.given, symmetry)
        try:
            asked = prompted(given, model, caption=reading.case.caption)
        except InputError:  # turned it is a little too long: the other views have to do
            continue
        began = begin(model.model, asked)
        same = turned(found, reading.given, symmetry, text_format, model.words)
        others.append(scored(same, began, grammar.start(given), model.tokenizer))
    return averaged(opinion, others)


def by_habit(reading: Reading) -> list[Idea]:
    """Return ideas of the kinds of which it was counted what is usual, as probable as that; none of
    the kind that the model wrote, and where the shape of the wanted part is shown, none at all.
    """
    found: list[Idea] = []
    for command, chance in reading.kinds.items():
        habit = command in USUAL_KINDS and command != reading.command
        if not habit or chance < LEAST or reading.wanted is not None:
            continue
        some = ideas(reading.given, (), command, evidence=reading.evidence)
        chances = PROPOSE[kind_of(command)].chances([i.operation for i in some], reading.given)
        found += [
            replace(
                idea, score=chance * share, source=_USUAL if idea.source == "model" else idea.source
            )
            for idea, share in zip(some, chances.tolist(), strict=True)
        ]
    return found


def ranked(
    found: Sequence[Idea],
    reading: Reading,
    ranker: Ranker | None,
    *,
    words: Collection[str] = (),
) -> list[Idea]:
    """Return ideas with how probable each is, the likeliest first; `words` are those of the model.

    What is shown beside the shape adds its nats to the odds of each, so that scores stay
    probabilities.
    """
    if not found:
        return []
    chances = np.array([idea.score for idea in found])
    if read := [i for i, idea in enumerate(found) if idea.tokens]:  # by the model
        known = features([found[i] for i in read], reading.given, wanted=reading.wanted)
        chances[read] = _learned(found, reading, words) * _chances(known, reading, ranker)
    if reading.evidence:
        nats = _nats(found, reading)
        chances = moved(chances, nats if reading.wanted is None else _BESIDE * nats)
    order = np.argsort(-chances, kind="stable").tolist()
    return [replace(found[i], score=float(chances[i])) for i in order]


def _learned(found: Sequence[Idea], reading: Reading, words: Collection[str]) -> float:
    """The probability that the next operation is of a kind that the model has a word for: what it
    says of others knows of no more."""
    others = {command_of(type(idea.operation)) for idea in found if not idea.tokens}
    return 1.0 - sum(reading.kinds.get(command, 0.0) for command in others - set(words))


def _nats(found: Sequence[Idea], reading: Reading) -> Array:
    """What is shown adds to the odds of each; nothing to what only the kernel can make."""
    nats = np.zeros(len(found))
    wholes = [extended(reading.given, idea.operations) for idea in found]
    told = [i for i, whole in enumerate(wholes) if not unmade(whole.operations)]
    if told:
        nats[told] = weighed(reading.evidence, reading.given, [wholes[i] for i in told])
    return nats


def _chances(known: Array, reading: Reading, ranker: Ranker | None) -> Array:
    """The probability of each idea, from its features; by the model alone at worst."""
    column = {name: known[:, i] for i, name in enumerate(FEATURES)}
    missed = np.exp(-_MISSED * column["gain of the best that is not reached"])
    if reading.began is None:
        return np.asarray(missed / missed.sum())
    fitted = None
    if ranker is not None:
        fitted = ranker.probabilities(reading.situation, bent(known))
    if fitted is not None:
        return fitted
    if reading.wanted is None:
        return np.minimum(1.0, np.exp(column["log probability of the same effect"]))
    return np.asarray(missed * (0.5 + 0.5 * np.exp(column["log probability per token"])))
