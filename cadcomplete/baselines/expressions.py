"""Numbers of an operation in terms of what is there: faces, the last operation, ratios.

Each expression has a name, so that it can be counted in training parts and evaluated in others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cadcomplete.baselines.copying import box
from cadcomplete.baselines.frames import reach
from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.geometry import Array, Plane, Vec2, same_plane
from cadcomplete.history.kinds import AXES
from cadcomplete.history.operations import Extrude, Loop, Operation, Sketch
from cadcomplete.history.sequence import start_plane

_PER_OCTAVE = 4
_NEAR = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is there before an operation.

    Attributes:
        reach: points that span all of it, in the world, shape (n, 3).
        sketch: the newest one, or None; `index` is its place.
        extrude: the newest one, or None.
    """

    operations: tuple[Operation, ...]
    reach: Array
    sketch: Sketch | None
    index: int
    extrude: Extrude | None

    @property
    def size(self) -> float:
        """The longest side of the box around all of it, in mm."""
        return float(np.ptp(self.reach, axis=0).max()) if len(self.reach) else 1.0


def scene(operations: tuple[Operation, ...]) -> Scene:
    """Return what is there after some operations."""
    spans = [reach(op, operations[:i]) for i, op in enumerate(operations)]
    index = max((i for i, op in enumerate(operations) if isinstance(op, Sketch)), default=-1)
    sketch = operations[index] if index >= 0 else None
    extrude = next((op for op in reversed(operations) if isinstance(op, Extrude)), None)
    found = np.concatenate([np.zeros((0, 3)), *spans])
    seen = sketch if isinstance(sketch, Sketch) and sketch.loops else None
    return Scene(operations, found, seen, index, extrude)


# --- heights ------------------------------------------------------------------------------------


def heights(there: Scene) -> dict[str, float]:
    """Return heights above the newest sketch that something there suggests, by name, in mm."""
    if there.sketch is None:
        return {}
    plane = there.sketch.plane
    along = (there.reach - np.array(plane.origin)) @ np.array(plane.normal)
    found = {"low": float(along.min()), "high": float(along.max())}
    if there.extrude is not None:
        other = start_plane(there.extrude, there.operations)
        start, end = there.extrude.extent.span
        facing = float(np.dot(other.normal, plane.normal))
        if abs(facing) > 1 - 1e-6:
            base = float((np.array(other.origin) - plane.origin) @ np.array(plane.normal))
            found |= {"last end": base + facing * end, "last start": base + facing * start}
        found |= {"last height": end - start, "minus last height": start - end}
    return {name: value for name, value in found.items() if abs(value) > 1e-4 * there.size}


def height_of(name: str, there: Scene) -> float | None:
    """Return the height that a name says, or None if there is no such thing there."""
    what, _, number = name.partition(" of ")
    if number == "size" and there.sketch is not None:
        return float(what) * longest_side(there.sketch)
    if number == "mm":
        return float(what)
    return heights(there).get(name)


def height_names(value: float, there: Scene) -> list[str]:
    """Return all names of a height."""
    names = [n for n, v in heights(there).items() if abs(v - value) <= _NEAR * abs(value)]
    if there.sketch is not None:
        names.append(f"{ratio(value / longest_side(there.sketch)):.4g} of size")
    return [*names, f"{value:.6g} of mm"]


def ratio(value: float) -> float:
    """Return the nearest of the ratios that there are four of in each doubling, with its sign."""
    step = round(_PER_OCTAVE * math.log2(max(abs(value), 1e-6)))
    return math.copysign(2.0 ** (step / _PER_OCTAVE), value)


def longest_side(sketch: Sketch) -> float:
    (x0, y0), (x1, y1) = box(sketch)
    return max(x1 - x0, y1 - y0, 1e-9)


# --- planes -------------------------------------------------------------------------------------


def planes(there: Scene) -> dict[str, Plane]:
    """Return the planes that something there suggests, by name: ends of extrudes, outer faces."""
    found: dict[str, Plane] = {}
    if there.sketch is not None:
        found["sketch"] = there.sketch.plane
    if there.extrude is not None and there.extrude.profiles:
        start, end = there.extrude.planes(tuple(there.operations))
        found |= {"end": end, "start": start}
    if len(there.reach):
        low, high = there.reach.min(axis=0), there.reach.max(axis=0)
        for name, normal in AXES.items():
            axis = "xyz".index(name[1])
            at = (high if name[0] == "+" else low)[axis]
            origin = tuple(float(at) if i == axis else 0.0 for i in range(3))
            x_axis = (0.0, 1.0, 0.0) if axis == 0 else (1.0, 0.0, 0.0)
            found[name] = Plane(origin, normal, x_axis)  # type: ignore[arg-type]
            zero = Plane((0.0, 0.0, 0.0), normal, x_axis)
            if name[0] == "+":
                found[f"through zero {name}"] = zero
    return found


def plane_names(plane: Plane, there: Scene) -> list[str]:
    """Return all names of a plane, whichever way it faces."""
    near = _NEAR * there.size
    return [
        name
        for name, other in planes(there).items()
        if same_plane(other, plane, turned=1e-6, apart=near)
    ]


# --- what is drawn ------------------------------------------------------------------------------


def drawn(name: str, plane: Plane, there: Scene) -> tuple[Loop, ...]:
    """Return the loops that a name says, on a plane; () if it cannot be."""
    if name == "copy":
        return (
            there.sketch.loops if there.sketch and there.sketch.plane.normal == plane.normal else ()
        )
    low, high = _face(plane, there)
    center: Vec2 = (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2)
    wide, tall = (high - low).tolist()
    what, _, number = name.partition(" ")
    factor = float(number or 1.0)
    if what == "circle":
        radius = round(factor * min(wide, tall) / 2, 4)
        return (Loop((Circle(center, radius),)),) if radius > 0 else ()
    x, y = factor * wide / 2, factor * tall / 2
    if min(x, y) <= 0:
        return ()
    corners = [(center[0] + a * x, center[1] + b * y) for a, b in _SQUARE]
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return (Loop(tuple(Line(a, b) for a, b in pairs)),)


_SQUARE = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def drawn_names(sketch: Sketch, there: Scene) -> list[str]:
    """Return all names of what is drawn in a sketch; there may be none."""
    names = []
    if there.sketch is not None and sketch.loops == there.sketch.loops:
        names.append("copy")
    if len(sketch.loops) != 1:
        return names
    low, high = _face(sketch.plane, there)
    x0, y0, x1, y1 = sketch.loops[0].box
    apart = math.dist(((x0 + x1) / 2, (y0 + y1) / 2), ((low + high) / 2).tolist())
    sides = high - low
    if apart > _NEAR * there.size or min(sides) <= 0:
        return names
    if isinstance(sketch.loops[0].curves[0], Circle):
        return [*names, f"circle {ratio((x1 - x0) / float(sides.min())):.4g}"]
    across, up = (x1 - x0) / float(sides[0]), (y1 - y0) / float(sides[1])
    if abs(sketch.loops[0].area) > 0.99 * (x1 - x0) * (y1 - y0) and abs(across - up) < 0.05:
        names.append(f"rectangle {ratio((across + up) / 2):.4g}")
    return names


def _face(plane: Plane, there: Scene) -> tuple[Array, Array]:
    """The box around what is there, seen from a plane: its low and high corner, (2,) each."""
    flat = plane.to_local(there.reach)[:, :2] if len(there.reach) else np.zeros((1, 2))
    return flat.min(axis=0), flat.max(axis=0)
