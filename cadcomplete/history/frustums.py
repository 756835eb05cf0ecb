"""What loops sweep that get smaller or larger on the way: a prism whose walls lean.

The wall over a line is flat and that over an arc is part of a cone (`offsets.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.crossings import crossing
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.offsets import offset

_LAYERS = 16
"""Layers of which the sections are known that say which points are inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Frustum:
    """What some loops sweep while they get smaller, or larger.

    Attributes:
        plane: where it starts.
        loops: those there, the outer one first, then holes, which get larger as it gets smaller.
        height: how far it goes along the normal, in mm; against it if that is negative.
        taper: degrees by which its walls lean inwards.
        top: the loops where it ends, curve for curve.
    """

    plane: Plane
    loops: tuple[Loop, ...]
    height: float
    taper: float
    top: tuple[Loop, ...]

    def at(self, share: float) -> tuple[Loop, ...]:
        """Its loops at a share of its height."""
        return _moved(self.loops, share * abs(self.height) * math.tan(math.radians(self.taper)))

    def area(self, share: float) -> float:
        """The area of its section at a share of its height, in mm²."""
        outer, *holes = (abs(loop.area) for loop in self.at(share))
        return outer - sum(holes)

    @property
    def volume(self) -> float:
        """Its volume in mm³, by the prismatoid formula.

        Moved by d, the area of a loop of lines and arcs changes by a polynomial of second degree in
        d, so this is exact: height / 6 times the areas at the ends and four times that between.
        """
        ends = self.area(0.0) + self.area(1.0)
        return abs(self.height) / 6 * (ends + 4 * self.area(0.5))


def frustum(plane: Plane, loops: tuple[Loop, ...], height: float, taper: float) -> Frustum:
    """Return what loops sweep. Raises GeometryError if the taper is too steep for them."""
    inwards = abs(height) * math.tan(math.radians(taper))
    try:
        top, problem = _moved(loops, inwards), ""
    except GeometryError as error:
        top, problem = loops, str(error)
    if problem := problem or _apart(top):
        moved = f"{abs(inwards):.6g} mm {'inwards' if inwards > 0 else 'outwards'}"
        raise GeometryError(
            f"the taper of {taper:.6g}° is too steep for the profile: moved {moved}, {problem}"
        )
    return Frustum(plane, loops, height, taper, top)


def _moved(loops: tuple[Loop, ...], inwards: float) -> tuple[Loop, ...]:
    """The loops of a region that gets smaller by so many mm on all sides: holes get larger."""
    found = []
    for number, loop in enumerate(loops):
        try:
            moved = offset(loop, -inwards if number else inwards)
        except GeometryError as error:
            raise GeometryError(f"loop {number} of it has no shape: {error}") from error
        if (moved.area > 0) != (loop.area > 0):
            raise GeometryError(f"loop {number} of it vanishes")
        found.append(moved)
    return tuple(found)


def _apart(loops: tuple[Loop, ...]) -> str:
    """Say what is wrong with the loops of a region: they cross, or a hole is not in it; or ""."""
    curves = tuple(curve for loop in loops for curve in loop.curves)
    if at := crossing(Loop(curves)):
        return f"it crosses itself at ({at[0]:.6g}, {at[1]:.6g}) mm"
    outer, *holes = loops
    for number, hole in enumerate(holes):
        others = (
            inside_loop(other, np.array([hole.start])).any() for other in holes if other is not hole
        )
        if not inside_loop(outer, np.array([hole.start])).all() or any(others):
            return f"hole {number} of it meets another loop"
    return ""


def inside_frustum(at: Frustum, points: Array) -> np.ndarray:
    """Say which of the points (n, 3) are inside of a frustum, shape (n,).

    By its sections at some heights: what is inside of two neighbours, or outside of both, is so
    between them as well. Of what is left each is asked of its own section.
    """
    local = at.plane.to_local(points)
    share = local[:, 2] / at.height
    found = np.zeros(len(points), dtype=np.bool_)
    layers = np.floor(share * _LAYERS)
    for layer in range(_LAYERS):
        there = np.flatnonzero((layers == layer) & (share > 0))
        if not len(there):
            continue
        ends = (at.at(layer / _LAYERS), at.at((layer + 1) / _LAYERS))
        one, other = (_within(section, local[there, :2]) for section in ends)
        found[there] = one & other
        for index in there[one != other]:
            found[index] = _within(at.at(float(share[index])), local[index : index + 1, :2])[0]
    return found


def _within(loops: tuple[Loop, ...], points: Array) -> np.ndarray:
    """Say which of the points (n, 2) are in the first loop and in none of the others."""
    outer, *holes = (inside_loop(loop, points) for loop in loops)
    return outer & ~np.logical_or.reduce([np.zeros_like(outer), *holes])
