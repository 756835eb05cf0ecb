"""Revolutions and grooves of FreeCAD files: axis, angles, and what they do to the part."""

from __future__ import annotations

import math

import pytest
from freecad_files import body, document, link, prop, quantity, rectangle, sketch, sub, thing, truth

from cadcomplete.history.operations import Boolean, Revolve
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.readers import freecad


def vector(name: str, x: float, y: float, z: float) -> str:
    return prop(name, "Vector", f'<PropertyVector valueX="{x}" valueY="{y}" valueZ="{z}"/>')


def turned(name, profile, angle, *, axis=(0.0, 1.0, 0.0), after="", kind="Revolution", **said):
    head = sub("Profile", profile) + quantity("Angle", angle)
    more = "".join(truth(key, value) for key, value in said.items())
    place = vector("Base", 0, 0, 0) + vector("Axis", *axis)
    return thing(
        name,
        f"PartDesign::{kind}",
        head,
        place,
        more,
        *[link("BaseFeature", after)] if after else [],
    )


def history(*things):
    return freecad.history(freecad.body_of(document(*things, body("Body", things[-1][0])).encode()))


def measures(sequence):
    solid = build(sequence)
    assert solid is not None
    return measure(solid)


RING = sketch("Sketch", *rectangle(10, 0, 14, 6))


def test_a_ring_is_turned_about_the_axis_of_the_file():
    sequence = history(RING, turned("Revolution", "Sketch", 360.0))
    revolve = sequence.operations[1]
    assert isinstance(revolve, Revolve) and revolve.boolean is Boolean.NEW_BODY
    assert revolve.axis.direction == (0.0, 1.0) and not sequence.rest
    assert measures(sequence).volume == pytest.approx(math.pi * (14**2 - 10**2) * 6)


@pytest.mark.parametrize(
    ("said", "side"), [({}, -1), ({"Reversed": True}, 1), ({"Midplane": True}, 0)]
)
def test_a_quarter_turns_by_the_right_hand_unless_it_is_reversed(said, side):
    sequence = history(RING, turned("Revolution", "Sketch", 90.0, **said))
    center = measures(sequence).center_of_mass
    assert math.copysign(1, center[2]) == side or (side == 0 and abs(center[2]) < 1e-6)
    assert measures(sequence).volume == pytest.approx(math.pi / 4 * (14**2 - 10**2) * 6)


def test_a_groove_cuts_and_one_in_nothing_is_not_known():
    groove = sketch("Sketch001", *rectangle(13, 2, 15, 4))
    cut = turned("Groove", "Sketch001", 360.0, after="Revolution", kind="Groove")
    sequence = history(RING, turned("Revolution", "Sketch", 360.0), groove, cut)
    last = sequence.operations[-1]
    assert isinstance(last, Revolve) and last.boolean is Boolean.CUT
    left = math.pi * ((14**2 - 10**2) * 6 - (14**2 - 13**2) * 2)
    assert measures(sequence).volume == pytest.approx(left)
    alone = history(RING, turned("Groove", "Sketch", 360.0, kind="Groove"))
    assert alone.rest[-1].uses == ("a groove in nothing",)


def test_an_axis_off_the_plane_of_the_sketch_is_not_known():
    sequence = history(RING, turned("Revolution", "Sketch", 360.0, axis=(0.0, 0.0, 1.0)))
    assert sequence.rest[-1].uses == ("an axis off the plane of its sketch",)
