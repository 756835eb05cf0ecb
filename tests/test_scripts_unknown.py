"""Scripts that end early: what was made and drawn before the first thing that is not understood.

A statement that nobody knows is put at every place of scripts of both libraries; what is read
before it is always how the history of the whole script begins.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from test_scripts import FIXTURES, SCRIPTS, b3d, cq, refused

from cadcomplete.history.operations import Extrude, Loop, Sketch
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import encode
from cadcomplete.readers import from_sequence, parse, read
from cadcomplete.readers.scripts import build123d, cadquery

LIBRARIES = {"build123d": build123d, "cadquery": cadquery}

# --- a statement that nobody knows, at every place ----------------------------------------------

PARTS = {
    "cadquery chain": """
import cadquery as cq
plate = (
    cq.Workplane("XZ")
    .moveTo(0, 0)
    .lineTo(30, 0)
    .lineTo(30, 10)
    .threePointArc((15, 14), (0, 10))
    .close()
    .extrude(4)
    .moveTo(8, 5)
    .circle(2)
    .moveTo(22, 5)
    .circle(1.5)
    .cutThruAll()
)
show_object(plate)
""",
    "cadquery parts": """
import cadquery as cq
width, height = 20, 12
base = cq.Workplane().rect(width, height).extrude(3)
pin = cq.Workplane(origin=(0, 0, 3))
pin = pin.circle(4)
pin = pin.extrude(5)
part = base.union(pin)
profile = cq.Sketch().rect(4, 4)
profile = profile.circle(1, mode="s")
tool = cq.Workplane().placeSketch(profile).extrude(2)
part = part.cut(tool)
""",
    "cadquery functions": """
import cadquery as cq
def plate(w, h, t=2):
    outline = cq.Workplane().rect(w, h)
    if t > 1:
        outline = outline.circle(1)
    return outline.extrude(t)
part = plate(20, 10)
for x in [v for v in (-6, 0, 6) if v != 0]:
    post = cq.Workplane().center(x, 0)
    post = post.circle(2).extrude(8)
    part = part.union(post)
""",
    "build123d builders": """
from build123d import *
with BuildPart(Plane.XZ) as part:
    with BuildSketch() as outline:
        Rectangle(40, 30)
        with Locations((10, 5), (-10, 5)):
            Circle(3, mode=Mode.SUBTRACT)
    extrude(amount=5)
    with BuildSketch(Plane.XY.offset(5)):
        with BuildLine():
            Line((0, 0), (10, 0))
            Line((10, 0), (10, 10))
            ThreePointArc((10, 10), (3, 7), (0, 0))
        make_face()
    extrude(amount=4)
    with Locations((0, -10)):
        Hole(2)
""",
    "build123d algebra": """
from build123d import *
outline = Rectangle(30, 20)
outline -= Pos(5, 0) * Circle(4)
part = extrude(outline, 6)
for x in (-10, 10):
    post = Circle(2)
    post = extrude(post, 12)
    part += Pos(x, 8) * post
slot = SlotOverall(10, 3)
part -= extrude(slot, 2)
""",
    "build123d functions": """
from build123d import *
def post(radius, height):
    with BuildPart() as made:
        with BuildSketch():
            Circle(radius)
        extrude(amount=height)
    return made.part
