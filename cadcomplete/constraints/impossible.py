"""What no completion of a given part can keep to, said before any work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from manifold3d import Manifold

from cadcomplete.constraints.boxed import outside, slack_of
from cadcomplete.constraints.constraints import Constraints
from cadcomplete.constraints.pins import NAMES, Pin
from cadcomplete.errors import InputError
from cadcomplete.history.operations import OPERATIONS, Hole, beginners
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import volume_of

_ADDS, _REMOVES = {"new", "join"}, {"cut", "intersect"}
_NEEDS = {"depth": {"cut"}, "thickness": _ADDS}
"""By which booleans there is a dimension of an extrude."""


@dataclass(frozen=True, eq=False)
class PartAsked:
    """What is checked.

    Attributes:
        pins: with the values that the given operations say.
        before: the given part; None if only the kernel knows it.
        regions: where nothing may be touched.
    """

    constraints: Constraints
    pins: Sequence[Pin]
    given: CadSequence
    before: Manifold | None
    regions: Sequence[Manifold]

    @property
    def begun(self) -> bool:
        """Whether there is something of the part."""
        return any(operation.builds for operation in self.given.operations)

    @property
    def removes(self) -> bool:
        """Whether anything may be removed."""
        booleans = set(self.constraints.booleans)
        return self.begun and (not booleans or bool(booleans & _REMOVES))


def check_possible(
    constraints: Constraints,
    pins: Sequence[Pin],
    given: CadSequence,
    before: Manifold | None,
    regions: Sequence[Manifold],
) -> None:
    """Raise InputError, with the reason, if nothing that is added to a part can keep to them."""
    asked = PartAsked(constraints, pins, given, before, regions)
    for error in chain.from_iterable(check(asked) for check in CHECKS):
        raise error


def _begins(asked: PartAsked) -> Iterator[InputError]:
    allowed, booleans = asked.constraints.allowed, set(asked.constraints.booleans)
    if asked.begun:
        return
    if allowed is not None and not allowed & set(beginners()) and allowed != {"sketch"}:
        expected = f"one of {', '.join(beginners())}: there is no part yet"
        yield InputError(
            "nothing can begin", where="--only", expected=expected, got=", ".join(sorted(allowed))
        )
    if booleans and not booleans & _ADDS:
        expected = "new or join as well: there is no part yet"
        got = ", ".join(asked.constraints.booleans)
        yield InputError("nothing can begin", where="--boolean", expected=expected, got=got)


def _together(asked: PartAsked) -> Iterator[InputError]:
    """Kinds, booleans and dimensions that exclude each other."""
    kinds, booleans = asked.constraints.kinds, set(asked.constraints.booleans)
    if booleans and "cut" not in booleans and kinds and all(_cuts(name) for name in kinds):
        expected = "cut as well: holes cut"
        got = ", ".join(asked.constraints.booleans)
        yield InputError("nothing may be added", where="--boolean", expected=expected, got=got)
    for pin in asked.pins:
        needed = _NEEDS.get(pin.name, set())
        if booleans and needed and not booleans & needed:
            expected = f"{' or '.join(sorted(needed))} as well, which have a {pin.name}"
            yield InputError("nothing has this dimension", where=f"--pin {pin}", expected=expected)
        allowed, having = asked.constraints.allowed, NAMES[pin.name].of
        if allowed is not None and not allowed & set(having):
            expected = f"one of {', '.join(having)} in --only, which have a {pin.name}"
            got = ", ".join(asked.constraints.kinds)
            yield InputError(
                "nothing has this dimension", where=f"--pin {pin}", expected=expected, got=got
            )


def _cuts(name: str) -> bool:
    return OPERATIONS[name] is Hole


def _box(asked: PartAsked) -> Iterator[InputError]:
    within, made = asked.constraints.within, asked.before
    if within is None:
        return
    for pin in asked.pins:
        if pin.name == "thickness" and (pin.value or 0.0) > within.diagonal:
            expected = f"at most {within.diagonal:g} mm: the box is no larger across"
            yield InputError("too large", where=f"--pin {pin}", expected=expected)
    if made is not None and not made.is_empty():
        box = np.array(made.bounding_box()).reshape(2, 3)
        out = outside(box, within)
        if out > slack_of(within):
            low, high = (",".join(f"{value:.6g}" for value in corner) for corner in box)
            problem = f"the given part leaves the box already, by {out:.6g} mm"
            expected = f"a box around {low} to {high}"
            yield InputError(problem, where="--within", expected=expected)
    if asked.regions and not asked.begun:
        room = Manifold.cube(within.size).translate(within.minimum)
        for region in asked.regions:
            room -= region
        if volume_of(room) <= 0:
            hint = "a larger box, or smaller regions"
            yield InputError("no room is left in the box", where="--keep-out", hint=hint)


def _limit(asked: PartAsked) -> Iterator[InputError]:
    limit, made = asked.constraints.volume_limit, asked.before
    if made is None or asked.removes or volume_of(made) <= limit:
        return
    problem = f"the given part has {volume_of(made):.6g} mm³ already, and nothing may be removed"
    where = "--max-volume" if asked.constraints.most_volume == limit else "--max-mass"
    yield InputError(problem, where=where, expected=f"a limit above that, or cuts; got {limit:g}")


CHECKS: tuple[Callable[[PartAsked], Iterator[InputError]], ...] = (_begins, _together, _box, _limit)
