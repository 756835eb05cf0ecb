"""What may come next: ideas of the model and of the cloud.

The model writes operations, the cloud shows which would bring the part closer to what is wanted
(`fitting`); each idea is judged by both. Shapes: C ideas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from cadcomplete import fitting
from cadcomplete.completion.usual import usual_extrudes, usual_sketches
from cadcomplete.fitting import Wanted
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import Symmetry, move
from cadcomplete.language.grammar import Matcher
from cadcomplete.language.lines import encode
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.generate import Began, Row, score
from cadcomplete.predictions import Idea

USUAL = 128  # sketches that are usual, at most: each costs a line or two to read
_LONGEST = 256  # tokens of an operation that the model is asked about
_UNREAD = -3.0  # nats for each token of one that is longer


def ideas(
    given: CadSequence,
    rows: Sequence[Row],
    command: str,
    *,
    wanted: Wanted | None = None,
    text_format: Format = "lines",
    most: int = 24,
) -> list[Idea]:
    """Return different ideas for the next operation, which is of the kind of `command`.

    `rows` are what the model wrote, in `text_format`. A sketch that is still being drawn goes on:
    ideas of others are none.
    """
    before = encode(given, text_format=text_format).text
    found: dict[str, Idea] = {}

    def idea(operations: tuple[Operation, ...]) -> Idea:
        text = encode(extended(given, operations[:1]), text_format=text_format).text
        known = Idea(operations, text=text[len(before) :])
        return found.setdefault(known.text, known) if text.startswith(before) else known

    drawn: list[Operation] = []
    for row in rows:
        added = _added(row, given)
        if added:
            known = idea(added)
            found[known.text] = replace(known, samples=known.samples + 1)
            drawn.append(added[0])
    if wanted is not None:
        propose = fitting.next_extrudes if command == "extrude" else fitting.next_sketches
        whole = replace(given, operations=given.operations[: given.whole_operations])
        for place, proposal in enumerate(propose(whole, wanted, most=most), start=1):
            known = idea(proposal.operations)
            if not known.place and known.text in found:
                found[known.text] = replace(
                    known, operations=proposal.operations, place=place, merit=proposal.score
                )
    else:
        for operation in _usual(given, command, drawn):
            idea((operation,))
    return [replace(one, source=_source(one)) for one in found.values()]


def _source(idea: Idea) -> str:
    return "both" if idea.samples and idea.place else "cloud" if idea.place else "model"


def _usual(given: CadSequence, command: str, drawn: Sequence[Operation]) -> list[Operation]:
    """Operations of one kind that are usual, on planes and of profiles that the model drew."""
    if command != "extrude":
        sketches = [operation for operation in drawn if isinstance(operation, Sketch)]
        return list(islice(usual_sketches(given, sketches), USUAL))
    extrudes = [operation for operation in drawn if isinstance(operation, Extrude)]
    return list(usual_extrudes(given, _most_frequent(extrudes)))


def _most_frequent(extrudes: Sequence[Extrude]) -> list[Extrude]:
    """Extrudes, those first whose profiles and boolean come most often."""
    ways = [(e.boolean, e.extent.type, e.profiles) for e in extrudes]
    counts = Counter(ways)
    order = sorted(range(len(ways)), key=lambda i: -counts[ways[i]])
    return [extrudes[i] for i in order]


def _added(row: Row, given: CadSequence) -> tuple[Operation, ...]:
    """What a row added: up to its first extrude, or nothing if it did not get there."""
    added = row.finished.operations[given.whole_operations :]
    first = next((i for i, op in enumerate(added) if isinstance(op, Extrude)), len(added))
    return added[: first + 1]


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
    ideas: Sequence[Idea], given: CadSequence, symmetry: Symmetry, text_format: Format
) -> list[Idea]:
    """Return the same ideas for a part that is turned, as the model writes them there."""
    before = len(encode(move(given, symmetry), text_format=text_format).text)
    found = []
    for idea in ideas:
        whole = move(extended(given, idea.operations[:1]), symmetry)
        text = encode(whole, text_format=text_format).text[before:]
        operations = whole.operations[given.whole_operations :]
        found.append(replace(idea, operations=operations, text=text))
    return found


def _over(start: Matcher, tokenizer: TextTokenizer) -> tuple[int, ...]:
    """The tokens that tell that a sketch is over: those with which another operation begins."""
    if start.grammar.text_format == "json":
        return ()  # there the first token of every command is the same
    first = (tokenizer.backend.encode(text).ids[0] for text in ("sketch", "extrude"))
    return (*first, start.grammar.end)


def extended(given: CadSequence, operations: Sequence[Operation]) -> CadSequence:
    """Return a history with further operations; the first finishes a sketch that is being drawn."""
    before = given.operations[: given.whole_operations] if operations else given.operations
    return replace(given, operations=(*before, *operations))