part = post(8, 3)
part += post(4, 6)
part -= post(2, 9)
""",
}

ALGEBRA = ("build123d algebra", "build123d_algebra", "cadquery_sketch_shapes")
"""Scripts that draw a sketch at the origin, and put it at its place when they use it."""

DIFFERENT = {
    "cadquery_moved": range(14, 16),  # the solid that is made first is moved
    "build123d_several_profiles": range(19, 23),  # what is drawn first is cut away again
    "cadquery_mirrored": range(4, 7),  # its corners are cut off
    "build123d_more_shapes": range(4, 11),  # it is drawn larger
    "build123d_blended": range(6, 12),  # and its corners are cut off
    "build123d_finished_algebra": range(10, 15),  # what is joined later is made beside it
}
"""Lines before which a script has made what the whole does not begin with."""

STATEMENTS = {
    "a function": "mystery(1, 2)",
    "its result": "riddle = mystery(1, 2)",
    "a with": "with mystery() as riddle:\n{0}    riddle(1)",
    "a loop": "for riddle in mystery():\n{0}    pass",
    "a while": "while mystery():\n{0}    pass",
    "an argument": "print_it = abs(mystery(2))",
    "a lambda": "riddle = lambda *all: mystery",
}


def places(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines before which a statement can stand, with their indentation."""
    lines = text.split("\n")
    tree = ast.parse(text)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    fields = {field for node in classes for field in node.body}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n not in fields]
    starts = {node.lineno: node.col_offset for node in found if not isinstance(node, _NOT_BEFORE)}
    for line, indented in sorted(starts.items()):
        yield line - 1, " " * indented
    yield len(lines) - 1, ""


_NOT_BEFORE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def put(text: str, line: int, indented: str, statement: str) -> str:
    lines = text.split("\n")
    lines.insert(line, indented + statement.format(indented))
    return "\n".join(lines)


def whole_of(text: str) -> CadSequence:
    library = LIBRARIES["cadquery" if "import cadquery" in text else "build123d"]
    return library.parse(text.encode())


def assert_begins(whole: CadSequence, part: CadSequence, *, moved: bool = False) -> None:
    """What is read of a beginning is what the whole begins with; then what is drawn so far.

    In algebra a sketch may be `moved` when it is used.
    """
    built = [op.builds for op in part.operations]
    number = len(built) - built[::-1].index(True) if any(built) else 0
    assert part.operations[:number] == whole.operations[:number]
    later = [op for op in whole.operations if isinstance(op, Sketch)]
    for sketch in part.operations[number:]:
        assert isinstance(sketch, Sketch)
        assert any(_is_begun(sketch, s) for s in later if moved or s.plane == sketch.plane)


def _is_begun(sketch: Sketch, whole: Sketch) -> bool:
    """Whether all loops of a sketch are those of another; the last may still be open."""
    return all(any(_starts(loop, other) for other in whole.loops) for loop in sketch.loops)


def _starts(loop: Loop, other: Loop) -> bool:
    return other.curves[: len(loop.curves)] == loop.curves


@pytest.mark.parametrize("kind", STATEMENTS)
@pytest.mark.parametrize("name", PARTS)
def test_before_an_unknown_statement_stands_what_the_whole_script_begins_with(name, kind):
    text, statement = PARTS[name], STATEMENTS[kind]
    whole = part = whole_of(text)
    assert whole.rest == ()
    extrudes = [0]
    for line, indented in places(text):
        changed = put(text, line, indented, statement)
        part = whole_of(changed)
        assert_begins(whole, part, moved=name in ALGEBRA)
        (unknown,) = part.rest
        assert unknown.source == f"line {line + 1}"
        assert unknown.name == " ".join(statement.format("").split())
        assert unknown.content.startswith(statement.split("\n")[0])
        assert changed.endswith(unknown.content)
        assert set(unknown.uses) & {"mystery", "while", "lambda"}
        assert {f.severity for f in validate(part) if part.operations} <= {"warning"}
        if not indented:
            extrudes.append(sum(isinstance(op, Extrude) for op in part.operations))
            assert extrudes[-1] >= extrudes[-2]
    assert part.operations == whole.operations  # at the end


@pytest.mark.parametrize("name", FIXTURES)
def test_every_script_begins_as_it_does_without_what_follows(name):
    text = (SCRIPTS / f"{name}.py").read_text()
    whole = whole_of(text)
    for line, indented in places(text):
        part = whole_of(put(text, line, indented, "mystery(1)"))
        if line + 1 not in DIFFERENT.get(name, ()):
            assert_begins(whole, part, moved=name in ALGEBRA)
        assert [op.source for op in part.rest] == [f"line {line + 1}"]


