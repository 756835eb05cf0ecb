"""Sketches of circles around axes that are there, with the extrudes that they are good for.

A circle that is seen is where something begins or ends: so it may be drawn on each plane across its
axis, and what is made of it goes from there to where it is seen. The picture seldom says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.history.curves import Circle
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array, Plane, facing
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extrude, Profile, Sketch
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.coaxial import SeenRing, axes_of, rings
from cadcomplete.pictures.extruding import Guess, changed
from cadcomplete.pictures.laying import explained
from cadcomplete.pictures.rounding import rounded
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.views import Shot

_RINGS = 8  # of which bodies are made
_PLANES = 4  # across an axis on which circles are drawn, the newest first
_PAIRED, _PARTNERS = 4, 3  # of which pairs are made, and with how many each
_MADE = 2  # of which bodies are made
_LESS = 0.4  # nats for each plane that is less usual
_TURNED, _APART = 2e-8, 1e-4  # by how much planes that are one may be off: cosine, mm


def turnings(scene: PictureScene, view: Shot, planes: Sequence[Plane]) -> Iterator[Guess]:
    """Yield sketches of circles around axes that are there, each with what it is good for."""
    free = (~explained(scene, view)).astype(np.float64)
    seen = [ring for axis in axes_of(scene) for ring in rings(scene, view, axis, free)]
    seen.sort(key=lambda ring: -ring.share)
    for ring in seen[:_RINGS]:
        yield from _of_ring(scene, view, ring, planes)
    for ring in seen[:_PAIRED]:
        yield from _pairs(scene, view, ring, seen[:_RINGS], planes)


def _of_ring(
    scene: PictureScene, view: Shot, ring: SeenRing, planes: Sequence[Plane]
) -> Iterator[Guess]:
    off = 0.7 / view.scale
    found: list[tuple[Plane, Extrude, float]] = []
    across = _across(ring, planes)
    sizes = _sizes(ring.radius, off)
    for plane in across[:_MADE]:
        sketch = Sketch(plane, (_circle(ring, plane, sizes[0]),))
        best = max(
            (
                (extrude, changed(scene, (sketch, extrude)))
                for extrude in _ends(scene, ring, plane, off)
            ),
            key=lambda pair: pair[1],
            default=None,
        )
        if best is not None:
            found.append((plane, *best))
    if not found:
        return
    most = max(nats for *_, nats in found)
    made = {id(plane): (extrude, nats) for plane, extrude, nats in found}
    for k, plane in enumerate(across):
        extrude, nats = made.get(id(plane), (found[0][1], most))
        height = _height(plane, ring)
        if id(plane) not in made:
            end = Extent(ExtentType.ONE_SIDED, round(height, 4) or 1.0)
            extrude = Extrude(extrude.profiles, end, extrude.boolean)
        for n, radius in enumerate(sizes):
            sketch = Sketch(plane, (_circle(ring, plane, radius),))
            yield Guess((sketch, _of_sketch(scene, extrude)), min(nats, most) - _LESS * (k + n))


def _of_sketch(scene: PictureScene, extrude: Extrude) -> Extrude:
    return Extrude((Profile(len(scene.given), 0),), extrude.extent, extrude.boolean)


def _pairs(
    scene: PictureScene,
    view: Shot,
    ring: SeenRing,
    seen: Sequence[SeenRing],
    planes: Sequence[Plane],
) -> Iterator[Guess]:
    """A circle with another around its axis, known or seen at its height: a tube, or a groove."""
    off = 0.7 / view.scale
    size = _sizes(ring.radius, off)[0]
    beside = [
        _sizes(other.radius, off)[0]
        for other in seen
        if other.axis == ring.axis and abs(other.height - ring.height) < 3 * off
    ]
    radii = dict.fromkeys((*_known(scene, ring), *beside))
    profile = (Profile(len(scene.given), 0, (1,)),)
    for radius in [r for r in radii if abs(r - size) > off][:_PARTNERS]:
        for k, plane in enumerate(_across(ring, planes)[:_MADE]):
            loops = (
                _circle(ring, plane, max(radius, size)),
                _circle(ring, plane, min(radius, size)),
            )
            sketch = Sketch(plane, loops)
            for extrude in _ends(scene, ring, plane, off):
                made = replace(extrude, profiles=profile)
                yield Guess((sketch, made), changed(scene, (sketch, made)) - _LESS * k)


def _known(scene: PictureScene, ring: SeenRing) -> list[float]:
    """The radii of circles that were drawn around the axis of one that is seen, newest first."""
    direction = np.array(ring.axis.direction)
    found: list[float] = []
    for operation in reversed(scene.given.operations):
        if not isinstance(operation, Sketch):
            continue
        if not facing(operation.plane.normal, ring.axis.direction, turned=_TURNED):
            continue
        for loop in operation.loops:
            curve = loop.curves[0]
            if isinstance(curve, Circle):
                center = operation.plane.to_world(np.array([curve.center]))[0]
                aside = center - (center @ direction) * direction - ring.axis.through
                if np.linalg.norm(aside) < 1e-3 * curve.radius:
                    found.append(curve.radius)
    return list(dict.fromkeys(found))


def _across(ring: SeenRing, planes: Sequence[Plane]) -> list[Plane]:
    """The planes across an axis; first that in which the ring is seen, then in their order."""
    found: list[Plane] = []
    for plane in planes:
        if not facing(plane.normal, ring.axis.direction, turned=_TURNED):
            continue
        if all(abs(_height(plane, ring) - _height(other, ring)) > _APART for other in found):
            found.append(plane)
    found.sort(key=lambda plane: abs(_height(plane, ring)) > 0.04 * ring.radius + _APART)
    return found[:_PLANES]


def _height(plane: Plane, ring: SeenRing) -> float:
    """How far above a plane a ring is seen, along the plane's normal, in mm."""
    way = facing(plane.normal, ring.axis.direction, turned=_TURNED)
    return way * ring.height - plane.offset


