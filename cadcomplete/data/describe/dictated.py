"""A part in words with every dimension and place, so that a person could draw it: step by step.

`captions/dictated.py` says how places are given, and reads it again. What it cannot say, it does
not say in part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cadcomplete.captions.dictated import standard
from cadcomplete.captions.mention import Form
from cadcomplete.captions.outlines import outlined
from cadcomplete.data.describe.words import count_of, joined
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Plane, Vec2, facing
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Profile, Sketch
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import CadSequence

_VERBS = {
    Boolean.NEW_BODY: "extruded",
    Boolean.JOIN: "extruded",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersected",
}
_ACROSS = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


def dictate(sequence: CadSequence) -> str | None:
    """Return the steps that make a part, each a sentence; None if one of them has no words here.

    There are words for straight extrudes of lines, arcs and circles, to distances.
    """
    sentences: list[str] = []
    for index, operation in enumerate(sequence.operations):
        if isinstance(operation, Sketch):
            continue
        if not isinstance(operation, Extrude) or not operation.profiles:
            return None
        try:
            sentence = _sentence(operation, sequence, index)
        except (GeometryError, UnsupportedError):
            return None
        sentences.append(sentence)
    return " ".join(sentences) or None


def _sentence(extrude: Extrude, sequence: CadSequence, index: int) -> str:
    """One extrude with what is drawn for it. Raises UnsupportedError for what has no words."""
    before = sequence.operations[:index]
    extrude = in_numbers(extrude, before)
    numbers = {profile.sketch for profile in extrude.profiles}
    sketch = before[extrude.profiles[0].sketch]
    if len(numbers) > 1 or not isinstance(sketch, Sketch) or not extrude.extent.straight:
        raise UnsupportedError(["Extrude"], where="data/describe/dictated.py")
    if extrude.extent.start:
        raise UnsupportedError(["Extrude (with a start offset)"], where="data/describe/dictated.py")
    axis = next((a for a, n in _ACROSS.items() if facing(n, sketch.plane.normal, turned=2e-8)), "")
    plane = standard(axis, _along(sketch.plane, axis)) if axis else sketch.plane
    where = (
        f"On the plane {axis} = {exact(_along(sketch.plane, axis))}" if axis else _oblique(plane)
    )
    loops = [_seen(loop, sketch.plane, plane) for loop in sketch.loops]
    shapes = _shapes(extrude.profiles, loops)
    forth = facing(plane.normal, sketch.plane.normal, turned=2e-8)
    ends = _ends(extrude.extent, axis, plane, forth)
    return f"{where}: {shapes}, {_VERBS[extrude.boolean]} {ends}."


def exact(value: float) -> str:
    """Return a length in mm with up to four decimals."""
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def _along(plane: Plane, axis: str) -> float:
    return plane.origin["xyz".index(axis)]


def _oblique(plane: Plane) -> str:
    vectors = (plane.origin, plane.normal, plane.x_axis)
    told = [f"({', '.join(f'{value + 0.0:.6f}' for value in vector)})" for vector in vectors]
    return f"On the plane through {told[0]} facing {told[1]} with x along {told[2]}"


def _seen(loop: Loop, own: Plane, plane: Plane) -> Loop:
    """A loop in the coordinates of another frame of the same plane."""
    if own == plane:
        return loop

    def moved(point: Vec2) -> Vec2:
        x, y = plane.to_local(own.to_world(np.array([point])))[0, :2].tolist()
        return (round(x, 6) + 0.0, round(y, 6) + 0.0)

    return loop.moved(moved)


def _shapes(profiles: Sequence[Profile], loops: Sequence[Loop]) -> str:
    """All that is swept, equal circles together."""
    told: list[str] = []
    circles: dict[str, list[str]] = {}
    for profile in profiles:
        first = loops[profile.outer].curves[0]
        if isinstance(first, Circle) and not profile.holes:
            circles.setdefault(exact(2 * first.radius), []).append(_point(first.center))
            continue
        parts = [_loop(loops[i]) for i in profile.loops]
        told.append(" less ".join(parts))
    for diameter, points in circles.items():
        noun = "a circle" if len(points) == 1 else f"{count_of(len(points))} circles"
        told.append(f"{noun} of ø{diameter} mm around {joined(points)}")
    return joined(told)


def _point(point: Vec2) -> str:
    return f"({exact(point[0])}, {exact(point[1])})"


def _loop(loop: Loop) -> str:
    outline, first = outlined(loop), loop.curves[0]
    if isinstance(first, Circle):
        return f"a circle of ø{exact(2 * first.radius)} mm around {_point(first.center)}"
    lines = [curve for curve in loop.curves if isinstance(curve, Line)]
    level = all(min(abs(a - b) for a, b in zip(c.start, c.end, strict=True)) < 1e-6 for c in lines)
    if outline.form is Form.RECTANGLE and len(lines) == len(loop.curves) and level:
        left, bottom, right, top = loop.box
        size = f"{exact(right - left)} × {exact(top - bottom)} mm"
        return f"a rectangle of {size} around {_point(((left + right) / 2, (bottom + top) / 2))}"
    way = [_to(curve) for curve in loop.curves]
    last = loop.curves[-1]
    back = f"{way[-1].rpartition(' to ')[0]}, and back" if isinstance(last, Arc) else "and back"
    return f"an outline from {_point(loop.start)} to {', '.join([*way[:-1], back])}"


def _to(curve: object) -> str:
    """Raises UnsupportedError for a curve that there are no words for."""
    if isinstance(curve, Line):
        return _point(curve.end)
    if isinstance(curve, Arc):
        side = "left" if curve.sweep > 0 else "right"
        return f"by an arc of {exact(abs(curve.sweep))}° turning {side} to {_point(curve.end)}"
    raise UnsupportedError([type(curve).__name__], where="data/describe/dictated.py")


def _ends(extent: Extent, axis: str, plane: Plane, forth: int) -> str:
    """How far it goes, and which way."""
    if extent.type is ExtentType.SYMMETRIC:
        return f"{exact(extent.distance)} mm to both sides"
    low, high = (forth * end for end in extent.ends)
    ends = [end for end in dict.fromkeys((low, high)) if end]
    return " and ".join(f"{exact(abs(end))} mm {_way(end, axis, plane)}" for end in ends)


def _way(end: float, axis: str, plane: Plane) -> str:
    if not axis:
        return "along it" if end > 0 else "against it"
    return f"towards {'+' if end * plane.normal['xyz'.index(axis)] > 0 else '-'}{axis}"
