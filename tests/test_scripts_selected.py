"""Faces and edges that scripts select: told from the history, or refused by name."""

from __future__ import annotations

import math

import pytest
from test_scripts import cq, refused

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.operations import Loop, Sketch
from cadcomplete.readers.scripts.areas import FlatFace
from cadcomplete.readers.scripts.cadquery_selectors import Along, Both, Either, Far, Not, parsed
from cadcomplete.readers.scripts.corners import chamfered, grown, inset, rounded
from cadcomplete.readers.scripts.overlay import common, united, without
from cadcomplete.readers.scripts.regions import middle_of
from cadcomplete.readers.scripts.shapes import polygon, rectangle

BOX = "r = cq.Workplane().box(40, 30, 10)"


def last_sketch(*lines: str) -> Sketch:
    sequence = cq(*lines)
    assert sequence.rest == ()
    return [op for op in sequence.operations if isinstance(op, Sketch)][-1]


# --- faces --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "origin", "normal", "x_axis"),
    [
        (">Z", (0, 0, 5), (0, 0, 1), (1, 0, 0)),
        ("<Z", (0, 0, -5), (0, 0, -1), (1, 0, 0)),
        (">X", (20, 0, 0), (1, 0, 0), (0, 1, 0)),
        ("<Y", (0, -15, 0), (0, -1, 0), (1, 0, 0)),
        ("back", (0, 0, -5), (0, 0, -1), (1, 0, 0)),
    ],
)
def test_a_workplane_lies_on_the_face_in_which_the_solid_ends(selector, origin, normal, x_axis):
    plane = last_sketch(BOX, f"r = r.faces('{selector}').workplane().circle(2).extrude(1)").plane
    assert (plane.origin, plane.normal, plane.x_axis) == (origin, normal, x_axis)


@pytest.mark.parametrize(
    ("cut", "known"),
    [
        ("rect(10, 10).cutBlind(-2)", True),
        ("rect(40, 30).cutBlind(-2)", False),  # nothing of the face is left
        ("rect(39, 29).cutBlind(-2)", True),  # a rim of half a millimetre
    ],
)
def test_a_face_is_there_as_long_as_a_point_of_it_is(cut, known):
    top = "r = r.faces('>Z').workplane()"
    made = cq(BOX, f"{top}.{cut}", f"{top}.circle(1).extrude(1)")
    assert (made.rest == ()) is known
    if not known:
        assert made.unsupported == (
            "a face that is not flat where the solid ends, or that is cut away",
        )


@pytest.mark.parametrize(
    ("profile", "why"),
    [("circle(10)", "not flat where"), ("polyline([(0, 0), (9, 0), (4, 5)]).close()", "not flat")],
)
def test_a_round_top_and_a_ridge_are_no_faces(profile, why):
    made = cq(f"r = cq.Workplane('XZ').{profile}.extrude(4).faces('>Z').workplane().hole(1)")
    assert len(made) == 2
    assert why in made.unsupported[0]


def test_levels_of_flat_faces_are_counted_from_both_ends():
    steps = (
        "r = cq.Workplane().rect(30, 30).extrude(4).faces('>Z').workplane().circle(5).extrude(6)"
    )
    for index, height in ((-1, 10), (-2, 4), (0, 0), (1, 4), (2, 10)):
        sketch = last_sketch(steps, f"r = r.faces('>Z[{index}]').workplane().circle(1).extrude(1)")
        assert sketch.plane.origin[2] == height
    assert cq(steps, "r = r.faces('>Z[3]').workplane().hole(1)").unsupported


def test_corners_of_construction_geometry_are_places():
    sketch = last_sketch(
        BOX,
        "r = r.faces('>Z').workplane().rect(20, 10, forConstruction=True).vertices().hole(2)",
    )
    centers = {loop.curves[0].center for loop in sketch.loops}  # type: ignore[union-attr]
    assert centers == {(x, y) for x in (-10, 10) for y in (-5, 5)}


# --- edges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selected", "names"),
    [
        ("edges('|Z')", ["all:z"]),
        ("edges('>Z')", ["all:+z"]),
        ("faces('>Z').edges()", ["all:+z"]),
        ("faces('>Z')", ["all:+z"]),
        ("edges('|Z and >X')", ["all:+x:z"]),
        ("edges('|Z').edges('>X')", ["all:z:+x"]),
        ("edges('|Z or <X')", ["all:z", "all:-x"]),
        ("edges('not |Z')", ["all:x", "all:y"]),
        ("faces('|Z').edges()", ["all:x", "all:y"]),
        ("edges('#Z')", ["all:x", "all:y"]),
        ("edges('|Z').fillet(2).edges('#Z')", ["all:x", "all:y"]),
        ("faces('+Z')", ["all:+z"]),
        ("edges()", ["all"]),
    ],
)
def test_selected_edges_are_named_from_the_history(selected, names):
    fillet = cq(BOX, f"r = r.{selected}.fillet(1)").operations[-1]
    assert isinstance(fillet, Fillet)
    assert [name.word for name in fillet.edges] == names


