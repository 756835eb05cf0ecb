"""Scripts of build123d and CadQuery: read without being run, to what the libraries make of them.

What the libraries make of the scripts in tests/scripts stands in expected.json; measure.py there
writes it, in an environment that has them.
"""

from __future__ import annotations

import json
import time

import pytest
from conftest import ROOT
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cadcomplete.errors import ReadError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.operations import Boolean, ExtentType, Extrude, Loop, Sketch, Unknown
from cadcomplete.history.sequence import validate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import decode, encode
from cadcomplete.readers import read
from cadcomplete.readers.scripts import build123d, cadquery
from cadcomplete.readers.scripts.areas import FlatFace, add, intersect, relation, subtract
from cadcomplete.readers.scripts.shapes import polygon, rectangle, regular

SCRIPTS = ROOT / "tests" / "scripts"
EXPECTED = json.loads((SCRIPTS / "expected.json").read_text())
FIXTURES = sorted(set(EXPECTED) - {"versions"})


def b3d(*lines: str):
    return build123d.parse("\n".join(("from build123d import *", *lines)).encode())


def cq(*lines: str):
    return cadquery.parse("\n".join(("import cadquery as cq", *lines)).encode())


def refused(parse, *lines: str) -> ReadError:
    with pytest.raises(ReadError) as caught:
        parse(*lines)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def unsupported(parse, *lines: str) -> Unknown:
    """Return what a script begins with: nothing is known before it."""
    sequence = parse(*lines)
    assert len(sequence) == 0
    (unknown,) = sequence.rest
    return unknown


# --- what the libraries make of the same scripts ------------------------------------------------


def test_every_script_has_been_measured():
    assert [path.stem for path in sorted(SCRIPTS.glob("*_*.py"))] == FIXTURES
    assert set(EXPECTED["versions"]) == {"build123d", "cadquery"}


@pytest.mark.parametrize("name", FIXTURES)
def test_a_script_becomes_the_solid_that_its_library_makes(name):
    document = read(SCRIPTS / f"{name}.py")
    assert document.origin == name.partition("_")[0]
    assert not validate(document.sequence)
    solid, expected = build(document.sequence), EXPECTED[name]
    assert solid is not None
    found = measure(solid)
    assert found.volume == pytest.approx(expected["volume"], rel=1e-4)
    assert found.bounding_box.minimum == pytest.approx(expected["minimum"], abs=1e-4)
    assert found.bounding_box.maximum == pytest.approx(expected["maximum"], abs=1e-4)
    assert found.bodies == expected["solids"]


@pytest.mark.parametrize("name", ["build123d_arcs", "cadquery_sketches"])
def test_what_was_read_goes_through_the_text(name):
    sequence = read(SCRIPTS / f"{name}.py").sequence
    solid = build(decode(encode(sequence).text))
    assert solid is not None
    assert solid.volume == pytest.approx(EXPECTED[name]["volume"], rel=1e-4)


# --- the history --------------------------------------------------------------------------------


def test_the_history_has_the_operations_of_the_script_in_their_order():
    sequence = b3d(
        "with BuildPart() as part:",
        "    with BuildSketch(Plane.XZ):",
        "        Rectangle(4, 2)",
        "        Circle(0.5, mode=Mode.SUBTRACT)",
        "    extrude(amount=3)",
        "    with BuildSketch():",
        "        Circle(1)",
        "    extrude(amount=-2, both=True, mode=Mode.SUBTRACT)",
    )
    sketch, first, _, second = sequence.operations
    assert isinstance(sketch, Sketch)
    assert isinstance(first, Extrude)
    assert isinstance(second, Extrude)
    assert sketch.plane.normal == (0, -1, 0)
    assert sketch.loops[1] == Loop((Circle((0, 0), 0.5),))
    assert sketch.source == "line 6"
    assert [(p.outer, p.holes) for p in first.profiles] == [(0, (1,))]
    assert (first.boolean, second.boolean) == (Boolean.NEW_BODY, Boolean.CUT)
    assert (first.extent.distance, second.extent.distance) == (3, 2)
    assert second.extent.type is ExtentType.SYMMETRIC


def test_lines_and_arcs_keep_their_points():
    sequence = cq(
        "w = cq.Workplane().moveTo(1, 2).lineTo(4, 2).threePointArc((5, 3), (4, 4)).close()",
        "r = w.extrude(1)",
    )
    sketch = sequence.operations[0]
    assert isinstance(sketch, Sketch)
    assert sketch.loops[0].curves == (
        Line((1, 2), (4, 2)),
        Arc((4, 2), (5, 3), (4, 4)),
        Line((4, 4), (1, 2)),
    )