@pytest.mark.parametrize("name", PARTS)
def test_before_an_unknown_call_in_a_chain_stands_what_the_chain_had_made(name):
    """Before every call of a chain a call is put that nobody knows."""
    text, whole = PARTS[name], whole_of(PARTS[name])
    for dot in re.finditer(r"(?<=[\w)])\s*\.(?=[a-z]\w*\()", text):
        changed = f"{text[: dot.start()]}.mystery(1){text[dot.start() :]}"
        part = whole_of(changed)
        assert_begins(whole, part, moved=name in ALGEBRA)
        (unknown,) = part.rest
        assert "mystery" in unknown.uses
        assert ".mystery(1)" in unknown.content
        assert changed.endswith(unknown.content)


@pytest.mark.parametrize("name", PARTS)
def test_before_an_unknown_function_or_option_stands_what_was_made(name):
    """Every call is made one that nobody knows: by what it calls, and by an option."""
    text, whole = PARTS[name], whole_of(PARTS[name])
    own = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    for number in range(len(_calls(ast.parse(text)))):
        for option in (False, True):
            tree = ast.parse(text)
            call = _calls(tree)[number]
            if option:
                call.keywords.append(ast.keyword("riddle", ast.Constant(3)))
            elif isinstance(call.func, ast.Attribute):
                call.func.attr = "mystery"
            else:
                call.func = ast.Name("mystery")
            if not (option and isinstance(call.func, ast.Name) and call.func.id in own):
                part = whole_of(ast.unparse(tree))
                assert_begins(whole, part, moved=name in ALGEBRA)
                assert len(part.rest) == 1


def _calls(tree: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) != "show_object"]


# --- what stands before it ----------------------------------------------------------------------


def test_a_sketch_that_nothing_known_extrudes_is_kept():
    for ending in (".extrude(5, taper=-5)", ".twistExtrude(5, 90)", ".extrude(until='next')"):
        part = cq(f"r = cq.Workplane('XZ').rect(6, 4).circle(1){ending}")
        (sketch,) = part.operations
        assert isinstance(sketch, Sketch)
        assert [len(loop.curves) for loop in sketch.loops] == [4, 1]
        assert sketch.plane.normal == (0, -1, 0)
        assert part.rest[0].content == ending


def test_curves_that_are_not_closed_yet_are_kept_as_they_are_drawn():
    part = cq("r = cq.Workplane().moveTo(1, 0).lineTo(9, 0).lineTo(9, 5).spline([(1, 2)]).close()")
    (sketch,) = part.operations
    assert isinstance(sketch, Sketch)
    assert [(c.start, c.end) for c in sketch.loops[0].curves] == [
        ((1, 0), (9, 0)),
        ((9, 0), (9, 5)),
    ]
    assert not sketch.finished
    assert {f.severity for f in validate(part)} == {"warning"}


def test_curves_that_do_not_meet_are_left_out_but_for_the_last_and_that_is_said():
    part = cq("r = cq.Workplane().lineTo(9, 0).moveTo(0, 5).lineTo(4, 5).spline([(1, 2)])")
    (sketch,) = part.operations
    assert isinstance(sketch, Sketch)
    assert [loop.start for loop in sketch.loops] == [(0, 5)]
    assert sketch.remarks == ("1 curve that close no loop are left out",)


def test_sketches_on_several_planes_are_all_kept():
    part = cq("r = cq.Workplane().rect(6, 4).workplane(offset=5).rect(3, 2).loft()")
    assert [op.plane.origin[2] for op in part.operations if isinstance(op, Sketch)] == [0, 5]
    part = b3d("a = Rectangle(6, 4)", "b = Pos(0, 0, 5) * Rectangle(3, 2)", "r = loft([a, b])")
    assert [op.plane.origin[2] for op in part.operations if isinstance(op, Sketch)] == [0, 5]


