"""What a boolean must give, from what is known of the bodies that go in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from manifold3d import Manifold, OpType

from cadcomplete.history.geometry import Array
from cadcomplete.kernel import arrangement
from cadcomplete.kernel.arrangement import Arrangement
from cadcomplete.kernel.oracle import WITNESSES, Oracle, Rough, Sides

Interval = tuple[float, float]


class BodyBoolean(NamedTuple):
    """A boolean of bodies: how volumes, boxes, points and polyhedra are put together.

    Attributes:
        volumes: from the least and the most of each body to those of all.
        box: from the corners of each body's box, shape (n, 2, 3), to those of all.
        sides: from which points are in each body, shape (n, points), to which are in all.
        put: polyhedra.
    """

    volumes: Callable[[list[Interval]], Interval]
    box: Callable[[Array], Array]
    sides: Callable[[np.ndarray], Sides]
    put: Callable[[list[Manifold]], Manifold]


def _hull(boxes: Array) -> Array:
    return np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])


def _overlap(boxes: Array) -> Array:
    low, high = boxes[:, 0].max(axis=0), boxes[:, 1].min(axis=0)
    return np.stack([low, np.maximum(low, high)])


def _added(bodies: list[Manifold]) -> Manifold:
    return Manifold.batch_boolean(bodies, OpType.Add)


UNION = BodyBoolean(
    lambda v: (max(low for low, _ in v), sum(high for _, high in v)),
    _hull,
    lambda sides: sides.max(axis=0),
    _added,
)
DIFFERENCE = BodyBoolean(
    lambda v: (max(v[0][0] - sum(high for _, high in v[1:]), 0.0), v[0][1]),
    lambda boxes: boxes[0],
    lambda sides: np.minimum(sides[0], -sides[1:].max(axis=0)),
    lambda bodies: bodies[0] - _added(bodies[1:]),
)
INTERSECTION = BodyBoolean(
    lambda v: (0.0, min(high for _, high in v)),
    _overlap,
    lambda sides: sides.min(axis=0),
    lambda bodies: bodies[0] ^ bodies[1],
)


@dataclass(frozen=True, eq=False)
class Together(Oracle):
    """Bodies and a boolean of them, of which not all are prisms.

    Attributes:
        kind: the boolean.
        parts: the bodies; what was there before is the first.
    """

    kind: BodyBoolean
    parts: tuple[Oracle, ...]
    _rough: dict[bool, Rough | None] = field(default_factory=dict)

    def bounds(self) -> Interval:
        return self._bounds(turned=False)

    def _bounds(self, *, turned: bool) -> Interval:
        """Return what polyhedra, lying or turned, leave of what the volumes of the parts allow."""
        low, high = self.kind.volumes([part.bounds() for part in self.parts])
        found = self.rough(turned=turned)
        if found is None:
            return low, high
        least, most = found.body.volume() - found.off, found.body.volume() + found.off
        return min(max(low, least), high), max(min(high, most), low)

    def has(self, volume: float, *, within: float, since: tuple[Any, float] | None = None) -> bool:
        """Say whether a volume in mm³ may be its own: polyhedra err, though seldom both ways."""
        for turned in (False, True):
            low, high = self._bounds(turned=turned)
            if low - within <= volume <= high + within:
                return True
        return False

    def box(self) -> Array:
        return self.kind.box(np.stack([part.box() for part in self.parts]))

    def contains(self, points: Array) -> Sides:
        return self.kind.sides(np.stack([part.contains(points) for part in self.parts]))

    def rough(self, *, turned: bool = False) -> Rough | None:
        if turned not in self._rough:
            found = [part.rough(turned=turned) for part in self.parts]
            known = [one for one in found if one is not None]
            made = None
            if len(known) == len(found):
                body = self.kind.put([one.body for one in known])
                off, far = sum(one.off for one in known), max(one.far for one in known)
                made = Rough(body, off, far)
            self._rough[turned] = made
        return self._rough[turned]

    def candidates(self) -> Array:
        """Points of what is new, and as many of what was there."""
        first, *new = (part.candidates() for part in self.parts)
        return np.concatenate([_thinned(first), _thinned(np.concatenate(new))])


def _thinned(points: Array) -> Array:
    chosen = np.linspace(0, len(points) - 1, WITNESSES).astype(np.int64)
    return points if len(points) <= WITNESSES else points[chosen]


def union(parts: list[Oracle]) -> Oracle:
    """Return what is known of all of them together."""
    return _of(parts, UNION, arrangement.union) if len(parts) > 1 else parts[0]


def difference(whole: Oracle, tools: list[Oracle]) -> Oracle:
    """Return what is known of the first without the others."""
    return _of([whole, *tools], DIFFERENCE, lambda all_: arrangement.difference(all_[0], all_[1:]))


def intersection(one: Oracle, other: Oracle) -> Oracle:
    """Return what is known of what both have in common."""
    return _of([one, other], INTERSECTION, lambda both: arrangement.intersection(*both))


def _of(
    parts: list[Oracle], kind: BodyBoolean, exact: Callable[[list[Any]], Arrangement]
) -> Oracle:
    prisms = [part for part in parts if isinstance(part, Arrangement)]
    return exact(prisms) if len(prisms) == len(parts) else Together(kind, tuple(parts))