def test_a_sketch_that_is_extruded_twice_is_drawn_once():
    operations = read(SCRIPTS / "build123d_same_sketch_twice.py").sequence.operations
    assert [type(op) for op in operations] == [Sketch, Extrude, Extrude, Sketch, Extrude]


def test_the_part_that_is_shown_is_read_and_else_the_one_made_last():
    made = ("a = cq.Workplane().rect(1, 1).extrude(1)", "b = cq.Workplane().rect(2, 2).extrude(1)")
    for ending, width in (((), 1), (("show_object(a)",), 0.5), (("print(a)",), 1)):
        sketch = cq(*made, *ending).operations[0]
        assert isinstance(sketch, Sketch)
        assert sketch.loops[0].box[2] == width


def test_many_calls_in_a_row_are_read():
    steps = "".join(f".lineTo({i + 1}, {(i + 1) % 2 + 1})" for i in range(400))
    sequence = cq(f"r = cq.Workplane().moveTo(0, 0){steps}.lineTo(400, -5).close().extrude(2)")
    assert sequence.curves == 402


# --- what is not supported ----------------------------------------------------------------------


def test_all_names_that_are_not_supported_are_listed_with_the_line_of_the_first():
    unknown = unsupported(
        b3d,
        "with BuildPart() as part:",
        "    Torus(5, 3)",
        "    with BuildSketch():",
        "        Text('a', 3)",
        "    extrude(amount=2, dir=(0, 1, 1))",
        "    shell(part.wires().filter_by(Axis.Z), radius=1)",
        "    loft()",
    )
    assert unknown.uses == (
        "Text",
        "Torus",
        "extrude(dir)",
        "loft",
        "shell",
        "wires",
    )
    assert unknown.source == "line 3"


def test_names_of_methods_and_statements_that_are_not_supported_are_listed():
    unknown = unsupported(
        cq,
        "def hole(part):",
        "    return part.faces('>Z').shell(3)",
        "while mystery():",
        "    r = cq.Workplane().box(1, 2, 3).shells().shell(0.2)",
        "r = cq.Workplane().text('a', 2, 1).twistExtrude(3, 10)",
        "a = cq.Assembly()",
    )
    assert unknown.uses == ("Assembly", "mystery", "shell", "shells", "text", "twistExtrude")
    assert unknown.source == "line 4"  # the function is never called


# --- what is understood before it ---------------------------------------------------------------

BOX, OTHER = "r = cq.Workplane().box(4, 3, 2)", "b = cq.Workplane().box(9, 9, 9)"


def ends(parse, *lines):
    """How many operations are read, and what a script ends with: its name, and what it uses."""
    sequence = parse(*lines)
    (rest,) = sequence.rest
    return len(sequence), rest.name, rest.uses, rest.source, rest.content


def test_a_script_is_read_up_to_a_shell_at_its_end():
    found = ends(cq, BOX, 'r = r.faces(">Z").shell(0.4)', "show_object(r)")
    assert found[:4] == (2, ".shell(0.4)", ("shell",), "line 3")
    assert found[4] == ".shell(0.4)\nshow_object(r)"


def test_what_is_being_built_is_read_when_the_script_ends_within():
    found = ends(
        b3d,
        "with BuildPart() as part:",
        "    with BuildSketch():",
        "        Rectangle(10, 10)",
        "    extrude(amount=2)",
        "    for x in range(3):",
        "        with BuildSketch():",
        "            Text('a', 3)",
        "    extrude(amount=5)",
        "    shell(part.wires(), radius=1)",
    )
    assert found[:4] == (2, "Text('a', 3)", ("Text", "shell", "wires"), "line 8")
    assert found[4].endswith("    shell(part.wires(), radius=1)")


def test_a_chain_is_read_up_to_the_call_that_is_not_understood():
    long = 'r = (\n    cq.Workplane("XY")\n    .box(4, 3, 2)\n    .faces(">Z").shell(1).union(1)\n)'
    found = ends(cq, long)
    assert found[:4] == (2, ".shell(1).union(1)", ("shell",), "line 5")