def _sizes(radius: float, off: float) -> list[float]:
    """Radii that designers would write, the roundest first, then the measured one."""
    sizes = [d / 2 for d in rounded(2 * radius, off=2 * max(off / 2, 0.015 * radius))]
    return list(dict.fromkeys((*sizes[:1], round(radius, 3))))


def _circle(ring: SeenRing, plane: Plane, radius: float) -> Loop:
    x, y, _ = plane.to_local(np.array([ring.axis.through]))[0].round(6).tolist()
    return Loop((Circle((x + 0.0, y + 0.0), radius),))


def _ends(scene: PictureScene, ring: SeenRing, plane: Plane, off: float) -> Iterator[Extrude]:
    """Extrudes from a plane to where a ring is seen; or where it lies in the plane, through."""
    profiles = (Profile(len(scene.given), 0),)
    height = _height(plane, ring)
    near = _levels(scene, plane)
    if abs(height) > max(2 * off, 1e-3):
        level = min(near, key=lambda other: abs(other - height), default=height)
        end = level if abs(level - height) < 1.5 * off else next(rounded(height, off=off))
        for boolean in (Boolean.JOIN, Boolean.CUT):
            yield Extrude(profiles, Extent(ExtentType.ONE_SIDED, round(end, 4)), boolean)
        return
    for end in sorted({min(near, default=0.0), max(near, default=0.0)}):
        if abs(end) > 1e-6:
            yield Extrude(profiles, Extent(ExtentType.ONE_SIDED, round(end, 4)), Boolean.CUT)


def _levels(scene: PictureScene, plane: Plane) -> Array:
    """Heights over a plane at which corners of the given part are, in mm."""
    heights = mesh_of(scene.solid).vertices @ np.array(plane.normal) - plane.offset
    return np.unique(np.round(heights, 4))
