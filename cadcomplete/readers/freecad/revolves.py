"""Revolutions and grooves as revolves: about which axis, and how far."""

from __future__ import annotations

import numpy as np

from cadcomplete.history.operations import Extent, ExtentType, Operation, Revolve, Sketch
from cadcomplete.history.turn_axis import FULL, TurnAxis
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import Revolution
from cadcomplete.readers.freecad.outlines import rounded

_FLAT = 1e-5
"""How far an axis may be off the plane of its sketch, in mm and as a cosine."""


def turned(feature: Revolution, before: Earlier) -> tuple[Operation, ...]:
    """Return the revolve of a revolution or a groove, after its sketch if that is new.

    Raises NotKnown for what a revolve cannot say exactly.
    """
    if feature.until not in ("angle", "two angles"):
        raise NotKnown(f"up to {feature.until}")
    index, drawn = before.drawn(feature.profile)
    sketch = drawn[0] if drawn else before.operations[index]
    assert isinstance(sketch, Sketch)
    profiles = before.regions(index, sketch)
    boolean = before.boolean(cut="a groove" if feature.cuts else "")
    angles, axis = _angles(feature), _axis(feature, sketch)
    return (*drawn, Revolve(profiles, angles, axis, boolean, feature.name))


def _axis(feature: Revolution, sketch: Sketch) -> TurnAxis:
    """The axis in the sketch's own x and y; `Reversed` turns the other way about it."""
    plane = sketch.plane
    x, y, off = plane.to_local(np.array([feature.base]))[0].tolist()
    tip = np.array([feature.axis]) / max(float(np.linalg.norm(feature.axis)), 1e-12)
    u, v, w = (tip @ np.array([plane.x_axis, plane.y_axis, plane.normal]).T)[0].tolist()
    if abs(off) > _FLAT or abs(w) > _FLAT:
        raise NotKnown("an axis off the plane of its sketch")
    sign = -1.0 if feature.reversed else 1.0
    return TurnAxis.of((rounded(x), rounded(y)), (sign * rounded(u), sign * rounded(v)))


def _angles(feature: Revolution) -> Extent:
    angle = rounded(feature.angle)
    second = rounded(feature.second) if feature.until == "two angles" else 0.0
    if angle <= 0 or second < 0 or angle + second > FULL:
        raise NotKnown(f"an angle of {angle:g}°")
    if second:
        return Extent(ExtentType.TWO_SIDED, angle, second)
    if feature.symmetric:
        return Extent(ExtentType.SYMMETRIC, angle / 2)
    return Extent(ExtentType.ONE_SIDED, angle)
