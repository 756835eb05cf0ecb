"""What is wrong in a script: each mistake is told in one line, with the line of the script.

Mistakes are told (`ReadError`); what is right and not known here ends the history and is named
(`Unknown`), which is the second half of this file.
"""

from __future__ import annotations

import pytest
from test_scripts import b3d, cq, refused

W = "w = cq.Workplane()"
PART = ("with BuildPart() as part:", "    Box(10, 10, 10)")
SKETCH = ("with BuildSketch() as sketch:", "    Rectangle(10, 10)")

# --- CadQuery: drawing --------------------------------------------------------------------------

DRAWING = {
    "a line that goes nowhere": ("r = cq.Workplane().moveTo(1, 1).lineTo(1, 1)", "without length"),
    "an arc after no curve": (
        "r = cq.Workplane().moveTo(1, 1).tangentArcPoint((2, 2))",
        "there is no curve that the arc could go on from",
    ),
    "closing nothing": ("r = cq.Workplane().close()", "there is nothing to close"),
    "two loops in one wire": (
        "r = cq.Workplane().lineTo(1, 0).lineTo(0, 1).lineTo(0, 0)"
        ".moveTo(5, 5).lineTo(6, 5).lineTo(5, 6).lineTo(5, 5).wire()",
        "the curves make several loops: expected close() after each",
    ),
    "a rectangle of no width": ("r = cq.Workplane().rect(0, 4)", "a rectangle without an area"),
    "too many places": (
        "r = cq.Workplane().rarray(1, 1, 900, 900).circle(0.1)",
        "too many places",
    ),
    "a radius too small": (
        "r = cq.Workplane().radiusArc((10, 0), 2)",
        "the radius is too small to reach the end of the arc: got 2",
    ),
    "an arc to where it is": (
        "r = cq.Workplane().sagittaArc((0, 0), 2)",
        "an arc between two points that are the same",
    ),
    "an arc through points on a line": (
        "r = cq.Workplane().threePointArc((1, 0), (2, 0))",
        "no arc through",
    ),
    "a tangent arc straight ahead": (
        "r = cq.Workplane().lineTo(1, 0).tangentArcPoint((2, 0))",
        "a tangent arc whose end lies straight ahead or behind",
    ),
    "a polygon of two corners": (
        "r = cq.Workplane().polygon(2, 5)",
        "expected a count from 3 to",
    ),
    "a slot that is all round": (
        "r = cq.Workplane().slot2D(2, 2)",
        "expected a length beyond the diameter above 0",
    ),
    "a line after a solid": (
        "r = cq.Workplane().rect(2, 2).extrude(1).lineTo(1, 1)",
        "there is no point to draw from: expected moveTo before it",
    ),
    "an unfinished wire": (
        "r = cq.Workplane().lineTo(1, 1).extrude(2)",
        "there is no closed wire to extrude: expected close() before it",
    ),
    "more steps back than there are": (
        "r = cq.Workplane().circle(1).end(9)",
        "there is nothing before the start of the chain",
    ),
    "a centre that is no pair": (
        "r = cq.Workplane().rect(2, 2, centered=(True,))",
        "expected centered=True, False or one for each axis",
    ),
    "a point of one number": ("r = cq.Workplane().pushPoints([(1,)])", "a point such as (1, 2)"),
    "a point off the plane": (
        "r = cq.Workplane().polyline([(0, 0), (1, 1, 0.5)])",
        "expected a point in the plane of the sketch, got (1, 1, 0.5)",
    ),
    "points that are no list": ("r = cq.Workplane().pushPoints(5)", "expected a list, got 5"),
    "a flag that is a number": (
        "r = cq.Workplane().rect(2, 2).extrude(1, both=1)",
        "expected True or False, got 1",
    ),
    "a plane without a normal": (
        "r = cq.Workplane(cq.Plane((0, 0, 0), (1, 0, 0), (0, 0, 0)))",
        "normal",
    ),
}

