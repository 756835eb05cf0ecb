"""How the loops of a sketch lie among what is there, and whether that is where a caption says."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.captions.mention import Mention, Spot
from cadcomplete.captions.outlines import DrawnOutline, near, outlined
from cadcomplete.captions.planes import APART, TURNED, PlaneView
from cadcomplete.history.geometry import Array, distance, facing, same_plane
from cadcomplete.history.operations import Sketch

_HERE = 1e-3  # mm


@dataclass(frozen=True, slots=True, eq=False)
class Spotted:
    """A loop of a sketch.

    Attributes:
        outline: of it, in the sketch.
        there: whether the same was drawn before, in front of it or behind.
        middle: how far it is from the middle of the largest outline, and of the newest, in mm;
            None where none is seen.
        edges: how far its middle is from the nearest edges of the box around all, both ways.
    """

    outline: DrawnOutline
    there: bool
    middle: tuple[float, float] | None
    edges: tuple[float, float] | None = None


def parallel(sketch: Sketch, seen: Sequence[PlaneView]) -> PlaneView | None:
    """Return what is seen on the plane of a sketch, or on one parallel to it; None on no such."""
    beside = [v for v in seen if facing(v.plane.normal, sketch.plane.normal, turned=TURNED)]
    same = [v for v in beside if same_plane(v.plane, sketch.plane, turned=TURNED, apart=APART)]
    return next(iter((*same, *beside)), None)


def seen_on(sketch: Sketch, seen: Sequence[PlaneView]) -> list[Spotted]:
    """Return the closed loops of a sketch, each with how it lies among what is there."""
    outlines = [outlined(loop) for loop in sketch.loops if loop.closed]
    view = parallel(sketch, seen)
    if view is None or not outlines:
        return [Spotted(one, there=False, middle=None) for one in outlines]
    flat = np.array([one.center for one in outlines])
    centers = view.plane.to_local(sketch.plane.to_world(flat))[:, :2]
    largest = max(view.outlines, key=lambda one: one.length * one.width)
    found = []
    for one, center in zip(outlines, centers, strict=True):
        apart = (_apart(center, largest), _apart(center, view.outlines[0]))
        there = any(
            one.form is other.form
            and near(one.length, other.length)
            and near(one.width, other.width)
            and _apart(center, other) < _HERE
            for other in view.outlines[:-1]
        )
        left, bottom, right, top = view.box
        (x, y) = center.tolist()
        edges = (min(x - left, right - x), min(y - bottom, top - y))
        found.append(Spotted(one, there, apart, edges))
    return found


def _apart(center: Array, other: DrawnOutline) -> float:
    return math.hypot(center[0] - other.center[0], center[1] - other.center[1])


def lies_as_said(mention: Mention, same: Sequence[Spotted]) -> bool | None:
    """Say whether equal loops lie where a caption says; None where it does not say, or too little.

    A thing that is said to be alone in its middle may be any of several that were drawn.
    """
    where = mention.where
    if where is None:
        return None
    if where.spot is Spot.CENTER:
        known = [one.middle[0] for one in same if one.middle is not None]
        return min(known) < _HERE if known else None
    if where.spot is Spot.CORNERS:
        return _at_corners(where.sizes, [one.edges for one in same if one.edges is not None])
    points = sorted(one.outline.center for one in same)
    if len(points) < 2:
        return None
    if where.spot is Spot.ROW and where.sizes:
        gaps = [distance(a, b) for a, b in itertools.pairwise(points)]
        return all(near(gap, where.sizes[0]) for gap in gaps)
    x, y = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    if where.spot is Spot.CIRCLE and where.sizes:
        return all(near(2 * distance(p, (x, y)), where.sizes[0]) for p in points)
    if where.spot is Spot.RECTANGLE and len(where.sizes) == 2:
        spans = sorted((max(p[i] for p in points) - min(p[i] for p in points)) for i in (0, 1))
        return all(near(a, b) for a, b in zip(spans, sorted(where.sizes), strict=True))
    return None


def _at_corners(sizes: Sequence[float], edges: Sequence[tuple[float, float]]) -> bool | None:
    """Whether things are as far from both edges as is said, or at least all alike."""
    if not edges:
        return None
    wanted = sorted((*sizes, *sizes)[:2] or edges[0])
    return all(
        near(a, b)
        for one in edges
        for a, b in zip(sorted(one) if sizes else one, wanted if sizes else edges[0], strict=True)
    )
