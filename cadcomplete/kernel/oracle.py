"""What is known of a body without asking the kernel's booleans: what law 13 is checked against.

An `Oracle` says how much volume a body has, how far it reaches, and which points are in it. Prisms
have an exact one (`arrangement.py`), any other body brings its own: a class with `bounds`, `box`
and `contains`, and, where polyhedra can stand for it, `rough`. `expected.py` puts them together as
a boolean puts bodies together, and `booleans.py` believes only what agrees.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from manifold3d import Manifold

from cadcomplete.history.geometry import Array
from cadcomplete.history.motions import Motion

INSIDE, NOT_KNOWN, OUTSIDE = 1, 0, -1

Sides = np.ndarray
"""INSIDE, NOT_KNOWN or OUTSIDE for each point, shape (n,), int8."""

WITNESSES = 120
"""Points of which it is asked whether they are inside: of all that is new, and of all the rest."""

_TRIED = 384  # points in the box of a body, of which witnesses are taken

_OF_EACH = 16  # witnesses inside of a body; half as many outside

_CLEAR = 2e-3
"""Distance in mm from the surface that a witness keeps: gaps up to half of it may be closed."""

_SPREAD = np.array([0.8191725134, 0.6710436067, 0.5497004779])
"""Multiples of these fill a cube evenly: powers of the root of x⁴ = x + 1 (Roberts, 2018)."""

TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
"""A rotation that takes no axis to an axis: polyhedra turned by it give a second opinion."""


class Rough(NamedTuple):
    """A polyhedron that stands for a body.

    Attributes:
        body: the polyhedron.
        off: how much volume, at most, is in only one of the two, in mm³.
        far: how far, at most, their surfaces are apart, in mm.
    """

    body: Manifold
    off: float
    far: float


class Oracle(ABC):
    """What is known of a body."""

    exact = False
    """Whether its volume is known so well that nothing can be lost unseen."""

    lasting = True
    """Whether it says where the body is, so that a later boolean can be checked by it."""

    askew = False
    """Whether round walls of different axes may meet: no formula has such edges."""

    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """Return the least and the most volume that it may have, in mm³."""

    @abstractmethod
    def box(self) -> Array:
        """Return the corners of a box that it does not leave, shape (2, 3), in mm."""

    @abstractmethod
    def contains(self, points: Array) -> Sides:
        """Say which of the points (n, 3), in mm, are inside; of its surface it may say anything."""

    def rough(self, *, turned: bool = False) -> Rough | None:
        """Return a polyhedron that stands for it, turned or as it lies; None if there is none."""
        return None

    def moved(self, motion: Motion) -> Oracle:
        """Return what is known of the body once it is moved."""
        return Moved(self, motion)

    def bodies(self) -> tuple[int, int] | None:
        """Return the least and the most number of separate bodies; None if that is not known."""
        return None

    def volume(self) -> float:
        """Return about how much volume it has, in mm³."""
        return sum(self.bounds()) / 2

    def has(self, volume: float, *, within: float, since: tuple[Any, float] | None = None) -> bool:
        """Say whether a volume in mm³ may be its own, `within` mm³ (`Arrangement.has`)."""
        low, high = self.bounds()
        return low - within <= volume <= high + within

    def told(self, volume: float) -> str:
        """Say what is wrong with a volume that it does not have."""
        low, high = self.bounds()
        return f"the kernel's result has {volume:.6g} mm³ where {low:.6g} to {high:.6g} are right"

    def apart(self, other: Oracle, gap: float) -> bool:
        """Say whether two bodies are surely more than `gap` mm apart."""
        (low, high), (other_low, other_high) = self.box(), other.box()
        if (low > other_high + gap).any() or (other_low > high + gap).any():
            return True
        one, two = self.rough(), other.rough()
        if one is None or two is None:
            return False
        clear = gap + one.far + two.far
        return one.body.min_gap(two.body, 2 * clear) > clear

    def candidates(self) -> Array:
        """Return points that may be witnesses, shape (n, 3): some inside, some outside."""
        low, high = self.box()
        tried = low + (np.arange(1, _TRIED + 1)[:, None] * _SPREAD % 1.0) * (high - low)
        sides = self.contains(tried)
        inside, outside = tried[sides == INSIDE], tried[sides == OUTSIDE]
        return np.concatenate([inside[:_OF_EACH], outside[: _OF_EACH // 2]])

    @cached_property
    def witnesses(self) -> tuple[Array, Sides]:
        """Points that are surely inside or outside, shape (n, 3), and which they are."""
        points = self.candidates()
        low, high = self.box()
        clear = max(_CLEAR, 1e-5 * float(np.linalg.norm(high - low)))
        sides = self.contains(points)
        for step in clear * np.concatenate([np.eye(3), -np.eye(3)]):
            sides = np.where(self.contains(points + step) == sides, sides, NOT_KNOWN)
        return points[sides != NOT_KNOWN], sides[sides != NOT_KNOWN]


def turned_about(body: Manifold) -> Manifold:
    """Return a polyhedron, turned about an axis that nothing is parallel to."""
    return body.transform(np.column_stack([TURN, np.zeros(3)]))


@dataclass(frozen=True, eq=False)
class Moved(Oracle):
    """A body somewhere else, or in a mirror."""

    still: Oracle
    motion: Motion
    _rough: dict[bool, Rough | None] = field(default_factory=dict)

    def bounds(self) -> tuple[float, float]:
        return self.still.bounds()

    def bodies(self) -> tuple[int, int] | None:
        return self.still.bodies()

    def box(self) -> Array:
        low, high = self.still.box()
        choose = np.array(np.meshgrid(*[(0, 1)] * 3)).reshape(3, -1).T
        corners = self.motion.apply(np.where(choose, high, low))
        return np.stack([corners.min(axis=0), corners.max(axis=0)])

    def contains(self, points: Array) -> Sides:
        return self.still.contains(self.motion.inverse.apply(points))

    def rough(self, *, turned: bool = False) -> Rough | None:
        if turned not in self._rough:
            found = self.still.rough()
            if found is not None:
                body = found.body.transform(self.motion.matrix)
                found = found._replace(body=turned_about(body) if turned else body)
            self._rough[turned] = found
        return self._rough[turned]


@dataclass(frozen=True, eq=False)
class VolumeBounds(Oracle):
    """What little is known of a body by what was done to it: a fillet, a chamfer.

    It says nothing of where the body is: once its bounds are kept, the solid itself says that.

    Attributes:
        least, most: its volume, in mm³.
        around: corners of a box that it does not leave, shape (2, 3), in mm.
        count: the least and the most number of bodies, or None.
    """

    least: float
    most: float
    around: Array
    count: tuple[int, int] | None = None

    lasting = False

    def bounds(self) -> tuple[float, float]:
        return self.least, self.most

    def box(self) -> Array:
        return self.around

    def bodies(self) -> tuple[int, int] | None:
        return self.count

    def contains(self, points: Array) -> Sides:
        return np.zeros(len(points), dtype=np.int8)