@pytest.mark.parametrize(
    ("lines", "width"),
    [  # half the width of the box that is the part
        ((BOX, OTHER, "r = r.cut(b.shell(1))"), 2),
        (
            (
                BOX,
                OTHER,
                "c = cq.Workplane().torus(1)",
                "r = r.cut(b)",
            ),
            2,
        ),
        ((BOX, OTHER, "c = cq.Workplane().torus(1)"), 4.5),
        ((OTHER, BOX, "show_object(b.shell(1))"), 4.5),
        ((OTHER, BOX, "while True: pass", "show_object(b)"), 4.5),
        ((BOX, "def f(*a):", "    return a", "r = f(r)"), 2),
        ((BOX, OTHER, "while True: pass", "c = r + b"), 2),
        ((BOX, OTHER, "for i in (1, 2):", "    b.shell(i)", "    r = r.union(b)"), 4.5),
        ((BOX, OTHER, "for i in (1, 2):", "    c = mystery(i)", "    r = r.union(c)"), 2),
        ((BOX, OTHER, "r = r + b.shell(1)"), 2),
    ],
)
def test_the_part_of_a_script_that_ends_early_is_what_its_end_begins_with(lines, width):
    sequence = cq(*lines)
    sketch = sequence.operations[0]
    assert len(sequence.rest) == 1
    assert isinstance(sketch, Sketch)
    assert sketch.loops[0].box[2] == width


def test_a_function_that_is_not_called_ends_nothing():
    assert cq("def f(a):", "    return a.shell(1)", BOX).rest == ()


def test_a_mistake_in_a_script_is_still_refused_with_its_line():
    assert refused(cq, BOX, "s = cq.Workplane().box(0, 1, 1)", "r = r.shell(1)").where == "line 3"


def test_a_loop_goes_through_places():
    made = b3d(
        "part = Box(9, 9, 1)", "for p in Locations((1, 1), (3, 3)):", "    part += p * Box(1, 1, 4)"
    )
    assert len(made) == 6


OVERLAP, NESTED = "overlapping areas in a sketch", "wires inside holes"
PLATE = ("with BuildPart() as part:", "    with BuildSketch():", "        Rectangle(10, 10)")


@pytest.mark.parametrize(
    ("parse", "lines", "name"),
    [
        (b3d, (*PLATE, "    extrude(until=Until.LAST)"), "extrude(until)"),
        (b3d, (*PLATE, "    extrude(amount=3, dir=(0, 1, 1))"), "extrude(dir)"),
        (b3d, (*PLATE, "    extrude(amount=3, mode=Mode.REPLACE)"), "Mode.REPLACE"),
        (
            b3d,
            (
                *PLATE,
                "        with Locations((-5, 5), (5, -5)):",  # what is left touches at one point
                "            Rectangle(10, 10, mode=Mode.SUBTRACT)",
            ),
            OVERLAP,
        ),
        (b3d, (*PLATE, "        Circle(6, arc_size=90)"), "Circle(arc_size)"),
        (
            cq,
            ("r = cq.Workplane().rect(4, 4).circle(2.5).extrude(2)",),
            OVERLAP,
        ),
        (
            cq,
            ("r = cq.Workplane().circle(3).circle(2).circle(1).extrude(2)",),
            NESTED,
        ),
        (cq, ("r = cq.Workplane().rect(4, 4).extrude('next')",), "extrude until next"),
        (
            cq,
            (
                "a = cq.Workplane().rect(9, 9).extrude(2)",
                "b = cq.Workplane().rect(4, 4).extrude(2).cut(cq.Workplane().circle(1).extrude(1))",
                "r = a.cut(b)",
            ),
            "cut with a compound tool",
        ),
        (
            cq,
            (
                "b = cq.Workplane().rect(4, 4).extrude(2).cut(cq.Workplane().circle(1).extrude(1))",
                "r = b.union(b)",
            ),
            "union with a compound tool",
        ),
        (
            b3d,
            (
                *PLATE,
                "    extrude(amount=2)",
                "    with BuildSketch(Plane.XY, Plane.YZ):",
                "        Circle(2)",
                "    extrude(amount=5)",
                "    with BuildSketch(Plane.XY, Plane.YZ):",
                "        Circle(2)",
                "    extrude(amount=5, mode=Mode.INTERSECT)",
            ),
            "intersect with a compound tool",
        ),
    ],
)
def test_what_no_history_of_extrudes_says_is_named(parse, lines, name):
    sequence = parse(*lines)
    assert sequence.unsupported == (name,)
    assert len(sequence) >= 1