BUILT = (
    "with BuildPart() as part:",
    "    with BuildSketch(Plane.XZ) as face:",
    "        Rectangle(6, 4)",
)


@pytest.mark.parametrize(
    "lines",
    [
        (*BUILT, "        offset(face.vertices(), 1)", "    extrude(amount=3)"),
        (*BUILT, "    loft()"),
        (*BUILT, "    extrude(amount=3, dir=(0, 1, 1))"),
        (*BUILT, "        mystery()", "        Circle(1, mode=Mode.SUBTRACT)"),
        (*BUILT, "part.part.mystery()"),
        (
            "with BuildSketch(Plane.XZ) as face:",
            "    Rectangle(6, 4)",
            "part = loft(face.sketch)",
        ),
        ("face = Plane.XZ * Rectangle(6, 4)", "part = loft(face)"),
        (*BUILT, "mystery()"),
    ],
)
def test_what_is_drawn_in_a_builder_lies_where_the_builder_puts_it(lines):
    (sketch,) = b3d(*lines).operations
    assert isinstance(sketch, Sketch)
    assert sketch.plane.normal == (0, -1, 0)
    assert sketch.loops[0].box == (-3, -2, 3, 2)


def test_a_part_in_a_part_is_read_as_far_as_it_goes():
    outer = ("with BuildPart() as outer:", "    Box(10, 10, 10)")
    for mode, boolean in (("ADD", "join"), ("SUBTRACT", "cut")):
        inner = (f"    with BuildPart(Plane.XZ, mode=Mode.{mode}):", "        Cylinder(2, 20)")
        whole = b3d(*outer, *inner)
        assert b3d(*outer, *inner, "        mystery()").operations == whole.operations
        assert whole.operations[3].boolean.value == boolean  # type: ignore[union-attr]
    inner = (
        "    with BuildPart(mode=Mode.INTERSECT):",
        "        Cylinder(2, 20)",
        "        mystery()",
    )
    assert len(b3d(*outer, *inner)) == 2  # what is left of it depends on all of the inner part


def test_a_path_and_a_private_sketch_of_a_part_are_kept_until_they_are_used():
    path = ("    with BuildLine(Plane.XZ):", "        Line((0, 0), (0, 9))")
    part = b3d(
        "with BuildPart() as p:",
        *path,
        "    with BuildSketch():",
        "        Circle(1)",
        "    sweep()",
    )
    assert [op.finished for op in part.operations if isinstance(op, Sketch)] == [True, False]
    private = ("    with BuildSketch(Plane.XZ, mode=Mode.PRIVATE) as s:", "        Circle(1)")
    assert len(b3d("with BuildPart() as p:", *private, "    loft(s.sketch)")) == 1
    used = ("    extrude(s.sketch, 3)", "    loft(s.sketch)")
    assert len(b3d("with BuildPart() as p:", *private, *used)) == 2


def test_a_sketch_that_was_used_is_not_drawn_again():
    part = b3d("a = Rectangle(6, 4)", "b = Pos(9, 0) * a", "part = extrude(b, 2)", "mystery()")
    assert len(part) == 2
    part = cq(
        "s = cq.Sketch().rect(6, 4)",
        "r = cq.Workplane('XZ').placeSketch(s).extrude(2)",
        "r = r.mystery()",
    )
    assert len(part) == 2


def test_what_a_call_could_not_do_has_not_been_done():
    """The wires are still there when the solid that they make cannot be joined."""
    compound = "b = cq.Workplane().rect(4, 4).extrude(2).cut(cq.Workplane().circle(1).extrude(1))"
    part = cq(compound, "r = b.union(b).rect(9, 9).extrude(2)")
    assert part.unsupported == ("union with a compound tool",)
    part = cq("r = cq.Workplane().rect(4, 4).circle(2.5).extrude(2)")
    (sketch,) = part.operations
    assert isinstance(sketch, Sketch)
    assert len(sketch.loops) == 2