SOLIDS = {
    "extruding nothing high": ("r = cq.Workplane().circle(1).extrude(0)", "without a height"),
    "a hole in nothing": ("r = cq.Workplane().hole(3)", "there is no solid to cut from"),
    "a cut through nothing": (
        "r = cq.Workplane().circle(1).cutThruAll()",
        "there is no solid to cut from",
    ),
    "a union with nothing": (
        "r = cq.Workplane().rect(2, 2).extrude(1).union(cq.Workplane())",
        "there is no solid to join",
    ),
    "an intersection with nothing": (
        "r = cq.Workplane().rect(2, 2).extrude(1).intersect(cq.Workplane())",
        "there is no solid to intersect",
    ),
    "a way to combine that there is not": (
        "r = cq.Workplane().rect(2, 2).extrude(1, combine=3)",
        'expected combine=True, False, "a", "cut" or "s", got 3',
    ),
    "adding what is no workplane": (
        "r = cq.Workplane().add(5)",
        "expected a Workplane, got int",
    ),
    "placing what is no sketch": (
        "r = cq.Workplane().placeSketch(5)",
        "expected a Sketch, got int",
    ),
    "a hole of no depth": (
        "r = cq.Workplane().box(9, 9, 9).center(0, 0).hole(3, -1)",
        "expected a depth above 0",
    ),
}

SKETCHES = {
    "going on from no edge": ("s = cq.Sketch().segment((1, 1))", "there is no edge to go on from"),
    "a segment of three points": (
        "s = cq.Sketch().segment((0, 0), (1, 0), (2, 2))",
        "wrong arguments of segment: expected one or two points",
    ),
    "an arc of one point": (
        "s = cq.Sketch().arc((0, 0))",
        "wrong arguments of arc: expected two or three points",
    ),
    "finishing a sketch of nothing": (
        "s = cq.Sketch().rect(2, 2).finalize()",
        "the sketch was not made by a workplane",
    ),
    "too many places": (
        "s = cq.Sketch().rarray(1, 1, 90, 90).rarray(1, 1, 90, 90)",
        "too many places",
    ),
    "assembling nothing": (
        "s = cq.Sketch().assemble()",
        "nothing has been drawn that a face could be made of",
    ),
    "curves that do not close": (
        "s = cq.Sketch().segment((0, 0), (5, 0)).assemble()",
        "the curves do not close to a loop",
    ),
    "a polygon of two corners": (
        "s = cq.Sketch().polygon([(0, 0), (1, 1), (0, 0)])",
        "a polygon needs three corners: got 2",
    ),
}


@pytest.mark.parametrize("name", DRAWING)
def test_a_mistake_in_what_a_workplane_draws_is_told(name):
    line, problem = DRAWING[name]
    error = refused(cq, W, line)
    assert problem in str(error)
    assert error.where == "line 3"


@pytest.mark.parametrize("name", SOLIDS)
def test_a_mistake_with_a_solid_is_told(name):
    line, problem = SOLIDS[name]
    error = refused(cq, W, line)
    assert problem in str(error)
    assert error.where == "line 3"


@pytest.mark.parametrize("name", SKETCHES)
def test_a_mistake_in_a_sketch_is_told(name):
    line, problem = SKETCHES[name]
    error = refused(cq, W, line)
    assert problem in str(error)
    assert error.where == "line 3"


# --- build123d ----------------------------------------------------------------------------------

