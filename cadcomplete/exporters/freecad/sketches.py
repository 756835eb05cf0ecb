"""Sketches of a FreeCAD document: lines, arcs and circles, held together at their ends.

A sketch has what keeps its loops closed when a person drags something: ends that coincide, lines
that are level or upright. Dimensions it has none: which are meant nobody knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.exporters.freecad.objects import (
    DocumentObject,
    extension,
    placement,
    point_on,
    real,
    shape,
    string,
    whole,
)
from cadcomplete.history.curves import BENT, Arc, Circle, Ellipse, Line
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table, refusing

_COINCIDENT, _HORIZONTAL, _VERTICAL = 1, 2, 3
_START, _END = 1, 2
_NOTHING = -2000

_LEVEL = 1e-9
"""How far the ends of a line that is level may be apart across it, in mm."""


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """A curve as FreeCAD has it.

    Attributes:
        kind: such as `LineSegment`.
        numbers: its attributes.
        ends: which of its ends is where ours starts, and where it ends; none of a circle.
    """

    kind: str
    numbers: dict[str, float]
    ends: tuple[int, int] = (_START, _END)
    level: int = field(default=0)


def _line(line: Line) -> DrawnCurve:
    (x, y), (u, v) = line.start, line.end
    ends = {"StartX": x, "StartY": y, "StartZ": 0.0, "EndX": u, "EndY": v, "EndZ": 0.0}
    level = _HORIZONTAL if abs(y - v) <= _LEVEL else _VERTICAL if abs(x - u) <= _LEVEL else 0
    return DrawnCurve("LineSegment", ends, level=level)


def _around(center: Vec2, radius: float) -> dict[str, float]:
    at = {"CenterX": center[0], "CenterY": center[1], "CenterZ": 0.0}
    return {**at, "NormalX": 0.0, "NormalY": 0.0, "NormalZ": 1.0, "AngleXU": 0.0, "Radius": radius}


def _arc(arc: Arc) -> DrawnCurve:
    """Arcs go counter-clockwise: of one that does not, the ends are exchanged."""
    try:
        (x, y), radius = arc.center, arc.radius
    except GeometryError as error:
        raise UnsupportedError([f"Arc ({error})"]) from error
    first, last = arc.start, arc.end
    left = arc.sweep > 0
    if not left:
        first, last = last, first
    start = math.atan2(first[1] - y, first[0] - x)
    end = start + math.radians(abs(arc.sweep))
    numbers = {**_around((x, y), radius), "StartAngle": start, "EndAngle": end}
    return DrawnCurve("ArcOfCircle", numbers, (_START, _END) if left else (_END, _START))


def _ellipse(ellipse: Ellipse) -> DrawnCurve:
    """The axis of FreeCAD's is the longer one."""
    long, short, turn = ellipse.radius, ellipse.minor, ellipse.turn
    if long < short:
        long, short, turn = short, long, turn + 90.0
    around = {**_around(ellipse.center, long), "AngleXU": math.radians(turn)}
    del around["Radius"]
    return DrawnCurve("Ellipse", {**around, "MajorRadius": long, "MinorRadius": short})


CURVES: Table[Callable[[Any], DrawnCurve]] = Table(
    "exporters/freecad/sketches.py",
    {
        Line: _line,
        Arc: _arc,
        Circle: lambda circle: DrawnCurve("Circle", _around(circle.center, circle.radius)),
        Ellipse: _ellipse,
        **{
            kind: refusing(kind, "exporters/freecad/sketches.py")
            for kind in BENT
            if kind is not Ellipse
        },
    },
)
"""A curve as FreeCAD has it."""


def sketch(
    name: str, plane: Plane, loops: Sequence[Loop], axis: tuple[Vec2, Vec2] | None = None
) -> DocumentObject:
    """Return a sketch of some loops; `axis` are two points of a construction line, `Axis0`."""
    drawn: list[str] = []
    held: list[str] = []
    if axis is not None:
        line = _line(Line(*axis))
        drawn.append(_geometry(line, construction=True))
    for loop in loops:
        first = len(drawn)
        curves = [CURVES[type(curve)](curve) for curve in loop.curves]
        drawn += [_geometry(curve) for curve in curves]
        held += [
            _constraint(curve.level, first + number)
            for number, curve in enumerate(curves)
            if curve.level
        ]
        if not loop.curves[0].closed:
            held += _joined(curves, first, closed=loop.closed)
    geometry = f'<GeometryList count="{len(drawn)}">{"".join(drawn)}</GeometryList>'
    listed = f'<ConstraintList count="{len(held)}">{"".join(held)}</ConstraintList>'
    file = f"{name}.brp"
    properties = (
        string("Label", name),
        shape(file),
        whole("MapMode", 0),
        placement(plane),
        f'<Property name="Geometry" type="Part::PropertyGeometryList">{geometry}</Property>',
        f'<Property name="Constraints" type="Sketcher::PropertyConstraintList">{listed}</Property>',
    )
    attached = extension("Part::AttachExtension")
    return DocumentObject(
        name, "Sketcher::SketchObject", properties, attached, file, point_on(plane)
    )


def _geometry(curve: DrawnCurve, *, construction: bool = False) -> str:
    flags = f"{int(construction) * 10:032d}"
    mode = f'internalGeometryType="0" geometryModeFlags="{flags}" geometryLayer="0"'
    said = f'<GeoExtension type="Sketcher::SketchGeometryExtension" {mode}/>'
    given = " ".join(f'{key}="{real(value)}"' for key, value in curve.numbers.items())
    inner = f'<GeoExtensions count="1">{said}</GeoExtensions><{curve.kind} {given}/>'
    return f'<Geometry type="Part::Geom{curve.kind}">{inner}</Geometry>'


def _joined(curves: list[DrawnCurve], first: int, *, closed: bool) -> list[str]:
    """Where a curve ends the next one starts."""
    count = len(curves)
    if count == 1:
        return []
    pairs = [(i, (i + 1) % count) for i in range(count if closed else count - 1)]
    return [
        _constraint(_COINCIDENT, first + i, curves[i].ends[1], first + j, curves[j].ends[0])
        for i, j in pairs
    ]


def _constraint(
    kind: int, first: int, at: int = 0, second: int = _NOTHING, second_at: int = 0
) -> str:
    return (
        f'<Constrain Name="" Type="{kind}" Value="{real(0.0)}" First="{first}" FirstPos="{at}" '
        f'Second="{second}" SecondPos="{second_at}" Third="{_NOTHING}" ThirdPos="0" '
        'LabelDistance="10.0" LabelPosition="0.0" IsDriving="1" IsInVirtualSpace="0" IsActive="1"/>'
    )