def test_a_union_with_a_compound_solid_is_read_when_the_other_only_adds():
    sequence = cq(
        "a = cq.Workplane().rect(2, 2).extrude(5)",
        "b = cq.Workplane().rect(8, 8).extrude(2).cut(cq.Workplane().rect(4, 4).extrude(2))",
        "r = a.union(b)",
    )
    solid = build(sequence)
    assert solid is not None
    assert solid.volume == pytest.approx(2 * 2 * 5 + (64 - 16) * 2)


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parse", "lines", "problem", "line"),
    [
        (cq, ("r = cq.Workplane(",), "not Python", 2),
        (cq, ("x = 1", "r = cq.Workplane().circle(radius).extrude(1)"), "unknown name", 3),
        (cq, ("r = cq.Workplane().circle(-3).extrude(1)",), "wrong value", 2),
        (cq, ("r = cq.Workplane().circle(1e9).extrude(1)",), "wrong value", 2),
        (cq, ("r = cq.Workplane().circle(1).extrude(0)",), "without a height", 2),
        (cq, ("r = (cq.Workplane()", " .lineTo(1, 1)", " .extrude(2))"), "no closed wire", 4),
        (cq, ("r = cq.Workplane('UV').circle(1).extrude(1)",), "unknown plane", 2),
        (cq, ("r = cq.Workplane().circle(1, 2, 3, 4).extrude(1)",), "wrong arguments", 2),
        (cq, ("r = cq.Workplane().circle(1).cutBlind(1)",), "no solid to cut from", 2),
        (cq, ("r = cq.Workplane(cq.Plane((0, 0, 0), (0, 0, 1), (0, 0, 2)))",), "x axis", 2),
        (cq, ("a, b = 1, 2, 3",), "wrong number of values", 2),
        (cq, ("a = (1, 2)[2]",), "not so many items", 2),
        (cq, ("a = 1 / 0",), "cannot be calculated", 2),
        (cq, ("a = cq.Workplane() / 2",), "cannot be calculated", 2),
        (b3d, (*PLATE, "    extrude()"), "wrong arguments of extrude", 5),
        (b3d, (*PLATE, "    extrude(amount=2, mode=3)"), "wrong value", 5),
        (
            b3d,
            (*PLATE, "    with BuildSketch():", "        make_face()"),
            "nothing has been drawn",
            6,
        ),
        (b3d, ("with BuildSketch():", "    Circle(2, mode=Mode.SUBTRACT)"), "nothing to cut", 3),
        (
            b3d,
            (
                "with BuildSketch():",
                "    with BuildLine():",
                "        Line((0, 0), (1, 0))",
                "    make_face()",
            ),
            "do not close",
            5,
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(parse, lines, problem, line):
    error = refused(parse, *lines)
    assert problem in str(error)
    assert error.where == f"line {line}"


@pytest.mark.parametrize("parse", [b3d, cq])
def test_a_script_that_makes_no_solid_is_refused(parse):
    assert "nothing is drawn and nothing is extruded" in str(refused(parse, "x = 1"))


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(tmp_path):
    path = tmp_path / "part.py"
    path.write_bytes(b"import cadquery\n# \xff\n")
    with pytest.raises(ReadError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: at line 2: not text in UTF-8"


def test_a_script_without_either_library_is_not_a_history(tmp_path):
    path = tmp_path / "part.py"
    path.write_text("import math\nx = 'import cadquery'\n")
    with pytest.raises(ReadError, match="imports neither build123d nor cadquery"):
        read(path)


@pytest.mark.parametrize(
    ("line", "library"),
    [
        (b"import build123d", build123d),
        (b"import math, build123d as bd", build123d),
        (b"  from build123d import *", build123d),
        (b"\xef\xbb\xbffrom build123d import *", build123d),
        (b"import cadquery as cq", cadquery),
        (b"import math as m, cadquery", cadquery),
        (b"from cadquery import Workplane", cadquery),
    ],
)
def test_a_script_is_known_by_what_it_imports(line, library):
    found = [module for module in (build123d, cadquery) if module.matches(line)]
    assert found == [library]


# --- what a script could do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "name"),
    [
        ("import os; os.system('touch {}')", "os.system"),
        ("open({!r}, 'w').write('x')", "open"),
        ("__import__('os').mkdir({!r})", "__import__"),
        ("exec({!r})", "exec"),
        ("from pathlib import Path; Path({!r}).touch()", "pathlib.Path"),
        ("().__class__.__base__.__subclasses__()", "__subclasses__"),
    ],
)
def test_a_script_is_never_executed(tmp_path, attack, name):
    target = tmp_path / "touched"
    solid = "r = cq.Workplane().circle(1).extrude(1)"
    assert name in unsupported(cq, attack.format(str(target)), solid).uses
    assert not target.exists()


def test_what_is_printed_or_exported_is_passed_over(tmp_path):
    target = tmp_path / "touched"
    sequence = cq(
        "from cadquery import exporters",
        "r = cq.Workplane().circle(1).extrude(1)",
        f"print(open({str(target)!r}, 'w'))",
        f"cq.exporters.export(r, {str(target)!r})",
        f"exporters.export(r.val(), {str(target)!r})",
        f"r.val().exportStep({str(target)!r})",
    )
    assert len(sequence) == 2
    assert not target.exists()


def test_attributes_of_python_objects_cannot_be_reached():
    assert unsupported(cq, "a = cq.Workplane().__class__").uses == ("Workplane.__class__",)
    assert unsupported(cq, "a = (1).real").uses == ("int.real",)


@pytest.mark.parametrize(
    "line",
    [
        "a = 9**9**9**9",
        "a = 9.0**9**9**9",
        "a = 2**-(10**18)",
        "a = (-8) ** 0.5",
        "a = 10**18 * 10**18",
        "a = [0] * 10**9",
        "a = 'x' * 10**9",
        "a = list(range(10**30))",
        "a = [i for i in range(10**9)]",
        "a = [[j for j in range(10000)] for i in range(10000)]",
        "for i in range(90000): a = [j for j in range(90000)]",
        "a = [1, 2]\nfor i in range(99): a = [a, a]",
        "a = [1, 2]\nfor i in range(99): a = a + a",
        "a = " + "(" * 150 + "1" + ")" * 150 + "+1" * 20000,
        "a = " + "-" * 30000 + "1",
        "a = " + "[" * 3000 + "]" * 3000,
        "a = cq.Workplane().rarray(1, 1, 10**6, 10**6).circle(1)",
        "a = cq.Workplane().polarArray(9, 0, 360, 10**8).circle(1)",
        "a = cq.Workplane().polygon(10**9, 4)",
        "for i in range(9999): a = cq.Workplane().rarray(9, 9, 9, 9).circle(1).extrude(1)",
        "a = 1e400",
        "a = " + "9" * 5000,
        "\x00",
    ],
)
def test_what_would_take_forever_is_refused_at_once(line):
    begun = time.process_time()
    refused(cq, *line.split("\n"))
    assert time.process_time() - begun < 3


# --- areas --------------------------------------------------------------------------------------

LENGTHS = st.integers(1, 12).map(lambda n: n / 2)
PLACES = st.tuples(*(st.integers(-8, 8).map(lambda n: n / 2) for _ in "xy"))


def _circle(center, radius) -> Loop:
    return Loop((Circle(center, radius),))


def _slanted(center, size) -> Loop:
    x, y = center
    return polygon([(x + u, y + v) for u, v in regular(size, 3, 10.0)])


LOOPS = st.one_of(
    st.builds(_circle, PLACES, LENGTHS),
    st.builds(rectangle, LENGTHS, LENGTHS, PLACES),
    st.builds(_slanted, PLACES, LENGTHS),
)
MIRRORED = {"inside": "around", "around": "inside"}


@given(LOOPS, LOOPS)
def test_how_two_loops_lie_is_the_same_seen_from_either(a, b):
    assert relation(b, a) == MIRRORED.get(relation(a, b), relation(a, b))
    assert relation(a, a) == "same"


@settings(max_examples=25)
@given(LOOPS, LOOPS)
def test_areas_that_do_not_cross_add_up(a, b):
    said = relation(a, b)
    assume(said != "crossing")
    both = {"apart": 0.0, "inside": abs(a.area)}.get(said, abs(b.area))
    one, other = (FlatFace.of(a),), (FlatFace.of(b),)
    sizes = {add: abs(a.area) + abs(b.area) - both, subtract: abs(a.area) - both, intersect: both}
    for combine, size in sizes.items():
        assert _area(combine(one, other)) == pytest.approx(size, abs=1e-9)


def _area(faces) -> float:
    return sum(abs(f.loops[0].area) - sum(abs(hole.area) for hole in f.loops[1:]) for f in faces)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (_circle((0, 0), 2), rectangle(4, 4), "inside"),  # touches all four sides
        (_circle((4, 0), 2), rectangle(4, 4), "apart"),  # touches one from outside
        (_circle((1, 0), 1), _circle((0, 0), 2), "inside"),
        (_circle((1.01, 0), 1), _circle((0, 0), 2), "crossing"),
        (rectangle(4, 4), _circle((0, 0), 2.82), "crossing"),
        (rectangle(4, 4), _circle((0, 0), 2.83), "inside"),  # its corners are 2.828 from the middle
        (rectangle(2, 4, (1, 0)), rectangle(4, 4), "inside"),  # shares three sides
        (rectangle(2, 4, (3, 0)), rectangle(4, 4), "apart"),  # shares one side
        (rectangle(2, 8), rectangle(8, 2), "crossing"),
    ],
)
def test_touching_is_neither_crossing_nor_overlapping(a, b, said):
    assert relation(a, b) == said