BUILT = {
    "a line of three points": (("Line((0, 0), (1, 0), (2, 2))",), "expected two points, got 3"),
    "an arc of two points": (
        ("ThreePointArc((0, 0), (1, 0))",),
        "wrong arguments of ThreePointArc: expected three points, got 2",
    ),
    "an arc through points on a line": (
        ("ThreePointArc((0, 0), (1, 0), (2, 0))",),
        "no arc through",
    ),
    "a tangent arc of three points": (
        ("TangentArc((0, 0), (1, 0), (2, 2), tangent=(1, 0))",),
        "wrong arguments of TangentArc: expected two points, got 3",
    ),
    "a tangent without a length": (
        ("TangentArc((0, 0), (1, 1), tangent=(0, 0))",),
        "expected a tangent with a length",
    ),
    "a tangent arc straight ahead": (
        ("TangentArc((0, 0), (2, 0), tangent=(1, 0))",),
        "a tangent arc whose end lies straight ahead or behind",
    ),
    "a radius too small": (("RadiusArc((0, 0), (9, 0), 1)",), "the radius is too small"),
    "an arc to where it starts": (
        ("SagittaArc((1, 1), (1, 1), 2)",),
        "an arc between two points that are the same",
    ),
    "a mirror that is no plane": (
        ("with BuildLine():", "    Line((0, 0), (1, 1))", "    mirror(about=5)"),
        "expected a Plane to mirror at, got int",
    ),
    "faces of nothing": (("make_face()",), "make_face outside of a sketch needs edges"),
    "a face of what is no curve": (("make_face(5)",), "expected lines and arcs, got int"),
    "extruding outside of all": (
        ("extrude(amount=2)",),
        "extrude outside of a part needs a sketch",
    ),
    "extruding no face": (
        ("with BuildPart():", "    extrude(amount=2)"),
        "there is no face to extrude",
    ),
    "a part in a sketch": (
        ("with BuildSketch():", "    Box(1, 1, 1)"),
        "a sketch takes faces: got Solid",
    ),
    "a face in a part": (
        ("with BuildPart():", "    Circle(3)"),
        "a part takes solids: got Areas",
    ),
    "cutting from nothing": (
        ("with BuildPart():", "    Box(1, 1, 1, mode=Mode.SUBTRACT)"),
        "there is nothing to cut",
    ),
    "intersecting nothing": (
        ("with BuildSketch():", "    Circle(2, mode=Mode.INTERSECT)"),
        "there is nothing to intersect",
    ),
    "a hole in nothing": (("with BuildPart():", "    Hole(2)"), "there is no solid to drill into"),
    "corners rounder than the sides": (
        ("RectangleRounded(4, 9, 2)",),
        "the radius is too large for the rectangle: expected less than half of it",
    ),
    "a slot wider than long": (
        ("SlotOverall(2, 2)",),
        "expected a width beyond the height above 0",
    ),
    "a polygon of two corners": (("Polygon((0, 0), (1, 1))",), "a polygon needs three corners"),
    "a regular polygon of two": (("RegularPolygon(5, 2)",), "expected a count from 3 to"),
    "an alignment that is none": (
        ("Rectangle(2, 2, align=(Align.MIN,))",),
        "expected align=Align.CENTER or one for each axis",
    ),
    "a mode that is none": (
        ("Rectangle(2, 2, mode=5)",),
        "expected mode=Mode.ADD, SUBTRACT, INTERSECT or PRIVATE",
    ),
    "two directions of a plane too many": (
        ("Plane((0, 0, 0), z_dir=(0, 0, 1), y_dir=(0, 1, 0))",),
        "wrong arguments of Plane: expected y_dir beside x_dir alone",
    ),
    "a builder on no plane": (
        ("with BuildPart(5):", "    Box(1, 1, 1)"),
        "expected a Plane or Location, got int",
    ),
    "too many places": (
        (
            "with GridLocations(1, 1, 90, 90):",
            "    with GridLocations(1, 1, 90, 90):",
            "        Circle(1)",
        ),
        "too many places",
    ),
    "a grid of too many": (("g = GridLocations(1, 1, 900, 900)",), "too many places"),
    "entering what is no builder": (
        ("with Circle(3):", "    Circle(1)"),
        "cannot be entered with `with`: got Areas",
    ),
    "a face that looks elsewhere": (
        ("x = Circle(2) + Plane.YZ * Circle(1)",),
        "a face off the sketch's plane",
    ),
    "a face turned over": (
        ("x = Circle(2) + Plane((0, 0, 0), (1, 0, 0), (0, 0, -1)) * Circle(1)",),
        "a face turned over",
    ),
    "a height that is text": (
        ("Box(1, 1, 'high')",),
        "expected a height up to",
    ),
    "a length of nothing": (("Box(0, 1, 1)",), "expected a length above 0, got 0"),
    "an extrude without amount": (
        (*SKETCH, "extrude(sketch.sketch)"),
        "wrong arguments of extrude: expected an amount",
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_a_mistake_with_build123d_is_told(name):
    lines, problem = BUILT[name]
    error = refused(b3d, *lines)
    assert problem in str(error)
    assert error.where.startswith("line ")
    assert 2 <= int(error.where.removeprefix("line ")) <= len(lines) + 1


# --- Python -------------------------------------------------------------------------------------

PYTHON = {
    "a name that nobody gave": ("x = y", "unknown name: got y"),
    "a call of a number": ("x = 5; y = x(3)", "not a function: got x"),
    "an item that there is not": (
        "x = [1, 2][5]",
        "there are not so many items: expected below 2, got 5",
    ),
    "an item before the first": ("x = [1, 2][-3]", "there are not so many items"),
    "an item by name": ("x = [1, 2]['a']", "not an item of a list"),
    "an item of a number": ("x = 5; y = x[0]", "not an item of a list"),
    "nothing divided by nothing": ("x = 1 / 0", "cannot be calculated: got 1 div 0"),
    "text and a number": ("x = 'a' * 3", "cannot be calculated: got str mult 3"),
    "a number without end": ("x = 2 ** 9999", "cannot be calculated: expected a real number"),
    "a root that is not real": ("x = (-8) ** 0.5", "cannot be calculated: expected a real number"),
    "too many values": ("x = list(range(10**9))", "too many values: expected up to"),
    "a range of fractions": (
        "x = range(1.5)",
        "wrong arguments of range: expected 1 to 3 whole numbers",
    ),
    "a range of steps of 0": ("x = range(1, 5, 0)", "wrong arguments of range"),
    "a range of four": ("x = range(1, 2, 3, 4)", "wrong arguments of range"),
    "the least of nothing": ("x = min([])", "wrong arguments of min: expected a number at least"),
    "the length of a number": ("x = len(5)", "expected a list, got 5"),
    "too few values": ("a, b, c = 1, 2", "wrong number of values: expected 3, got 2"),
    "a function of too many": ("x = abs(1, 2)", "wrong arguments of abs: expected 1, got 2"),
    "a return of nothing": ("return 5", "return outside of a function"),
    "no Python": ("x = = 5", "not Python"),
}


@pytest.mark.parametrize("name", PYTHON)
def test_a_mistake_in_python_is_told(name):
    line, problem = PYTHON[name]
    error = refused(cq, W, line)
    assert problem in str(error)
    assert error.where == "line 3"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f()", "expected a, b"),
        ("f(1, 2, 3)", "expected a, b"),
        ("f(1, c=2)", "expected a, b"),
        ("f(1, a=2)", "expected a, b"),
    ],
)
def test_a_function_of_the_script_that_is_called_wrongly_says_what_it_takes(call, expected):
    error = refused(cq, "def f(a, b=2):", "    return a", f"x = {call}")
    assert "wrong arguments of f" in str(error)
    assert expected in str(error)
    assert error.where == "line 4"


