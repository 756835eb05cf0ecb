"""Where faces lie across x, y and z, as sums of variables: what is built on them moves along."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.exporters.scripts.names import Variables
from cadcomplete.exporters.scripts.sums import NOTHING, Sum
from cadcomplete.history.extrude import Extent, ExtentType
from cadcomplete.history.fields import number
from cadcomplete.history.geometry import Plane, Vec3

_SAME = 2e-6
"""By how much positions may differ that are one, in mm: their numbers are to a nanometre."""

_MOST = 2
"""Of how many parts an extent may be made that leads from one face to another."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an extrude goes: `amount` along the normal from `start`, or to `both` sides."""

    amount: Sum
    start: Sum = NOTHING
    both: bool = False


class Levels:
    """Positions along the axes of the world, each with the sum that says it."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._known: dict[int, list[tuple[float, Sum]]] = {0: [], 1: [], 2: []}

    def at(self, normal: Vec3, position: float) -> Sum:
        """Return what says a position along a normal, seen from the world's origin."""
        found = self._found(normal, position)
        return Sum(rest=position) if found is None else found

    def knows(self, normal: Vec3, position: float) -> bool:
        """Whether a position is that of a face."""
        return self._found(normal, position) is not None

    def _found(self, normal: Vec3, position: float) -> Sum | None:
        way = along_axis(normal)
        if way is None or abs(position) < _SAME:
            return Sum() if abs(position) < _SAME else None
        axis, sign = way
        for known, said in self._known[axis]:
            if abs(known - sign * position) < _SAME:
                return said.times(sign)
        return None

    def _keep(self, normal: Vec3, position: float, said: Sum) -> None:
        way = along_axis(normal)
        if way is not None and said.terms and self._found(normal, position) is None:
            axis, sign = way
            self._known[axis].append((sign * position, said.times(sign)))

    def reach(
        self, plane: Plane, extent: Extent, noun: str, own: str, what: str, *, first: bool
    ) -> Reach:
        """Return how far an extrude from a plane goes, and remember where it ends.

        What ends on a face that is known is said by that: a hole goes through `-plate_thickness`.
        Anything else is a dimension of its own, called after `noun`, or `own`, and `what` it is.
        """
        begin, (start, end) = extent.start, extent.ends
        offset, start, end = plane.offset + begin, start - begin, end - begin
        base = self.at(plane.normal, offset)
        off = base - self.at(plane.normal, plane.offset)

        def variable(size: float) -> str:
            return self._variables.named(noun, own, what, number(abs(size)))

        if extent.type is ExtentType.SYMMETRIC:
            reach = Reach(Sum.of(variable(end - start), 0.5), off, both=True)
            self._keep(plane.normal, offset - end, base - reach.amount)
        elif extent.type is ExtentType.TWO_SIDED:
            sign = 1.0 if end > start else -1.0
            reach = Reach(Sum.of(variable(end - start), sign), off + Sum(rest=start))
        else:
            known = None if first else self._found(plane.normal, offset + end)
            amount = None if known is None else known - base
            if amount is None or not (amount.terms and amount.length <= _MOST):
                amount = Sum.of(variable(end), 1.0 if end > 0 else -1.0)
            reach = Reach(amount, off)
        at_end = base + reach.start - off + reach.amount
        self._keep(plane.normal, offset + end, at_end)
        return reach


def along_axis(normal: Vec3) -> tuple[int, float] | None:
    """Return the axis of the world that a normal is along, and its sign; None if it is askew."""
    for axis, along in enumerate(normal):
        if abs(abs(along) - 1.0) < 1e-9:
            return axis, 1.0 if along > 0 else -1.0
    return None
