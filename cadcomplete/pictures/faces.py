"""Faces that are seen where nothing is given yet: areas laid on the planes of the origin.

From a known side a flat face is seen as it was drawn, only slanted: laid on a plane that is
parallel to it, its outline is that of a sketch, and only its size and place are open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.loops import Loop
from cadcomplete.pictures.areas import Area, areas
from cadcomplete.pictures.laying import EDGE_ON, ORIGIN, lay
from cadcomplete.pictures.matching import Sight
from cadcomplete.pictures.tracing import traced
from cadcomplete.pictures.turning import FROM
from cadcomplete.pictures.views import Shot

_OFF = 1.1  # pixels by which edges are off where they should be
_SLANTED = 0.35  # what a line counts that runs along no axis
_FACE_ON = 0.999  # cosine to the viewer from which on a plane is seen as it is
_PLAUSIBLE = 0.6  # share of an outline that must be usual: along axes, or round


@dataclass(frozen=True, slots=True, eq=False)
class SeenFace:
    """An area as the outline of a sketch, of any size: 1 is a pixel along the picture.

    Attributes:
        plane: in which it would be drawn.
        loops: its outline, then its holes.
        share: how much of the part it covers in the picture, 0 to 1.
        usual: how much of its outline runs along axes or is round, 0 to 1.
    """

    plane: Plane
    loops: tuple[Loop, ...]
    share: float
    usual: float


def seen_faces(sight: Sight) -> list[SeenFace]:
    """Return faces that may be seen, those first that are clear and large."""
    found = []
    for number, area in enumerate(areas(sight.seen)):
        for axes in _sides(sight):
            for plane in ORIGIN:
                slant = abs(float(axes[2] @ np.array(plane.normal)))
                if slant < EDGE_ON or (number == 0 and slant < _FACE_ON):
                    continue  # all of a part is one face only where it is seen from straight ahead
                face = _face(area, axes, plane)
                if face is not None and face.usual >= _PLAUSIBLE:
                    found.append(face)
    return sorted(found, key=lambda face: -clear(face))


def clear(face: SeenFace) -> float:
    """Return how much speaks for a face being what it looks like, 0 to 1."""
    return face.usual**2 * math.sqrt(min(1.0, face.share))


def _sides(sight: Sight) -> Iterator[Array]:
    """The canonical side, the likeliest ones, and those from straight ahead (no opposite ones)."""
    usual, turned = sight.cameras
    known: list[Array] = []
    for axes in (FROM[0].axes, *usual[:1], *turned[:1]):
        if all(abs(float(axes[2] @ other)) < _FACE_ON for other in known):
            known.append(axes[2])
            yield axes
    for axes in usual:
        ahead = np.abs(axes[2]).max() > _FACE_ON
        if ahead and all(abs(float(axes[2] @ other)) < _FACE_ON for other in known):
            known.append(axes[2])
            yield axes


def _face(area: Area, axes: Array, plane: Plane) -> SeenFace | None:
    view = Shot(axes, 1.0, 0.0, 0.0)
    laid = lay(plane, view, area.outer, np.ones_like(area.outer))
    if laid is None:
        return None
    back = np.linalg.inv(laid.to_pixels)
    off = _OFF * float(np.linalg.svd(back, compute_uv=False).mean())
    outer = traced(laid.points, off=off)
    if outer is None:
        return None
    holes = (traced((hole - laid.at) @ back.T, off=off) for hole in area.inner)
    loops = (outer, *(loop for loop in holes if loop is not None))
    return SeenFace(plane, loops, area.share, _usual(outer))


def _usual(loop: Loop) -> float:
    """How much of an outline runs along an axis, or is round."""
    lengths, good = 0.0, 0.0
    for curve in loop.curves:
        match curve:
            case Circle():
                return 1.0
            case Line():
                way = np.subtract(curve.end, curve.start)
                along = float(np.abs(way).max()) > 0.9995 * curve.length
                lengths += curve.length
                good += curve.length * (1.0 if along else _SLANTED)
            case Arc():
                length = abs(math.radians(curve.sweep)) * curve.radius
                lengths, good = lengths + length, good + 0.8 * length
            case _:
                return 0.0
    return good / max(lengths, 1e-9)


def described(loops: Sequence[Loop]) -> tuple[float, float, float]:
    """Return what outlines of any size have in common: the logarithm of their width over their
    height, how much of that box they fill, and how much of them is holes, 0 to 1.
    """
    boxes = np.array([loop.box for loop in loops])
    (left, low), (right, high) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    wide, tall = max(right - left, 1e-9), max(high - low, 1e-9)
    sizes = sorted((abs(loop.area) for loop in loops), reverse=True)
    largest = sizes[0] / (wide * tall)
    return math.log(wide / tall), largest, sum(sizes[1:]) / max(sizes[0], 1e-9)