def test_a_script_that_begins_with_what_is_not_known_has_no_operation():
    """As a document of any other dialect."""
    part = cq("x = 3", "r = cq.Workplane('XZ').torus(x)", "show_object(r)")
    assert len(part) == 0
    (unknown,) = part.rest
    assert (unknown.name, unknown.uses) == ("r = cq.Workplane('XZ').torus(x)", ("torus",))
    assert unknown.content == "r = cq.Workplane('XZ').torus(x)\nshow_object(r)"
    assert unknown.source == "line 3"


def test_a_mistake_inside_a_builder_is_refused_with_its_line_whatever_follows():
    error = refused(b3d, *BUILT, "        Circle(-1)", "    fillet(part.edges(), 1)")
    assert error.where == "line 5"


def test_a_sketch_that_the_script_ends_with_is_the_last_operation():
    assert len(b3d(*BUILT)) == 1
    assert (
        len(b3d(*BUILT, "    extrude(amount=1)", "    with BuildSketch():", "        Circle(1)"))
        == 3
    )
    assert len(cq("r = cq.Workplane().rect(4, 4)")) == 1


def test_what_is_read_goes_through_our_own_format():
    for lines in (
        ("r = cq.Workplane().lineTo(9, 0).lineTo(9, 5).spline([(1, 2)]).close()",),
        ("r = cq.Workplane().rect(4, 4).twistExtrude(4, 90)",),
        ("r = cq.Workplane().sphere(1)",),
    ):
        part = cq(*lines)
        document = parse(from_sequence(part).dump())
        assert document.sequence.operations == part.operations
        assert document.sequence.rest == part.rest
        assert document.known.sequence.rest == ()
        assert encode(part.known).text.startswith("sketch" if part.operations else "")


# --- files as they were given to us -------------------------------------------------------------

GIVEN = {
    "a hull in a sketch": (
        """
from build123d import *
with BuildPart() as p:
    with BuildSketch() as s:
        Rectangle(40, 30)
        make_hull()
    extrude(amount=5)
""",
        [Sketch],
        ("make_hull()", "line 6"),
    ),
    "places on the edges of a sketch": (
        """
import cadquery as cq
s = cq.Sketch().rect(60, 40).edges().circle(3, mode="s")
r = cq.Workplane("XY").placeSketch(s).extrude(5)
""",
        [Sketch],
        ('.edges().circle(3, mode="s")', "line 3"),
    ),
    "a shell in a function": (
        """
import cadquery as cq

def plate(w, h, t, d):
    p = cq.Workplane("XY").rect(w, h).extrude(t)
    p = p.faces(">Z").shell(d / 2).edges("|Z").fillet(1)
    return p

result = plate(70, 30, 5, 6)
cq.exporters.export(result, "plate.step")
""",
        [Sketch, Extrude],
        ('.shell(d / 2).edges("|Z").fillet(1)', "line 6"),
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_file_that_was_refused_is_read_as_far_as_it_is_known(name, tmp_path):
    text, kinds, (said, source) = GIVEN[name]
    path = tmp_path / "part.py"
    path.write_text(text)
    sequence = read(path).sequence
    assert [type(op) for op in sequence.operations] == kinds
    (unknown,) = sequence.rest
    assert (unknown.name, unknown.source) == (said, source)
    assert text.endswith(unknown.content)
    assert not [f for f in validate(sequence) if f.severity == "error"]


def test_what_is_read_of_a_file_is_said(run, tmp_path):
    path = tmp_path / "part.py"
    path.write_text("import cadquery as cq\nr = cq.Workplane().rect(60, 40).twistExtrude(5, 90)\n")
    document = read(path)
    assert document.sequence.notice == (
        "operation 1 is not known here: .twistExtrude(5, 90) (twistExtrude); it is not built"
    )
    code, out, _ = run("inspect", path)
    assert code == 0
    assert out.splitlines()[-1] == "no solid, as far as it is known: 1 operation of 2"
