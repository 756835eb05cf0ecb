"""To which side of an edge of a stored solid a face lies, by how it is bounded and looks.

Where an edge runs around a face as it is stored, the face lies to the left of it, seen from where
the normal of its surface points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cadcomplete.history.geometry import Array, Vec3
from cadcomplete.readers.freecad.brep import Place, StoredGeometry, Tables

NUDGE = 5e-3
"""How far into a face, in mm."""


class Border(NamedTuple):
    """A face by its number and place, and whether an edge runs around it backwards."""

    face: int
    where: Place
    backwards: bool


def inward(file: Tables, edge: int, where: Place, border: Border) -> Vec3 | None:
    """Return a point a little way into a face from the middle of an edge, in mm.

    None if the edge is neither a line nor a circle, or the face no plane, cylinder or cone.
    """
    words = file.shapes[edge].geometry
    if len(words) <= 8 or words[4] != "1":
        return None
    curve = file.curves[int(words[5]) - 1]
    point, along = _course(curve, (float(words[7]) + float(words[8])) / 2)
    if point is None or along is None:
        return None
    place = file.places.matrix(file.places.within(where, int(words[6])))
    point, along = place[:3, :3] @ point + place[:3, 3], place[:3, :3] @ along
    shape = file.shapes[border.face].geometry
    place = file.places.matrix(file.places.within(border.where, int(shape[3])))
    normal = _normal(file.surfaces[int(shape[2]) - 1], place, point)
    if normal is None:
        return None
    aside = np.cross(normal, -along if border.backwards else along)
    x, y, z = (point + NUDGE * aside / np.linalg.norm(aside)).tolist()
    return (x, y, z)


def _course(curve: StoredGeometry, at: float) -> tuple[Array | None, Array | None]:
    """A point of a line or a circle, and the direction in which it goes on."""
    given = np.array(curve.numbers)
    if curve.kind == "line":
        return given[:3] + at * given[3:6], given[3:6]
    if curve.kind != "circle":
        return None, None
    across, along, radius = given[6:9], given[9:12], given[12]
    point = given[:3] + radius * (np.cos(at) * across + np.sin(at) * along)
    return point, np.cos(at) * along - np.sin(at) * across


def _normal(surface: StoredGeometry, place: Array, point: Array) -> Array | None:
    """The normal of a surface as the kernel has it: along u crossed with along v."""
    if surface.kind not in ("plane", "cylinder", "cone"):
        return None
    given = np.array(surface.numbers)
    axis, across, along = (place[:3, :3] @ given[i : i + 3] for i in (3, 6, 9))
    if surface.kind == "plane":
        return np.cross(across, along)
    off = point - (place[:3, :3] @ given[:3] + place[:3, 3])
    out = off - (off @ axis) * axis
    out /= np.linalg.norm(out)
    if surface.kind == "cone":  # its last number is the angle by which it opens along its axis
        out = np.cos(given[13]) * out - np.sin(given[13]) * axis
    return out if np.cross(across, along) @ axis > 0 else -out
