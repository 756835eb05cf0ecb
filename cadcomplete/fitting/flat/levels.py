"""Heights at which prisms may end: of the planes of a cloud and of what a history has made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, vec3
from cadcomplete.fitting.scan.ends import TOWARDS
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.geometry import Array, facing
from cadcomplete.history.sequence import CadSequence

_TURNED = 1e-6
_ACROSS = 1e-6
_LEAST = 2  # points of a face that a prism may end at


def levels(given: CadSequence, wanted: Wanted, normal: Array) -> Array:
    """Return the offsets along a normal of all planes across it, sorted, each once.

    The normal is a unit vector (3,), the offsets (m,) are in mm. Planes of the history come first
    where a plane of the cloud is as good as the same.
    """
    near = 3e-5 * wanted.size + 2 * wanted.noise
    known = prefix_levels(given, normal)
    for flat in wanted.flats:
        side = facing(flat.normal, vec3(normal), turned=_TURNED)
        if side and flat.points >= _LEAST:
            known.append(flat.offset * side)
    return apart([*known, *_outermost(wanted, normal, known)], near)


def round_levels(rounds: Sequence[Cylinder], normal: Array) -> tuple[list[float], list[float]]:
    """Return the offsets along a normal of the axes of cylinders across it, and of their sides.

    The normal is a unit vector (3,), the offsets are in mm. A hole through the wall of a tube is
    seen only between the two sides of that wall.
    """
    axes: list[float] = []
    sides: list[float] = []
    for cylinder in rounds:
        if abs(float(np.array(cylinder.axis) @ normal)) < _ACROSS:
            middle = float(np.array(cylinder.center) @ normal)
            axes.append(middle)
            sides += [middle - cylinder.radius, middle + cylinder.radius]
    return axes, sides


def apart(values: Iterable[float], near: float) -> Array:
    """Return values in order, shape (m,), but none as near as that to one that came before it."""
    result: list[float] = []
    for value in values:
        if all(abs(value - other) > near for other in result):
            result.append(value)
    return np.array(sorted(result))


def _outermost(wanted: Wanted, normal: Array, known: list[float]) -> list[float]:
    """Where the points end: of round parts; not where a scan does that goes on to a known plane."""
    heights = wanted.points @ normal
    found: list[float] = []
    for sign, end in ((-1.0, float(heights.min())), (1.0, float(heights.max()))):
        open_there = wanted.opened is not None and sign * (wanted.opened.normal @ normal) > TOWARDS
        beyond = any(sign * (level - end) > wanted.noise for level in known)
        if not (open_there and beyond):
            found.append(end)
    return found


def prefix_levels(given: CadSequence, normal: Array) -> list[float]:
    """Offsets in mm along a unit normal (3,) of the planes of a history that lie across it.

    Those of sketches come first: they say where designers wanted to be.
    """
    found: list[float] = []
    for index, operation in sorted(enumerate(given.operations), key=lambda one: one[1].builds):
        for plane in operation.planes(given.operations[:index]):
            side = facing(plane.normal, vec3(normal), turned=_TURNED)
            if side:
                found.append(side * plane.offset)
    return found
