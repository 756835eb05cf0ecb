"""Whether two sketches are the same: on the same plane in space, enclosing the same region."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from manifold3d import CrossSection, FillRule

from cadcomplete.history.bent import evenly
from cadcomplete.history.curves import BENT, CURVES, Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Plane, Vec2, distance, dot
from cadcomplete.history.operations import Sketch
from cadcomplete.history.tables import Table
from cadcomplete.language.words import curve_name
from cadcomplete.meshes.manifolds import filled, outline, region_iou

ANGLE = 1.0
"""Degrees by which the normals of two planes that are the same may differ."""

OFFSET = 0.01
"""Part of the size by which two planes that are the same may lie apart."""

CURVE = 0.02
"""Part of the size by which the points of a curve that is hit may differ."""


def drawn_box(sketch: Sketch) -> tuple[Array, Array]:
    """Return the corners (2,), (2,) of the box around what is drawn, in the sketch's x and y."""
    if not sketch.loops:
        return np.zeros(2), np.zeros(2)
    points = np.concatenate([outline(loop) for loop in sketch.loops])
    return points.min(axis=0), points.max(axis=0)


def drawn_size(sketch: Sketch) -> float:
    """Return the longest side of the box around what is drawn, in mm; 0 if nothing is."""
    low, high = drawn_box(sketch)
    return float((high - low).max())


def drawn_with(sketch: Sketch) -> str:
    """Return which curves a sketch has, such as "line" or "line, arc"; "nothing" for none."""
    there = {curve_name(curve) for loop in sketch.loops for curve in loop.curves}
    return ", ".join(name for name in CURVES if name in there) or "nothing"


def angle_between(a: Plane, b: Plane) -> float:
    """Return the angle between two planes in degrees, 0 to 90: which side faces up is the same."""
    x, y = np.array(a.normal), np.array(b.normal)
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(x, y))), abs(float(x @ y))))


def plane_distance(truth: Sketch, plane: Plane) -> float:
    """Return how far the middle of a true sketch is from a plane, in mm."""
    low, high = drawn_box(truth)
    x, y, z = truth.plane.to_world((low + high)[None] / 2)[0].tolist()
    return abs(dot(plane.normal, (x, y, z)) - plane.offset)


def lies_on(truth: Sketch, plane: Plane, *, size: float) -> bool:
    """Say whether a true sketch lies on a plane, facing either way.

    The normals are within `ANGLE` degrees, and the sketch's middle is within `OFFSET` of `size`
    from the plane.
    """
    near = plane_distance(truth, plane) <= OFFSET * max(size, 1e-9)
    return near and angle_between(truth.plane, plane) <= ANGLE


def seen_from(plane: Plane, sketch: Sketch) -> CrossSection:
    """Return the region of a sketch in the x and y of another plane, by dropping a perpendicular.

    A point is inside if it is inside an odd number of loops.
    """
    if sketch.plane == plane:
        return filled(sketch.loops)
    rings = [outline(loop) for loop in sketch.loops if loop.closed]
    flat = [plane.to_local(sketch.plane.to_world(ring))[:, :2] for ring in rings if len(ring) > 2]
    usable = [ring for ring in flat if np.isfinite(ring).all()]
    return CrossSection(usable, FillRule.EvenOdd) if usable else CrossSection()


def sketch_iou(
    truth: Sketch, suggested: Sketch, *, size: float, region: CrossSection | None = None
) -> float:
    """Return area(a ∩ b) / area(a ∪ b) of two sketches' regions; 0 if their planes differ.

    `size` is the longest side of the true sketch or of the part so far, whichever is longer
    (mm); `region` is that of the true sketch, if it is known.
    """
    if not lies_on(truth, suggested.plane, size=size):
        return 0.0
    known = filled(truth.loops) if region is None else region
    return region_iou(known, seen_from(truth.plane, suggested))


COMPARED: Table[Callable[[Any], tuple[Vec2, ...]]] = Table(
    "metrics/sketches.py",
    {
        Line: lambda line: (line.end,),
        Arc: lambda arc: (arc.end, arc.mid),
        Circle: lambda circle: (circle.center, (circle.radius, 0.0)),
        **dict.fromkeys(BENT, lambda curve: tuple(map(tuple, evenly(curve, 9).tolist()))),
    },
)
"""By which points two curves of a kind are compared that begin at the same one, in mm."""


def same_curve(truth: Curve, suggested: Curve, *, size: float) -> bool:
    """Say whether a suggested curve is the true one, both going on from where a sketch stands.

    It is of the same kind, and its end, an arc's middle, and a circle's centre and radius are
    within `CURVE` of `size`, the longest side of the true sketch (mm). Raises UnsupportedError for
    a kind that is not known here.
    """
    points, others = COMPARED[type(truth)](truth), COMPARED[type(suggested)](suggested)
    if type(truth) is not type(suggested):
        return False
    pairs = zip(points, others, strict=True)
    return all(distance(a, b) <= CURVE * size for a, b in pairs)
