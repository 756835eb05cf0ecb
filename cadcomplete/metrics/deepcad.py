"""DeepCAD's accuracies: how many commands and parameters are right, place by place.

R. Wu, C. Xiao, C. Zheng: DeepCAD (ICCV 2021), section 4.1, and evaluation/evaluate_ae_acc.py. The
vectors are those that `readers/deepcad.py` explains: a row is the command and its 16 parameters,
each one of 256 levels; the true part's farthest coordinate stands at 0.75 of a cube from -1 to 1.
Loops begin at their leftmost, lowest point, run counter-clockwise, and are in the order of their
boxes' corners, as in DeepCAD's own preparation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.expanded import expanded
from cadcomplete.history.geometry import Plane, Vec2, cross, dot
from cadcomplete.history.operations import Boolean, ExtentType, Extrude, Loop, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds, check_plain
from cadcomplete.meshes.manifolds import solid
from cadcomplete.metrics.metric import Metric

Row = tuple[int, ...]

LEVELS = 256
TOLERANCE = 3
REACH = 0.75
LINE, ARC, CIRCLE, END, LOOP, EXTRUDE = range(6)
_USED = {
    LINE: (0, 1),
    ARC: (0, 1, 2, 3),
    CIRCLE: (0, 1, 4),
    END: (),
    LOOP: (),
    EXTRUDE: tuple(range(5, 16)),
}
_EXACT = {ARC: (3,), EXTRUDE: (14, 15)}
"""Parameters that have no levels: clockwise or not, the boolean, and the kind of extent."""

_BOOLEANS = (Boolean.NEW_BODY, Boolean.JOIN, Boolean.CUT, Boolean.INTERSECT)
_EXTENTS = (ExtentType.ONE_SIDED, ExtentType.SYMMETRIC, ExtentType.TWO_SIDED)

_SOURCE = "DeepCAD (ICCV 2021), section 4.1"
COMMAND_ACCURACY = Metric(
    "ACC_cmd",
    "share",
    "commands of the true list, its end included, that the made list has at the same place; "
    "mean over parts; a missing part counts as 0",
    _SOURCE,
)
PARAMETER_ACCURACY = Metric(
    "ACC_param",
    "share",
    "parameters of the right commands that differ by less than 3 of 256 levels (booleans, extent "
    "kinds and turning directions: not at all); mean over parts that have a right command",
    _SOURCE,
)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of commands, and of parameters where commands are right; None if none is."""

    commands: float
    parameters: float | None


def accuracy(truth: CadSequence, made: CadSequence | None, *, given: int = 0) -> Accuracy:
    """Compare a made part with a true one, place by place.

    The rows of the first `given` operations are in both and do not count; `made` is None for a
    part that is missing. Both are scaled by the true part.
    """
    if made is None:
        return Accuracy(0.0, None)
    reach = _reach(truth)
    before = CadSequence(truth.operations[:given])
    skip = len(vectors(before, reach=reach)) - 1
    rows, others = (vectors(s, reach=reach)[skip:] for s in (truth, made))
    return compare(rows, others)


def compare(truth: Sequence[Row], made: Sequence[Row]) -> Accuracy:
    """Compare two lists of commands; one that is too short ends in ends."""
    end = (END,) + (-1,) * 16
    right, close = 0, []
    for number, row in enumerate(truth):
        other = made[number] if number < len(made) else end
        right += row[0] == other[0]
        if row[0] == other[0]:
            exact = _EXACT.get(row[0], ())
            for index in _USED[row[0]]:
                apart = abs(row[index + 1] - other[index + 1])
                close.append(apart < (1 if index in exact else TOLERANCE))
    commands = right / len(truth) if truth else 1.0
    return Accuracy(commands, float(np.mean(close)) if close else None)


def vectors(
    sequence: CadSequence, *, reach: float | None = None, levels: int = LEVELS
) -> list[Row]:
    """Return the commands of a history, each 17 integers; sketches that are not extruded are none.

    Of mirrors and patterns each copy is an extrude of its own.

    `reach` is the coordinate in mm that stands at 0.75, by default the part's farthest. Raises
    UnsupportedError if something in the history is not known here.
    """
    sequence = expanded(sequence)
    check_kinds(sequence, "metrics/deepcad.py", (Sketch, Extrude), (Line, Arc, Circle))
    check_plain(sequence, "metrics/deepcad.py")
    scale = REACH / (reach or _reach(sequence))
    rows: list[Row] = []
    for operation in sequence.operations:
        if not isinstance(operation, Extrude):
            continue
        for number in dict.fromkeys(profile.sketch for profile in operation.profiles):
            sketch = sequence.operations[number] if 0 <= number < len(sequence) else None
            if isinstance(sketch, Sketch):
                chosen = {i for p in operation.profiles if p.sketch == number for i in p.loops}
                loops = [sketch.loops[i] for i in sorted(chosen) if 0 <= i < len(sketch.loops)]
                rows += _block(loops, sketch.plane, operation, scale, levels)
    return [*rows, (END,) + (-1,) * 16]