def test_a_chamfer_of_one_size_is_read_and_one_of_two_is_refused():
    chamfer = cq(BOX, "r = r.edges('|Z').chamfer(2)").operations[-1]
    assert isinstance(chamfer, Chamfer)
    assert chamfer.sizes == (2, 2, False)
    assert cq(BOX, "r = r.edges('|Z').chamfer(2, 1)").unsupported == ("chamfer(length2)",)


@pytest.mark.parametrize(
    "selector", ["|XY", ">Z exc |X", "%PLANE and >Z", "(1, 2, 3)", ">", "|Z |X", "(|Z", "+Z", ">XY"]
)
def test_a_selector_that_is_not_known_ends_the_history(selector):
    made = cq(BOX, f"r = r.edges('{selector}').fillet(1)")
    assert len(made) == 2
    assert len(made.unsupported) == 1


def test_selectors_bind_as_in_the_library():
    assert parsed("|Z and >X or <Y") == Either(Both(Along("z"), Far("+x")), Far("-y"))
    assert parsed("not |Z or >X") == Not(Either(Along("z"), Far("+x")))
    assert parsed("|Z and (>X or <Y)") == Both(Along("z"), Either(Far("+x"), Far("-y")))


def test_what_has_no_width_is_a_mistake_even_of_a_selection():
    assert refused(cq, BOX, "r = r.edges('|Z').fillet(0)").where == "line 3"


# --- shapes in a plane --------------------------------------------------------------------------

SQUARE = FlatFace.of(rectangle(10, 10))


def area(faces) -> float:
    return sum(abs(f.outer.loop.area) - sum(abs(h.loop.area) for h in f.holes) for f in faces)


def test_areas_that_cross_are_united_cut_and_intersected():
    disc = FlatFace.of(Loop((Circle((5.0, 0.0), 2.0),)))
    half = 2 * math.pi  # of a disc of radius 2
    assert area(united((SQUARE,), (disc,))) == pytest.approx(100 + half)
    assert area(without((SQUARE,), (disc,))) == pytest.approx(100 - half)
    assert area(common((SQUARE,), (disc,))) == pytest.approx(half)


def test_what_shares_an_edge_becomes_one_area_without_it():
    right = FlatFace.of(rectangle(4, 10, (7.0, 0.0)))
    (face,) = united((SQUARE,), (right,))
    assert len(face.outer.loop.curves) == 4
    assert middle_of((face,)) == pytest.approx((2, 0))


def test_a_frame_made_of_bars_has_a_hole():
    bars = [((0, 8), (20, 4)), ((0, -8), (20, 4)), ((8, 0), (4, 20)), ((-8, 0), (4, 20))]
    faces = united((), tuple(FlatFace.of(rectangle(*size, at)) for at, size in bars))
    (face,) = faces
    assert (len(face.outer.loop.curves), len(face.holes)) == (4, 1)
    assert area(faces) == pytest.approx(400 - 144)


def test_corners_are_rounded_and_cut_off():
    loop = rectangle(10, 6)
    assert rounded(loop, 2).area == pytest.approx(60 - (4 - math.pi) * 4)
    assert chamfered(loop, 2).area == pytest.approx(60 - 4 * 2)
    half = Loop((Line((0, 0), (8, 0)), Arc((8, 0), (4, 4), (0, 0))))
    both = rounded(half, 1)  # a circle of radius 1 that touches the line, and the arc from within
    assert [type(c) for c in both.curves] == [Arc, Line, Arc, Arc]
    assert both.curves[1].length == pytest.approx(2 * math.sqrt(3**2 - 1))


def test_a_loop_is_drawn_farther_inside():
    assert inset(rectangle(10, 6), 1, hole=False).area == pytest.approx(8 * 4)
    with pytest.raises(UnsupportedError, match="inner corner"):
        inset(rectangle(10, 6), 1, hole=True)
    triangle = inset(
        polygon([(0, 0), (4, 0), (0, 3)]), 0.5, hole=False
    )  # its inscribed radius is 1
    assert triangle.area == pytest.approx(6 / 4)


def test_a_loop_grows_with_arcs_or_with_corners():
    loop = rectangle(10, 6)
    assert grown(loop, 1, arcs=True).area == pytest.approx(60 + 2 * 16 + math.pi)
    assert grown(loop, 1, arcs=False).area == pytest.approx(12 * 8)
    assert grown(loop, -1, arcs=True).area == pytest.approx(8 * 4)
    with pytest.raises(UnsupportedError, match="too large"):
        grown(loop, -3.5, arcs=True)


def test_an_offset_that_closes_a_gap_is_refused():
    notched = [(0, 0), (20, 0), (20, 10), (12, 10), (12, 4), (10, 4), (10, 10), (0, 10)]
    with pytest.raises(UnsupportedError, match="too large"):
        grown(polygon(notched), 1.5, arcs=True)


def test_levels_are_refused_where_faces_look_both_ways():
    stairs = "r = cq.Workplane().box(9, 9, 2).union(cq.Workplane(origin=(7, 0, 2)).box(9, 9, 2))"
    made = cq(stairs, "r = r.faces('>Z[-2]').workplane().hole(1)")
    assert made.unsupported == ("a flat face that is cut away, or looks both ways",)
