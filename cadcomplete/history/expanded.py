"""The same part without mirrors, patterns and holes: each copy an operation of its own.

For rooms that know none of them. A hole is circles that are cut, or an outline that is turned. A
copy of a prism is a prism, and one of what was turned about an axis is turned about another, so
this is exact; what cannot be said so is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from cadcomplete.errors import InputError, UnsupportedError
from cadcomplete.history.bent import Bent, evenly
from cadcomplete.history.blends import Blend
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.drilled import drilled
from cadcomplete.history.geometry import Array, Plane, Symmetry
from cadcomplete.history.holes import Hole
from cadcomplete.history.motions import Motion
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.reach import numbered
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence

_APART = 1e-6  # mm by which boxes may overlap and still only touch

_ADDS = (Boolean.NEW_BODY, Boolean.JOIN)

_IMAGE = Symmetry((0, 1, 2), (-1, 1, 1))
"""Any mirror: what is drawn is mirrored in its own sketch."""

_ROOM = "history/expanded.py"


@dataclass(frozen=True, slots=True)
class _Group:
    """Extrudes that an operation stands for, by their indices.

    With `whole` their copies are one body that is joined, so none of its cuts may meet another.
    """

    extrudes: tuple[int, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Plain:
    """A part without mirrors, patterns, holes, fillets and chamfers, and where its operations are.

    Attributes:
        sequence: copies and holes are operations of their own; edges are sharp.
        places: for each operation of the history, the index of the first of those that it became;
            a fillet or a chamfer became none, and has that of what follows it.
    """

    sequence: CadSequence
    places: tuple[int, ...]

    def back(
        self, given: CadSequence, added: tuple[Operation, ...]
    ) -> tuple[Operation, ...] | None:
        """Return operations that follow the plain part as they follow the given one.

        None if they name a sketch that it does not have: that of a copy. Those that can be said so
        are sketches, extrudes and revolves.
        """
        own = {
            place: index
            for index, place in enumerate(self.places)
            if isinstance(given.operations[index], Sketch)
        }
        own |= {len(self.sequence) + more: len(given) + more for more in range(len(added))}
        if any(number not in own for operation in added for number in operation.refers()):
            return None
        return tuple(
            _renumbered(operation, own) if isinstance(operation, Extrude | Revolve) else operation
            for operation in added
        )


def plain(sequence: CadSequence) -> Plain:
    """Return a part with sharp edges, made of sketches, extrudes and revolves alone.

    For predictors that know no more, and say of the rounded part what follows the sharp one.
    Raises UnsupportedError as `expanded` does.
    """
    sequence = numbered(sequence)
    if not any(isinstance(op, Repeat | Hole | Blend) for op in sequence.operations):
        return Plain(sequence, tuple(range(len(sequence))))
    made = _Expansion(sharp=True)
    for index, operation in enumerate(sequence.operations):
        made.add(operation, sequence.operations[:index])
    return Plain(replace(sequence, operations=tuple(made.operations)), tuple(made.places))


def expanded(sequence: CadSequence) -> CadSequence:
    """Return the same part of sketches, extrudes and revolves; one of these alone as it is.

    Extrudes have numbers for their ends. Raises UnsupportedError if it has other operations, if
    only a solid tells where an extrude ends, or if copies of the whole body cannot be said so: a
    cut of one would meet another. What is not known here stays where it is.
    """
    sequence = numbered(sequence)
    if not any(isinstance(operation, Repeat | Hole) for operation in sequence.operations):
        return sequence
    made = _Expansion()
    for index, operation in enumerate(sequence.operations):
        made.add(operation, sequence.operations[:index])
    return replace(sequence, operations=tuple(made.operations))


class _Expansion:
    """The operations so far, and what each one of the history became.

    If it is to be `sharp`, a fillet or a chamfer becomes nothing.
    """

    def __init__(self, *, sharp: bool = False) -> None:
        self.sharp = sharp
        self.operations: list[Operation] = []
        self.places: list[int] = []
        self.groups: list[tuple[_Group, ...]] = []

    def add(self, operation: Operation, before: tuple[Operation, ...]) -> None:
        """Add an operation; `before` are those of the history that are added already."""
        self.places.append(len(self.operations))
        groups: tuple[_Group, ...] = ()
        if isinstance(operation, Sketch):
            self.operations.append(operation)
        elif isinstance(operation, Extrude | Revolve):
            if wrong := next(filter(None, (p.problem(before) for p in operation.profiles)), ""):
                raise InputError(wrong, where=f"operation {len(before)}")
            groups = (_Group((len(self.operations),)),)
            self.operations.append(_renumbered(operation, self.places))
        elif isinstance(operation, Hole):
            groups = (self._drilled(operation, before),)
        elif isinstance(operation, PATTERNS):
            if (problem := next(operation.wrong(before), None)) is not None:
                raise InputError(problem, where=f"operation {len(before)}")
            groups = tuple(self._copied(len(before), operation))
        elif not (self.sharp and isinstance(operation, Blend)):
            known = ["Sketch", "Extrude", "Revolve", "Hole", *(kind.__name__ for kind in PATTERNS)]
            raise UnsupportedError([type(operation).__name__], where=_ROOM, known=known)
        self.groups.append(groups)

    def _drilled(self, hole: Hole, before: tuple[Operation, ...]) -> _Group:
        if (wrong := next(hole.mistakes(), None)) is not None:
            raise InputError(wrong, where=f"operation {len(before)}")
        made = []
        for sketch, cut in drilled(hole, before):
            there = len(self.operations)
            self.operations += [sketch, _renumbered(cut, [there])]
            made.append(there + 1)
        return _Group(tuple(made))

    def _copied(self, index: int, pattern: Repeat) -> Iterator[_Group]:
        if pattern.of is None:
            made = [i for i, op in enumerate(self.operations) if isinstance(op, Extrude | Revolve)]
            groups = [_Group(tuple(made), whole=True)]
        else:
            wrong = [i for i in pattern.of if not 0 <= i < index or not self.groups[i]]
            if wrong:
                raise InputError(
                    f"the {pattern.name} does nothing again",
                    where=f"operation {index}",
                    expected="operations before it that build something",
                    got=wrong,
                )
            groups = [group for i in pattern.originals for group in self.groups[i]]
        for group, motion in product(groups, pattern.motions()):
            yield self._copy(group, motion, pattern)

    def _copy(self, group: _Group, motion: Motion, pattern: Repeat) -> _Group:
        there, copies = len(self.operations), []
        for index in group.extrudes:
            extrude = self.operations[index]
            assert isinstance(extrude, Extrude | Revolve)
            if group.whole and extrude.boolean not in _ADDS:
                self._check(extrude, motion, pattern, there)
            where = {}
            for number in extrude.refers():
                where[number] = len(self.operations)
                self.operations.append(moved(self.operations[number], motion))
            copies.append(len(self.operations))
            copy = extrude.mapped(_IMAGE) if motion.mirrors else extrude
            self.operations.append(_renumbered(copy, where))
        return replace(group, extrudes=tuple(copies))

    def _check(
        self, extrude: Extrude | Revolve, motion: Motion, pattern: Repeat, there: int
    ) -> None:
        """Raise UnsupportedError if a copy of a cut would take something of what was there."""
        before = self.operations[:there]
        if extrude.boolean is Boolean.CUT and isinstance(extrude, Extrude):
            low, high = _box(extrude, before, motion)
            wanted = _marks(extrude, before, motion)
            for operation in reversed(before):
                if isinstance(operation, Revolve):
                    break
                if not isinstance(operation, Extrude):
                    continue
                if operation.boolean is Boolean.CUT and _marks(operation, before) == wanted:
                    return  # what it takes is gone already
                if operation.boolean in _ADDS:
                    other_low, other_high = _box(operation, before)
                    if (low < other_high - _APART).all() and (other_low < high - _APART).all():
                        break
            else:
                return
        why = f"of a whole body: a copied {extrude.boolean.value} meets it"
        raise UnsupportedError([f"{type(pattern).__name__} ({why})"], where=_ROOM)


def _renumbered(swept: Extrude | Revolve, places: Mapping[int, int] | list[int]) -> Operation:
    profiles = tuple(replace(p, sketch=places[p.sketch]) for p in swept.profiles)
    return replace(swept, profiles=profiles)


def moved(operation: Operation, motion: Motion) -> Sketch:
    """Return a sketch somewhere else; in a mirror what is drawn is mirrored too."""
    assert isinstance(operation, Sketch)
    loops = operation.loops
    if motion.mirrors:
        loops = tuple(loop.mirrored() for loop in loops)
    return replace(operation, plane=motion.plane(operation.plane), loops=loops)


def _ends(plane: Plane, flat: Array, extrude: Extrude) -> Array:
    """Points (n, 2) of a sketch where its extrude starts and where it ends, shape (2n, 3)."""
    return np.concatenate([plane.raised(h).to_world(flat) for h in extrude.extent.ends])


def _box(extrude: Extrude, before: list[Operation], motion: Motion | None = None) -> Array:
    """The corners of a box around what an extrude sweeps, shape (2, 3), in mm."""
    found = []
    for profile in extrude.profiles:
        sketch = before[profile.sketch]
        assert isinstance(sketch, Sketch)
        left, bottom, right, top = sketch.loops[profile.outer].box
        corners = np.array(list(product((left, right), (bottom, top))))
        found.append(_ends(sketch.plane, corners, extrude))
    points = np.concatenate(found) if found else np.zeros((1, 3))
    points = points if motion is None else motion.apply(points)
    return np.stack([points.min(axis=0), points.max(axis=0)])


def _marks(
    extrude: Extrude, before: list[Operation], motion: Motion | None = None
) -> frozenset[tuple[float, ...]]:
    """Points that tell what an extrude sweeps from anything else, and radii."""
    tapers = (extrude.extent.taper, extrude.extent.taper_against)
    found: set[tuple[float, ...]] = set() if extrude.extent.straight else {tapers}
    for profile in extrude.profiles:
        sketch = before[profile.sketch]
        assert isinstance(sketch, Sketch)
        curves = [curve for index in profile.loops for curve in sketch.loops[index].curves]
        rounds = [curve for curve in curves if isinstance(curve, Circle)]
        found.update((round(curve.radius, 6),) for curve in rounds)
        flat = [curve.center for curve in rounds]
        flat += [curve.start for curve in curves if not isinstance(curve, Circle)]
        flat += [curve.mid for curve in curves if isinstance(curve, Arc)]
        flat += [
            at for curve in curves if isinstance(curve, Bent) for at in evenly(curve, 5).tolist()
        ]
        points = _ends(sketch.plane, np.array(flat), extrude)
        points = points if motion is None else motion.apply(points)
        found.update(map(tuple, (np.round(points, 6) + 0.0).tolist()))
    return frozenset(found)