def _reach(sequence: CadSequence) -> float:
    body = solid(sequence)
    return 1.0 if body.is_empty() else max(map(abs, body.bounding_box())) or 1.0


def _block(
    loops: list[Loop], plane: Plane, extrude: Extrude, scale: float, levels: int
) -> list[Row]:
    """The loops that an extrude sweeps, and the extrude."""
    ordered = sorted((_turned(loop) for loop in loops), key=_corner)
    if not ordered:
        return []
    x, y = _begin(ordered[0].curves[0])
    points = np.concatenate([loop.points() for loop in ordered]) - (x, y)
    size = max(float(np.abs(points).max()), 1e-12)
    step = (levels / 2 * REACH - 1) / size
    rows: list[Row] = []
    for loop in ordered:
        rows.append((LOOP,) + (-1,) * 16)
        rows += [_curve(curve, (x, y), step, levels) for curve in loop.curves]
    place = plane.to_world(np.array([[x, y]]))[0] * scale
    first, second = extrude.extent.distance, extrude.extent.against
    if extrude.extent.type is not ExtentType.TWO_SIDED:
        second = 0.0
    values = (
        *(_level(angle / math.pi, levels) for angle in _angles(plane)),
        *(_level(float(v), levels) for v in place),
        _clip(size * scale / 2 * levels, levels),
        _level(first * scale, levels),
        _level(second * scale, levels),
        _BOOLEANS.index(extrude.boolean),
        _EXTENTS.index(extrude.extent.type),
    )
    return [*rows, (EXTRUDE, -1, -1, -1, -1, -1, *values)]


def _turned(loop: Loop) -> Loop:
    """The same loop counter-clockwise, beginning at its leftmost, lowest corner."""
    curves = loop.curves
    if loop.area < 0:
        curves = tuple(curve.reversed() for curve in reversed(curves))
    starts = [(round(c.start[0], 6), round(c.start[1], 6)) for c in curves]
    first = starts.index(min(starts))
    return Loop(curves[first:] + curves[:first])


def _corner(loop: Loop) -> tuple[float, float]:
    left, bottom, _, _ = loop.box
    return (round(left, 6), round(bottom, 6))


def _begin(curve: Curve) -> Vec2:
    """Where a loop begins; DeepCAD begins a circle on its left."""
    if isinstance(curve, Circle):
        return (curve.center[0] - curve.radius, curve.center[1])
    return curve.start


def _curve(curve: Curve, start: Vec2, step: float, levels: int) -> Row:
    x, y = curve.center if isinstance(curve, Circle) else curve.end
    half = levels / 2
    end = tuple(_clip((v - s) * step + half, levels) for v, s in zip((x, y), start, strict=True))
    rest = (-1,) * 11
    if isinstance(curve, Circle):
        return (CIRCLE, *end, -1, -1, max(_clip(curve.radius * step, levels), 1), *rest)
    if isinstance(curve, Arc):
        try:
            sweep = curve.sweep if curve.radius > 0 else 0.0
        except GeometryError:
            sweep = 0.0  # an arc that does not exist is straight
        turn = max(_clip(abs(sweep) / 360 * levels, levels), 1)
        return (ARC, *end, turn, int(sweep > 0), -1, *rest)
    return (LINE, *end, -1, -1, -1, *rest)


def _angles(plane: Plane) -> tuple[float, float, float]:
    """How the normal leans from z, about z, and how the x axis is turned; in radians."""
    x, y, z = plane.normal
    lean = math.acos(min(max(z, -1.0), 1.0))
    about = math.atan2(y, x) if math.hypot(x, y) > 1e-9 else 0.0
    (st, ct), (sp, cp) = ((math.sin(v), math.cos(v)) for v in (lean, about))
    ahead = (ct * cp, ct * sp, -st)
    beside = cross(plane.normal, ahead)
    return (lean, about, math.atan2(dot(plane.x_axis, beside), dot(plane.x_axis, ahead)))


def _level(value: float, levels: int) -> int:
    """The level of a value from -1 to 1."""
    return _clip((value + 1) / 2 * levels, levels)


def _clip(value: float, levels: int) -> int:
    return min(max(round(value), 0), levels - 1)
