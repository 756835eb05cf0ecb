"""Holes that designers would drill, and what speaks for each.

They are drilled on faces that are known: in the middle, at the centres of what is round, at the
corner that three holes leave free, and where an earlier hole was, seen from the other side. Shapes:
C ideas, F facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, standing
from cadcomplete.completion.usual import known_planes
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Array, Plane, Vec2, dot
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Sketch
from cadcomplete.history.reach import heights_of
from cadcomplete.history.sequence import CadSequence

DIAMETERS = (3.4, 5.5, 3.2, 2.5, 8.0, 3.0, 4.3, 10.0, 6.0, 6.6, 4.5, 5.0)
"""Millimetres that are common: clearance for screws, mostly."""

_PLANES = 6  # that are known, the newest
_PLACES = 8  # on each, at most
_TIP = 118.0  # degrees
_DEEP = 25.0  # mm of a blind hole, where none was drilled before


def usual_holes(given: CadSequence, drawn: Sequence[Hole]) -> Iterator[Hole]:
    """Yield holes on outer faces that are known, through and blind, as before or of usual sizes."""
    there = standing(given)
    if there.part is None:
        return
    earlier = [one for one in reversed(there.operations) if isinstance(one, Hole)]
    sizes = [replace(hole, centers=()) for hole in earlier]
    for plane in _faces(given, there):
        shapes: list[Hole] = [replace(hole, plane=plane) for hole in dict.fromkeys(sizes)]
        for diameter in dict.fromkeys((*(hole.diameter for hole in earlier), *DIAMETERS)):
            shapes.append(Hole(plane, diameter, None, ()))
            shapes.append(Hole(plane, diameter, _DEEP, (), None, _TIP))
        for shape, centers in product(dict.fromkeys(shapes), _places(plane, there)):
            yield replace(shape, centers=centers)


def _faces(given: CadSequence, there: Standing) -> Iterable[Plane]:
    """Planes at the end of the part, with normals that point out of it."""
    assert there.part is not None
    found: dict[Plane, None] = {}
    for plane in known_planes(given)[:_PLANES]:
        low, high = heights_of(there.part, plane)
        if abs(high) <= NEAR * there.size:
            found[plane] = None
        elif abs(low) <= NEAR * there.size:
            x, y, z = plane.normal
            found[replace(plane, normal=(0.0 - x, 0.0 - y, 0.0 - z))] = None
    return found


def _places(plane: Plane, there: Standing) -> list[tuple[Vec2, ...]]:
    """Where holes may be on a plane, each together with what is drilled with it."""
    round_ = _centers(plane, there)
    found: dict[tuple[Vec2, ...], None] = {}
    middle = _middle(plane, there)
    for center in (middle, *round_):
        if center is not None:
            found[(center,)] = None
    for corner in _fourth(round_):
        found[(corner,)] = None
    if len(round_) > 1:
        found[tuple(round_)] = None
    for hole in there.operations:
        if isinstance(hole, Hole) and abs(dot(hole.plane.normal, plane.normal)) > 1 - NEAR:
            there_ = hole.plane.to_world(np.array(hole.centers))
            found[tuple(_rounded(p) for p in plane.to_local(there_)[:, :2].tolist())] = None
    return list(found)[:_PLACES]


def _rounded(point: Sequence[float]) -> Vec2:
    return (round(point[0], 6) + 0.0, round(point[1], 6) + 0.0)


def _middle(plane: Plane, there: Standing) -> Vec2 | None:
    part = there.part
    if part is None:
        return None
    ((x, y, _),) = plane.to_local(part.mean(axis=0)[None]).tolist()
    return _rounded((x, y))


def _centers(plane: Plane, there: Standing) -> list[Vec2]:
    """The centres of what is round across a plane, the newest first."""
    found: dict[Vec2, None] = {}
    for sketch in reversed(there.operations):
        if isinstance(sketch, Sketch) and abs(dot(sketch.plane.normal, plane.normal)) > 1 - NEAR:
            circles = [c for loop in sketch.loops for c in loop.curves if isinstance(c, Circle)]
            flat = np.array([c.center for c in circles]).reshape(-1, 2)
            local = plane.to_local(sketch.plane.to_world(flat))[:, :2]
            found |= {_rounded(p): None for p in local.tolist()}
    return list(found)[:_PLACES]


def _fourth(centers: Sequence[Vec2]) -> Iterator[Vec2]:
    """The corners that three of four corners of a rectangle leave free."""
    for three in combinations(centers, 3):
        for corner, one, other in (three, (three[1], three[0], three[2]), (three[2], *three[:2])):
            a, b = np.subtract(one, corner), np.subtract(other, corner)
            if abs(float(a @ b)) <= NEAR * float(np.linalg.norm(a) * np.linalg.norm(b)):
                free = _rounded((a + b + np.array(corner)).tolist())
                if free not in centers:
                    yield free


OF_HOLES = (
    *("on top", "at the bottom", "on a side", "the newest plane"),
    *("in the middle", "through the plane's origin", "at a circle's centre", "one centre"),
    *("as many as before", "the fourth corner", "through", "with a head"),
    *("a diameter as before", "as one before", "where one was", "share of the part"),
    *(f"diameter {size:g}" for size in DIAMETERS),
)


def hole_facts(holes: Sequence[Hole], given: CadSequence) -> Array:
    """Return what is known of holes, in the order of `OF_HOLES`, shape (C, F)."""
    there = standing(given)
    planes = known_planes(given)[:1]
    known: dict[Plane, tuple[list[Vec2], Vec2 | None, list[Vec2]]] = {}
    found = []
    for hole in holes:
        if hole.plane not in known:
            centers = _centers(hole.plane, there)
            known[hole.plane] = centers, _middle(hole.plane, there), list(_fourth(centers))
        found.append(list(_drilling(hole, there, planes, *known[hole.plane])))
    return np.array(found, dtype=float)


def _drilling(
    hole: Hole,
    there: Standing,
    planes: Sequence[Plane],
    centers: Sequence[Vec2],
    middle: Vec2 | None,
    corners: Sequence[Vec2],
) -> Iterator[float]:
    up = hole.plane.normal[2]
    yield float(up > 0.999)
    yield float(up < -0.999)
    yield float(abs(up) < 0.999)
    yield float(bool(planes) and planes[0].origin == hole.plane.origin)
    yield float(middle in hole.centers)
    yield float((0.0, 0.0) in hole.centers)
    yield float(all(center in centers for center in hole.centers))
    yield float(len(hole.centers) == 1)
    earlier = [one for one in there.operations if isinstance(one, Hole)]
    yield float(any(len(one.centers) == len(hole.centers) for one in earlier))
    yield float(any(corner in hole.centers for corner in corners))
    yield float(hole.depth is None)
    yield float(hole.head is not None)
    yield float(any(one.diameter == hole.diameter for one in earlier))
    same = [one for one in earlier if replace(one, plane=hole.plane, centers=hole.centers) == hole]
    yield float(bool(same))
    at = {tuple(p) for one in earlier for p in one.plane.to_world(np.array(one.centers)).round(4)}
    own = {tuple(p) for p in hole.plane.to_world(np.array(hole.centers)).round(4)}
    yield float(bool(at & own))
    yield min(hole.diameter / there.size, 1.0)
    yield from (float(abs(hole.diameter - size) < 1e-6) for size in DIAMETERS)
