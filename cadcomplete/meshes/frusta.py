"""Frusta as polyhedra: prisms whose walls lean (`history/frustums.py`); exact for straight lines.

Arcs become as many chords where they end as where they begin, so that each wall is a row of
quadrangles; circles have their corners at multiples of a step, as those of prisms have.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from manifold3d import Manifold, Mesh64, triangulate

from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.frustums import Frustum
from cadcomplete.history.geometry import Array
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table, refusing


def polyhedron(at: Frustum, step: float) -> Manifold:
    """Return it with corners every `step` degrees of arcs; empty if it is none."""
    pairs = [_rings(low, high, step) for low, high in zip(at.loops, at.top, strict=True)]
    pairs = [_turned(*pair, hole=number > 0) for number, pair in enumerate(pairs)]
    count = sum(len(low) for low, _ in pairs)
    bottom, top = (triangulate([pair[end] for pair in pairs]) for end in (0, 1))
    walls, first = [], 0
    for low, _ in pairs:
        here = first + np.arange(len(low))
        after = np.roll(here, -1)
        walls += [np.stack([here, after, after + count], 1)]
        walls += [np.stack([here, after + count, here + count], 1)]
        first += len(low)
    triangles = np.concatenate([bottom[:, ::-1], top + count, *walls])
    if at.height < 0:
        triangles = triangles[:, ::-1]
    ends = zip((0, 1), (at.plane, at.plane.raised(at.height)), strict=True)
    corners = [plane.to_world(np.concatenate([pair[end] for pair in pairs])) for end, plane in ends]
    return Manifold(Mesh64(np.concatenate(corners), np.ascontiguousarray(triangles, np.uint64)))


def _turned(low: Array, high: Array, *, hole: bool) -> tuple[Array, Array]:
    """Let outer loops run counter-clockwise, and holes clockwise."""
    after = np.roll(low, -1, axis=0)
    area = float((low[:, 0] * after[:, 1] - low[:, 1] * after[:, 0]).sum())
    return (low[::-1], high[::-1]) if (area < 0) != hole else (low, high)


def _rings(low: Loop, high: Loop, step: float) -> tuple[Array, Array]:
    """The corners of a loop and of what it has become, shape (n, 2) each, one for one."""
    pairs = [
        RULED[type(one)](one, other, step)
        for one, other in zip(low.curves, high.curves, strict=True)
    ]
    return tuple(np.concatenate([pair[end] for pair in pairs]) for end in (0, 1))  # type: ignore[return-value]


def _straight(low: Line, high: Line, step: float) -> tuple[Array, Array]:
    return np.array([low.start]), np.array([high.start])


def _bent(low: Arc, high: Arc, step: float) -> tuple[Array, Array]:
    count = max(math.ceil(abs(low.sweep) / step - 1e-9), 1)
    return _shares(low, count), _shares(high, count)


def _shares(arc: Arc, count: int) -> Array:
    (x, y), radius = arc.center, arc.radius
    first = math.atan2(arc.start[1] - y, arc.start[0] - x)
    angles = first + math.radians(arc.sweep) * np.arange(count) / count
    points = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
    points[0] = arc.start
    return points


def _round(low: Circle, high: Circle, step: float) -> tuple[Array, Array]:
    angles = np.radians(step * np.arange(round(360 / step)))
    around = np.stack([np.cos(angles), np.sin(angles)], 1)
    low_ring, high_ring = (np.array(one.center) + one.radius * around for one in (low, high))
    return low_ring, high_ring


RULED: Table[Callable[[Any, Any, float], tuple[Array, Array]]] = Table(
    "meshes/frusta.py",
    {
        Line: _straight,
        Arc: _bent,
        Circle: _round,
        **{kind: refusing(kind, "meshes/frusta.py") for kind in BENT},
    },
)
"""Points along a curve and what it has become, one for one, their ends not among them."""
