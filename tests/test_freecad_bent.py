"""Ellipses, their arcs and B-splines in sketches of FreeCAD: areas by formulas."""

from __future__ import annotations

import math

import pytest
from freecad_files import body, curve, line, pad, sketch
from test_freecad import read

from cadcomplete.errors import ReadError
from cadcomplete.history.curves import BSpline
from cadcomplete.history.operations import Sketch

ELLIPSE = {"CenterX": 3, "CenterY": 4, "NormalZ": 1, "MajorRadius": 5, "MinorRadius": 2}


def spline(poles, knots, *, degree: int, periodic: bool = False) -> str:
    """A spline of poles (x, y, weight) and knots (value, multiplicity)."""
    inner = "".join(f'<Pole X="{x}" Y="{y}" Z="0.0" Weight="{w}"/>' for x, y, w in poles)
    inner += "".join(f'<Knot Value="{value}" Mult="{often}"/>' for value, often in knots)
    head = f'PolesCount="{len(poles)}" KnotsCount="{len(knots)}" Degree="{degree}"'
    shape = f'<BSplineCurve {head} IsPeriodic="{int(periodic)}">{inner}</BSplineCurve>'
    return f'<Geometry type="Part::GeomBSplineCurve">{shape}<Construction value="0"/></Geometry>'


def drawn(*curves: str) -> Sketch:
    sequence = read(sketch("Sketch", *curves), pad("Pad", "Sketch"), body("Body", "Pad"))
    assert not sequence.rest
    found = sequence.operations[0]
    assert isinstance(found, Sketch)
    return found


@pytest.mark.parametrize("normal", [1, -1])
def test_an_ellipse_and_its_arc_are_read(normal):
    turned = ELLIPSE | {"AngleXU": math.radians(30), "NormalZ": normal}
    (loop,) = drawn(curve("Ellipse", **turned)).loops
    assert loop.area == pytest.approx(10 * math.pi)
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    assert loop.box[2] == pytest.approx(3 + math.hypot(5 * c, 2 * s))
    half = curve("ArcOfEllipse", **turned, StartAngle=0, EndAngle=math.pi)
    back = line(3 - 5 * c, 4 - 5 * s, 3 + 5 * c, 4 + 5 * s)
    (loop,) = drawn(half, back).loops
    assert abs(loop.area) == pytest.approx(5 * math.pi)
    above = 4 + math.hypot(5 * s, 2 * c)  # the half that lies counter-clockwise about its normal
    assert (loop.box[3] == pytest.approx(above)) == (normal > 0)


def test_a_spline_with_weights_can_be_a_circle():
    w = math.sqrt(0.5)
    square = [(5, 0, 1), (5, 5, w), (0, 5, 1), (-5, 5, w), (-5, 0, 1)]
    square += [(-5, -5, w), (0, -5, 1), (5, -5, w), (5, 0, 1)]
    knots = [(0.0, 3), (1.0, 2), (2.0, 2), (3.0, 2), (4.0, 3)]
    (loop,) = drawn(spline(square, knots, degree=2)).loops
    assert loop.area == pytest.approx(25 * math.pi)


@pytest.mark.parametrize("often", [1, 2])
def test_a_periodic_spline_has_each_pole_once(often):
    """With knots that count once (P0 + 4 P1 + P2) / 6 is on a cubic one, at a knot.

    With knots that count twice the middle between the poles beside it is.
    """
    poles = [
        (10 * math.cos(k * math.pi / 3), 10 * math.sin(k * math.pi / 3), 1.0) for k in range(6)
    ]
    knots = [(float(k), often) for k in range(6 // often + 1)]
    (loop,) = drawn(spline(poles, knots, degree=3, periodic=True)).loops
    (found,) = loop.curves
    assert isinstance(found, BSpline)
    near = 10 * (4 + 2 * math.cos(math.pi / 3)) / 6 if often == 1 else 10 * math.cos(math.pi / 6)
    assert math.hypot(*found.start) == pytest.approx(near)
    assert loop.closed
    assert all(m == often for m in found.multiplicities)


def test_a_spline_that_is_none_says_where():
    broken = spline([(0, 0, 1), (1, 1, 1)], [(0.0, 4), (1.0, 4)], degree=3)
    with pytest.raises(ReadError, match=r"Geometry\[0\].*2 poles has 8 knots, not 6"):
        drawn(broken)