def test_functions_that_call_each_other_without_end_are_refused():
    error = refused(cq, "def f(a):", "    return f(a + 1)", "x = f(0)")
    assert "functions that call each other too deeply: expected up to" in str(error)


def test_loops_without_end_are_refused_by_count():
    nested = ["for a in range(9000):", "    for b in range(9000):", "        x = a"]
    assert "too" in str(refused(cq, *nested))


# --- what is right, and not known here ----------------------------------------------------------

UNKNOWN_CQ = {
    "until the next face": ("r = w.rect(4, 4).extrude('last')", "extrude until last"),
    "an object to begin with": ("r = cq.Workplane(obj=w)", "Workplane(obj)"),
    "the middle of a solid": (
        "r = w.box(3, 3, 3).faces('>Z').hole(1, depth=1).workplane()",
        "the middle of a solid: select a face first",
    ),
    "a shape in the middle of a solid": (
        "r = w.box(3, 3, 3).faces('>Z').hole(1, depth=1).circle(1)",
        "the middle of a solid: select a face first",
    ),
    "mirroring nothing": ("r = w.mirrorX()", "mirror of what is not one line"),
    "mirroring what ends elsewhere": (
        "r = w.moveTo(1, 1).lineTo(2, 1).mirrorX()",
        "mirror of what does not end on the axis",
    ),
    "a wire in two planes": (
        "r = w.lineTo(5, 0).workplane(offset=3).moveTo(0, 0).lineTo(0, 5).wire()",
        "a wire across several planes",
    ),
    "wires off their workplane": (
        "r = w.rect(4, 4).transformed(rotate=(90, 0, 0)).extrude(2)",
        "wires that lie off the workplane they are extruded from",
    ),
    "moving a drawing": ("r = w.rect(4, 4).translate((1, 0, 0))", "moving what is not a solid"),
    "waiting in a list": ("x = [a async for a in w]", "async"),
    "a fillet": (
        "r = w.box(3, 3, 3).edges('>Z[1]').fillet(1)",
        "a selection of edges that has no name",
    ),
    "a taper that opens": (
        "r = w.rect(4, 4).extrude(2, taper=-5)",
        "a taper that rounds the corners which it opens",
    ),
    "a cut through all from afar": (
        "r = w.box(9, 9, 9).faces('>Z').workplane(offset=1).circle(1).cutThruAll()",
        "cutThruAll from a plane off the solid",
    ),
    "a taper through all": (
        "r = w.box(9, 9, 9).faces('>Z').rect(4, 4).cutThruAll(taper=5)",
        "cutThruAll(taper)",
    ),
    "a face of what is tapered": (
        "r = w.rect(4, 4).extrude(2, taper=5).faces('>Z').workplane()",
        "Extrude (tapered)",
    ),
    "a mode of a sketch": ("s = cq.Sketch().rect(2, 2, mode='c')", "mode='c'"),
    "a face of a wire": ("s = cq.Sketch().face(5)", "face of anything but a sketch"),
    "a ring in selected places": (
        "s = cq.Sketch().push([(1, 1)]).parray(5, 0, 90, 3)",
        "parray of selected places",
    ),
    "a name of the library that is not read": ("x = cq.Assembly()", "Assembly"),
    "comparing what is no number": ("x = w < w", "comparison of Workplane and Workplane"),
    "a truth of what is no value": ("x = 1 if w else 2", "if of Workplane"),
    "a dictionary of another": ("x = {**{}}", "dict(**)"),
    "a loop without an end": ("while True: pass", "while"),
    "what is tried": ("try:\n    w = w.fillet(1)\nexcept ValueError:\n    pass", "try"),
    "what is raised": ("raise ValueError", "raise"),
    "a lambda of any arguments": ("f = lambda *a: a", "lambda"),
    "a class with methods": ("class A:\n    def f(self): pass\nx = A()", "A"),
    "the opposite of a text": ("x = -'a'", "usub of str"),
    "an item that is set": ("x = (1, 2); x[0] = 5", "assignment to a part of an object"),
    "an attribute that is set": ("w.x = 5", "assignment to a part of an object"),
}


