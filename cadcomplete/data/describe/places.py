"""Numbers, points, directions and planes in words, as `captions/coordinates.py` reads them."""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.captions.coordinates import standard
from cadcomplete.errors import UnsupportedError
from cadcomplete.history.geometry import Plane, Vec2, Vec3, facing

ACROSS = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}

_TURNED = 2e-8


def no_words(what: str) -> UnsupportedError:
    """Return the error that says of what there are no words."""
    hint = "there are no words for it: the part cannot be dictated"
    return UnsupportedError([what], where="data/describe/dictated.py", hint=hint)


def exact(value: float) -> str:
    """Return a length in mm with up to four decimals."""
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def fine(value: float) -> str:
    """Return a part of a direction, with up to nine decimals."""
    return f"{round(value, 9) + 0.0:.9f}".rstrip("0").rstrip(".")


def point_told(point: Vec2) -> str:
    return f"({exact(point[0])}, {exact(point[1])})"


def place_told(place: Vec3) -> str:
    return f"({', '.join(map(exact, place))})"


def direction_told(direction: Vec3) -> str:
    return f"({', '.join(map(fine, direction))})"


def axis_along(direction: Vec3) -> str:
    """Return "+x" or its like for a direction along an axis of the world, else ""."""
    for axis, along in ACROSS.items():
        if forth := facing(along, direction, turned=_TURNED):
            return f"{'+' if forth > 0 else '-'}{axis}"
    return ""


def plane_told(own: Plane) -> tuple[str, str, Plane]:
    """Return how a plane is told, the axis that it lies across or "", and its frame there."""
    axis = axis_along(own.normal)[1:]
    if not axis:
        vectors: Sequence[Vec3] = (own.origin, own.normal, own.x_axis)
        told = [f"({', '.join(f'{value + 0.0:.6f}' for value in vector)})" for vector in vectors]
        return f"On the plane through {told[0]} facing {told[1]} with x along {told[2]}", "", own
    at = own.origin["xyz".index(axis)]
    return f"On the plane {axis} = {exact(at)}", axis, standard(axis, at)


def way(end: float, axis: str, plane: Plane) -> str:
    """Return which way something goes that ends there, along the normal of a plane."""
    if not axis:
        return "along it" if end > 0 else "against it"
    return f"towards {'+' if end * plane.normal['xyz'.index(axis)] > 0 else '-'}{axis}"
