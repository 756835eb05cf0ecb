"""Places in captions that say every dimension: numbers, points, directions and planes.

Coordinates are millimetres of the world: (x, y) on a plane z = …, (y, z) on x = …, (x, z) on
y = …. Any other plane is told by its origin, what it faces and where its x goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Plane, Vec2, Vec3, dot

N = r"[-−]?\d+(?:\.\d+)?"
POINT = rf"\(\s*({N})\s*,\s*({N})\s*\)"
POINTS = rf"(?:\(\s*{N}\s*,\s*{N}\s*\)(?:\s*,?\s*(?:and\s+)?(?=\())?)+"
VECTOR = rf"\(\s*({N})\s*,\s*({N})\s*,\s*({N})\s*\)"
VECTORS = rf"(?:\(\s*{N}\s*,\s*{N}\s*,\s*{N}\s*\)(?:\s*,?\s*(?:and\s+)?(?=\())?)+"

_PLANE = re.compile(
    rf"plane\s+(?:(?P<axis>[xyz])\s*=\s*(?P<at>{N})"
    rf"|through\s+{VECTOR}\s+facing\s+{VECTOR}\s+with\s+x\s+along\s+{VECTOR})"
)


def standard(axis: str, at: float) -> Plane:
    """Return the plane across an axis on which coordinates are the two others of the world."""
    if axis == "x":
        return Plane((at, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    if axis == "y":
        return Plane((0.0, at, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
    return Plane((0.0, 0.0, at), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))


def plane_said(sentence: str) -> Plane | None:
    """Return the plane that a sentence is about; None if it names none, or none that exists."""
    found = _PLANE.search(sentence)
    if found is None:
        return None
    if found["axis"]:
        return standard(found["axis"], number(found["at"]))
    values = [number(value) for value in found.groups()[2:]]
    try:
        origin, normal, x_axis = (vector(values[i : i + 3]) for i in (0, 3, 6))
        return Plane.of(origin, normal, x_axis)
    except GeometryError:
        return None


def axis_said(towards: str) -> Vec3:
    """Return the direction that "+x" or "-z" names."""
    direction = [0.0, 0.0, 0.0]
    direction["xyz".index(towards[1])] = 1.0 if towards[0] == "+" else -1.0
    return vector(direction)


def sign_along(towards: str, plane: Plane) -> float:
    """Return 1 if "+x" goes along the normal of a plane, -1 if against it, 0 for neither."""
    along = dot(plane.normal, axis_said(towards))
    return float(round(along)) if abs(along) > 0.9 else 0.0


def points_said(text: str) -> list[Vec2]:
    return [(number(x), number(y)) for x, y in re.findall(POINT, text)]


def vectors_said(text: str) -> list[Vec3]:
    return [vector([number(value) for value in found]) for found in re.findall(VECTOR, text)]


def vector(values: Sequence[float]) -> Vec3:
    return (values[0], values[1], values[2])


def number(text: str) -> float:
    return float(text.replace("−", "-"))