@pytest.mark.parametrize("name", UNKNOWN_CQ)
def test_what_cadquery_can_and_we_cannot_ends_the_history_and_is_named(name):
    line, used = UNKNOWN_CQ[name]
    sequence = cq("part = cq.Workplane().rect(10, 10).extrude(5)", W, line)
    assert used in sequence.unsupported
    assert len(sequence) >= 2  # what stands before is read
    assert sequence.rest[0].content


UNKNOWN_B3D = {
    "a mirror that lies": (
        ("with BuildLine():", "    Line((0, 0), (1, 1))", "    mirror(about=Plane.XY)"),
        "mirror at a plane that is not upright",
    ),
    "a mirror of several solids": (("mirror([Box(1, 1, 1)])",), "mirror"),
    "a face that is not the last": (
        (*PART, "    s = BuildSketch(part.faces().sort_by(Axis.Z)[1])"),
        "a face that is not the first or last along an axis",
    ),
    "one of two faces": (
        (
            "part = Pos(9, 0, 0) * Box(1, 1, 1) + Box(1, 1, 1)",
            "p = Plane(part.faces().sort_by(Axis.Z)[-1])",
        ),
        "one of several faces that lie equally far",
    ),
    "an axis of a face that is not known": (
        (
            "part = extrude(Polygon((0, 0), (9, 0), (4, 5)), 2)",
            "s = Plane(part.faces().sort_by(Axis.Z)[-1]) * Rectangle(1, 2)",
        ),
        "the x axis of a face that is selected",
    ),
    "edges selected before": (
        (*PART, "    e = part.edges()", "    fillet(e, 1)", "    fillet(e, 1)"),
        "a fillet or chamfer of edges that were selected before",
    ),
    "corners in no order": (
        ("with BuildSketch() as s:", "    Rectangle(3, 4)", "    fillet(s.vertices()[0], 1)"),
        "corners in no order",
    ),
    "some of several corners": (
        (
            "with BuildSketch() as s:",
            "    Rectangle(3, 4)",
            "    fillet(s.vertices().sort_by(Axis.X)[:3], 1)",
        ),
        "some of several corners that lie equally far",
    ),
    "a mirror that cuts": (
        (
            "with BuildSketch():",
            "    Rectangle(9, 9)",
            "    mirror(about=Plane.YZ, mode=Mode.SUBTRACT)",
        ),
        "mirror(mode)",
    ),
    "several loops in one face": (
        (
            "with BuildSketch():",
            "    with BuildLine():",
            "        CenterArc((0, 0), 5, 0, 360)",
            "        CenterArc((20, 0), 5, 0, 360)",
            "    make_face()",
        ),
        "make_face of several loops",
    ),
    "a line that is cut away": (
        ("with BuildLine():", "    Line((0, 0), (1, 1), mode=Mode.SUBTRACT)"),
        "a line that is not added",
    ),
    "a polygon the other way round": (
        ("p = Polygon((0, 0), (0, 1), (1, 0))",),
        "a clockwise Polygon outside of a sketch",
    ),
    "a regular polygon to one side": (
        ("p = RegularPolygon(5, 5, align=(Align.CENTER, Align.MIN))",),
        "RegularPolygon(align)",
    ),
    "lines that stand upright": (
        (
            "with BuildLine(Plane.XZ) as upright:",
            "    Line((0, 0), (1, 1))",
            "f = make_face(upright)",
        ),
        "lines off the plane of a sketch",
    ),
    "a mirror of lines that stand upright": (
        ("with BuildLine(Plane.XZ):", "    Line((0, 0), (1, 1))", "    mirror()"),
        "mirror of lines off the plane of a sketch",
    ),
    "a part with a hole at two places": (
        (
            "with BuildPart(Plane.XY, Plane.YZ) as twice:",
            "    Box(9, 9, 9)",
            "    Box(1, 1, 1, mode=Mode.SUBTRACT)",
            "r = twice.part",
        ),
        "a compound part at several places",
    ),
    "a fillet": ((*PART, "    fillet(part.wires(), 1)"), "wires"),
    "while": (("while True:", "    x = 1"), "while"),
}


@pytest.mark.parametrize("name", UNKNOWN_B3D)
def test_what_build123d_can_and_we_cannot_ends_the_history_and_is_named(name):
    lines, used = UNKNOWN_B3D[name]
    sequence = b3d("before = extrude(Rectangle(10, 10), amount=5)", *lines)
    assert used in sequence.unsupported
    assert len(sequence) >= 2
