"""How each kind of operation is proposed: what a ranker, a shape and habit know of it.

To propose a new kind, write its entry of `PROPOSE`; what its ideas do to the part, and how they are
told, stands in `STEPS` (`effects.py`) and `SAID` (`wording.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from cadcomplete.completion.counted import counted
from cadcomplete.completion.usual import same_spans, usual_extrudes, usual_sketches
from cadcomplete.completion.usual_blends import (
    OF_BLENDS,
    blend_facts,
    usual_chamfers,
    usual_fillets,
)
from cadcomplete.completion.usual_copies import OF_MIRRORS, mirror_facts, usual_mirrors
from cadcomplete.completion.usual_holes import OF_HOLES, hole_facts, usual_holes
from cadcomplete.completion.usual_revolves import OF_REVOLVES, revolve_facts, usual_revolves
from cadcomplete.completion.usual_rows import OF_ROWS, row_facts, usual_rows
from cadcomplete.completion.usual_turns import OF_TURNS, turn_facts, usual_turns
from cadcomplete.fitting import Proposal, Wanted, next_extrudes, next_sketches
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.geometry import Array
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import OPERATIONS, Extrude, Operation, Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table

USUAL = 128  # sketches that are usual, at most: each costs a line or two to read
LIKELIEST = 16  # of what is usual of other kinds, at most
_SAME = 0.95  # least IoU of what extrudes sweep


def kind_of(command: str) -> type[Operation]:
    """Return the kind of operation that a command begins, or goes on with: what draws, a sketch."""
    return OPERATIONS.get(command, Sketch)


def command_of(kind: type[Operation]) -> str:
    """Return the command that a kind of operation begins with. Raises UnsupportedError."""
    names = {known: name for name, known in OPERATIONS.items()}
    return Table("history/operations.py", names)[kind]


# --- ideas that need no entry of their own ------------------------------------------------------


def none_usual(given: CadSequence, drawn: Sequence[Any]) -> Iterable[Operation]:
    """Think of nothing but what the model draws."""
    return ()


def none_shown(given: CadSequence, wanted: Wanted, *, most: int) -> Sequence[Proposal]:
    """See nothing in a shape."""
    return ()


def as_given(operations: Sequence[Any], given: CadSequence) -> Array:
    """Take only ideas that say the same for alike."""
    return np.array([[float(a == b) for b in operations] for a in operations])


def none_counted(operations: Sequence[Any], given: CadSequence) -> Array:
    """Believe in none: nothing was counted of this kind."""
    return np.zeros(len(operations))


@dataclass(frozen=True, slots=True)
class Proposer:
    """How operations of one kind are proposed; by itself only the model has ideas.

    Attributes:
        usual: thinks of operations that designers would make after what is given, from those that
            the model drew, the likeliest first.
        shown: sees in a shape which of them bring the part closer to it, `most` of them at most.
        alike: tells of operations after what is given which have the same effect, shape (C, C):
            then what speaks for one of them speaks for all.
        chances: tells of operations after what is given how probable each is to be the designer's,
            supposing that theirs is of this kind, shape (C,): as it was counted, for a model that
            has no word for it.
    """

    usual: Callable[[CadSequence, Sequence[Any]], Iterable[Operation]] = none_usual
    shown: Callable[..., Sequence[Proposal]] = none_shown
    alike: Callable[[Sequence[Any], CadSequence], Array] = as_given
    chances: Callable[[Sequence[Any], CadSequence], Array] = none_counted


# --- sketches and extrudes ----------------------------------------------------------------------


def _same_sketch(sketches: Sequence[Sketch], given: CadSequence) -> Array:
    """Sketches are alike if they lie in one plane and their outlines have the same box and area."""
    found = []
    for sketch in sketches:
        points = np.concatenate([sketch.plane.to_world(loop.points()) for loop in sketch.loops])
        area = sum(abs(loop.area) for loop in sketch.loops)
        found.append((*points.min(axis=0), *points.max(axis=0), math.sqrt(area)))
    values = np.array(found)
    size = np.maximum((values[:, 3:6] - values[:, :3]).max(axis=1), 1e-9)
    apart = np.abs(values[:, None] - values[None]).max(axis=2)
    return (apart <= 0.015 * size[:, None]).astype(np.float64)


def _to_other_ends(given: CadSequence, drawn: Sequence[Extrude]) -> Iterable[Extrude]:
    """Extrudes to usual ends, those first whose profiles and boolean were drawn most often."""
    ways = [(e.boolean, e.extent.type, e.profiles) for e in drawn]
    counts = Counter(ways)
    order = sorted(range(len(ways)), key=lambda i: -counts[ways[i]])
    return usual_extrudes(given, [drawn[i] for i in order])


def _same_extrude(extrudes: Sequence[Extrude], given: CadSequence) -> Array:
    """Extrudes are alike if they sweep the same, to within a twentieth."""
    return same_spans(extrudes, given, least=_SAME)


# --- kinds of which it was counted what is usual ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of a kind.

    Attributes:
        ideas: what designers would make after what is given.
        names: of the facts, in their order.
        facts: what is known of operations after what is given, shape (C, F).
    """

    ideas: Callable[[CadSequence, Sequence[Any]], Iterable[Operation]]
    names: Sequence[str]
    facts: Callable[[Sequence[Any], CadSequence], Array]


USUAL_KINDS: dict[str, Usual] = {
    "revolve": Usual(usual_revolves, OF_REVOLVES, revolve_facts),
    "hole": Usual(usual_holes, OF_HOLES, hole_facts),
    "mirror": Usual(usual_mirrors, OF_MIRRORS, mirror_facts),
    "linear": Usual(usual_rows, OF_ROWS, row_facts),
    "polar": Usual(usual_turns, OF_TURNS, turn_facts),
    "fillet": Usual(usual_fillets, OF_BLENDS, blend_facts),
    "chamfer": Usual(usual_chamfers, OF_BLENDS, blend_facts),
}
"""Of which it was counted what is usual (`counted.json`), by the command."""


def _counted(command: str) -> Proposer:
    """Propose what is usual, the likeliest first, by what was counted of its facts."""
    usual = USUAL_KINDS[command]

    def chances(operations: Sequence[Any], given: CadSequence) -> Array:
        if not operations:
            return np.zeros(0)
        return counted().chances(command, usual.facts(operations, given), usual.names)

    def likeliest(given: CadSequence, drawn: Sequence[Any]) -> Iterable[Operation]:
        found = list(dict.fromkeys(usual.ideas(given, drawn)))
        order = np.argsort(-chances(found, given), kind="stable")[:LIKELIEST]
        return [found[i] for i in order.tolist()]

    return Proposer(likeliest, chances=chances)


PROPOSE: Table[Proposer] = Table(
    "completion/proposing.py",
    {
        Sketch: Proposer(
            lambda given, drawn: islice(usual_sketches(given, drawn), USUAL),
            next_sketches,
            _same_sketch,
        ),
        Extrude: Proposer(_to_other_ends, next_extrudes, _same_extrude),
        Revolve: _counted("revolve"),
        Hole: _counted("hole"),
        Mirror: _counted("mirror"),
        LinearPattern: _counted("linear"),
        PolarPattern: _counted("polar"),
        Fillet: _counted("fillet"),
        Chamfer: _counted("chamfer"),
    },
)
"""How each kind of operation is proposed; one that is not here is refused by name."""
