"""How far the middle of what a loop encloses is from the line y = 0: the first moment of its area.

By Pappus a body of revolution has the area of its profile times the way of the profile's centroid,
which is its first moment about the axis times the angle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cadcomplete.errors import GeometryError
from cadcomplete.history.bent import Bent, quadrature
from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table


def moment(loop: Loop) -> float:
    """Return the integral of y over what a closed loop encloses, in mm³.

    It has the sign of y if the loop runs counter-clockwise, else the other one.
    """
    return sum(MOMENTS[type(curve)](curve) for curve in loop.curves)


def _line(line: Line) -> float:
    """The integral of -y²/2 dx along it (Green's theorem)."""
    (x, y), (u, v) = line.start, line.end
    return (x - u) * (y * y + y * v + v * v) / 6


def _arc(arc: Arc) -> float:
    """The same along an arc: y = c + r sin t, dx = -r sin t dt. One that there is not is straight.

    The integrals of sin, sin² and sin³ from a to b are -cos, t/2 - sin(2t)/4 and cos³/3 - cos.
    """
    try:
        (x, c), r = arc.center, arc.radius
    except GeometryError:
        return _line(Line(arc.start, arc.end))
    a = math.atan2(arc.start[1] - c, arc.start[0] - x)
    b = a + math.radians(arc.sweep)
    one = math.cos(a) - math.cos(b)
    two = (b - a) / 2 - (math.sin(2 * b) - math.sin(2 * a)) / 4
    three = (math.cos(b) ** 3 - math.cos(a) ** 3) / 3 + one
    return r / 2 * (c * c * one + 2 * c * r * two + r * r * three)


def _bent(curve: Bent) -> float:
    points, steps = quadrature(curve)
    return float(-(points[:, 1] ** 2 * steps[:, 0]).sum() / 2)


MOMENTS: Table[Callable[[Any], float]] = Table(
    "history/moments.py",
    {
        Line: _line,
        Arc: _arc,
        Circle: lambda circle: circle.area * circle.center[1],
        **dict.fromkeys(BENT, _bent),
    },
)
"""What each curve of a loop adds to it."""
