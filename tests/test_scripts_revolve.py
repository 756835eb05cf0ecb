"""Scripts that turn a sketch about an axis, as build123d and CadQuery do: volumes by Pappus."""

from __future__ import annotations

import math

import pytest

from cadcomplete.history.operations import Boolean, Extrude, Sketch
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.kernel.build import build
from cadcomplete.readers.scripts import build123d, cadquery

RECTANGLE = 2 * math.pi * 10 * 24  # 4 by 6 mm, its middle 10 mm from the axis


def b3d(*lines: str) -> CadSequence:
    return build123d.parse("\n".join(("from build123d import *", *lines)).encode())


def cq(*lines: str) -> CadSequence:
    return cadquery.parse("\n".join(("import cadquery as cq", *lines)).encode())


def volume(part: CadSequence) -> float:
    assert part.rest == () and validate(part) == ()
    solid = build(part)
    assert solid is not None
    return solid.volume


SKETCH = (
    "with BuildPart() as p:",
    "    with BuildSketch(Plane.XZ) as s:",
    "        with Locations((10, 5)):",
    "            Rectangle(4, 6)",
)


@pytest.mark.parametrize(
    ("call", "share"),
    [
        ("revolve()", 1),
        ("revolve(axis=Axis.Z)", 1),
        ("revolve(axis=Axis.Z, revolution_arc=90)", 1 / 4),
        ("revolve(revolution_arc=720)", 1),
        ("revolve(axis=Axis((0, 0, 7), (0, 0, -3)))", 1),
        ("revolve(axis=Axis.X)", 5 / 10),  # the middle of the rectangle is 5 mm above x
    ],
)
def test_a_build123d_sketch_is_turned_about_an_axis_in_space(call, share):
    part = b3d(*SKETCH, f"    {call}")
    assert [type(op) for op in part.operations] == [Sketch, Revolve]
    assert volume(part) == pytest.approx(share * RECTANGLE, rel=1e-6)


def test_a_negative_angle_of_build123d_is_refused_since_its_versions_differ():
    assert "negative angle" in b3d(*SKETCH, "    revolve(revolution_arc=-90)").unsupported[0]


def test_a_build123d_revolve_is_cut_out_of_a_part():
    """A groove of 1 by 2 mm around a rod of radius 5 and length 20."""
    part = b3d(
        "rod = Cylinder(5, 20)",
        "groove = Plane.XZ * Pos(4.5, 3) * Rectangle(1, 2)",
        "part = rod - revolve(groove, axis=Axis.Z)",
    )
    cut = part.operations[-1]
    assert isinstance(cut, Revolve) and cut.boolean is Boolean.CUT
    assert volume(part) == pytest.approx(math.pi * (25 * 20 - (25 - 16) * 2), rel=1e-6)


def test_a_hole_goes_through_all_that_is_turned():
    part = b3d(*SKETCH, "    revolve()", "    with Locations((10, 0)):", "        Hole(1)")
    hole = part.operations[-1]
    assert isinstance(hole, Extrude) and hole.boolean is Boolean.CUT
    assert volume(part) == pytest.approx(RECTANGLE - math.pi * 6, rel=1e-6)


def test_an_axis_off_the_plane_of_the_sketch_is_named():
    for call in ("revolve(axis=Axis.Y)", "revolve(axis=Axis((0, 1, 0), (0, 0, 1)))"):
        part = b3d(*SKETCH, f"    {call}")
        assert part.unsupported == ("revolve about an axis off the plane of the sketch",)
        assert [type(op) for op in part.operations] == [Sketch]


STEPPED = (
    'r = (cq.Workplane("XZ").moveTo(0, 0).lineTo(20, 0).lineTo(20, 5).lineTo(10, 5)',
    "    .lineTo(10, 30).lineTo(0, 30).close()",
)


@pytest.mark.parametrize(
    ("call", "share"),
    [
        (".revolve(360, (0, 0, 0), (0, 1, 0))", 1),
        (".revolve()", 1),
        (".revolve(120)", 1 / 3),
        (".revolve(axisStart=(0, 4), axisEnd=(0, 1))", 1),
    ],
)
def test_a_cadquery_wire_is_turned_about_an_axis_of_its_workplane(call, share):
    part = cq(*STEPPED, f"    {call})")
    assert [type(op) for op in part.operations] == [Sketch, Revolve]
    whole = math.pi * (20**2 * 5 + 10**2 * 25)
    assert volume(part) == pytest.approx(share * whole, rel=1e-6)


def test_a_cadquery_revolve_is_cut_out_of_what_is_there():
    part = cq(
        'r = cq.Workplane("XY").circle(5).extrude(20)',
        'groove = cq.Workplane("XZ").center(4.5, 3).rect(1, 2)',
        "r = r.cut(groove.revolve(360, (-4.5, 0), (-4.5, 1)))",
    )
    assert volume(part) == pytest.approx(math.pi * (25 * 20 - (25 - 16) * 2), rel=1e-6)


def test_an_axis_of_which_only_one_end_is_given_is_named():
    part = cq(*STEPPED, "    .revolve(360, (0, 3)))")
    assert part.unsupported == ("revolve with only one end of its axis",)
