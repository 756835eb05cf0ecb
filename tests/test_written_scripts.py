"""Histories as scripts: what a person would have written, valid, and the same when read back."""

from __future__ import annotations

import ast
import dataclasses
import math

import pytest
from conftest import PLATE

from cadcomplete.errors import InputError, UnsupportedError
from cadcomplete.exporters.scripts import DIALECTS, script
from cadcomplete.exporters.scripts.layout import WIDTH, wrapped
from cadcomplete.exporters.scripts.levels import Levels
from cadcomplete.exporters.scripts.names import Names, Variables
from cadcomplete.exporters.scripts.sums import Sum
from cadcomplete.history.extrude import Extent, ExtentType, Extrude
from cadcomplete.history.geometry import XY
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import decode
from cadcomplete.readers import read

HOLES = "sketch 0 0 10 +z +x\ncircle 5 5 2\nextrude cut to 0 0\nlinear +x 10 4 @1\n"

GOLDEN = '''\
"""bracket. All lengths are in millimetres."""

from build123d import *

plate_thickness = 10
plate_length = 40
plate_width = 30
plate_hole_diameter = 10
hole_diameter = 4
hole_spacing = 10
hole_count = 4
fillet_radius = 3

# Plate
plate_sketch = Rectangle(plate_length, plate_width, align=Align.MIN)
plate_sketch -= Pos(20, 15) * Circle(plate_hole_diameter / 2)
part = extrude(plate_sketch, plate_thickness)

# Hole
hole_sketch = Plane.XY.offset(plate_thickness) * Pos(5, 5) * Circle(hole_diameter / 2)
hole = extrude(hole_sketch, -plate_thickness)
part -= hole

# Hole, 4 in a row
part -= [Pos(i * hole_spacing, 0, 0) * hole for i in range(1, hole_count)]

# Round edges
part = fillet(part.edges().filter_by(Axis.Z).group_by(Axis.Y)[-1], fillet_radius)
'''

ROUND_CORNERS = (  # arcs shorter and longer than a half circle, left and right of their chords
    "sketch 0 0 0 +z +x\nloop 0 0\nline 30 0\narc 30 20 90\nline 20 30\narc 10 30 -240\n"
    "line 0 30\nclose\nextrude new to 5 0\n"
)

PARTS = {
    "plate": PLATE,
    "holes": PLATE + HOLES,
    "arcs": ROUND_CORNERS,
    "symmetric": "sketch 1 2 3 -y +x\ncircle 4 5 6\nextrude new sym 9 0\n",
    "two sides": "sketch 0 0 0 +z +x\ncircle 4 5 6\nextrude new from -2 to 3 0\n",
    "askew": "sketch 8 0 0 0.6 0 0.8 +y\ncircle 0 0 5\nextrude new to 9.8 0\n",
    "islands": "sketch 0 0 0 +z +x\ncircle 0 0 9\ncircle 0 0 5\ncircle 30 0 9\ncircle 30 0 4\n"
    "extrude new to 10 0/1 2/3\n",
    "regions apart": "sketch 0 0 0 +z +x\ncircle 0 0 40\ncircle 0 0 10\nextrude new to 10 0/1\n"
    "extrude join to 25 1\n",
    "slot": PLATE + "sketch 0 0 10 +z +x\nloop 10 5\nline 20 5\narc 20 9 180\nline 10 9\n"
    "arc 10 5 180\nextrude cut to 6 0\n",
    "hexagon": "sketch 0 0 0 +z +x\nloop 10 0\nline 5 8.660254\nline -5 8.660254\nline -10 0\n"
    "line -5 -8.660254\nline 5 -8.660254\nclose\nextrude new to 4 0\n",
    "rounded": "sketch 0 0 0 +z +x\nloop 2 0\nline 18 0\narc 20 2 90\nline 20 8\narc 18 10 90\n"
    "line 2 10\narc 0 8 90\nline 0 2\narc 2 0 90\nextrude new to 4 0\n",
    "turned": "sketch 0 0 0 +z +x\nloop 10 0\nline 30 0\nline 30 5\nline 10 5\nclose\n"
    "revolve new to 90 about 0 0 0 1 0\n",
    "kept": PLATE + "sketch 0 0 0 +z +x\ncircle 20 15 14\nextrude intersect to 10 0\n",
    "bores": PLATE + "hole 0 0 10 +z +x 3 through bore 6 4 at 5 5 35 5 5 25 35 25\n",
    "drilled": PLATE + "hole 0 0 10 +z +x 3 tip 118 to 4 at 8 8\n",
    "sunk": PLATE + "hole 0 0 10 +z +x 3 through sink 6 90 at 8 8 20 25\nmirror +x 20 @1\n",
    "tapered": "sketch 0 0 0 +z +x\ncircle 4 5 6\nextrude new taper 5/-3 from -2 to 3 0\n",
    "leaning": "sketch 0 0 3 -y +x\nloop 0 0\nline 30 0\nline 30 20\nline 0 20\nclose\n"
    "extrude new taper 5 at 2 to 9 0\n",
    "elliptic": "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nellipsearc 0 0 180 0 0.4\n"
    "circle 20 4 2\nellipse 70 0 8 5 30\nextrude new to 9 0/1 2\n",
    "clockwise": "sketch 0 0 0 +z +x\nloop 0 0\nline 0 20\nline 40 20\nellipsearc 0 0 -100 30 0.4\n"
    "extrude new to 9 0\n",
    "spline": "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nspline 3 1,1*2,1 40,29;12,29;12,20;6,16;"
    "3,18;0,0\nextrude new to 9 0\n",
    "copies of copies": PLATE
    + "sketch 0 0 10 +z +x\ncircle 4 4 1\nextrude cut to 4 0\nmirror +x 10 @1\n"
    "linear +y 5 3 @1 @2\n",
    "touching": "sketch 0 0 0 +z +x\nloop 0 0\nline 9 0\nline 9 5\nline 0 5\nclose\n"
    "loop 9 0\nline 20 0\nline 20 9\nclose\nextrude new to 4 0 1\n",
    "part of a turn": "sketch 0 0 0 +z +x\nloop 10 0\nline 30 0\nline 30 5\nline 10 5\nclose\n"
    "revolve new from -20 to 90 about 0 0 0 1 0\n",
    "bolt circle": PLATE
    + "sketch 0 0 10 +z +x\ncircle 30 15 1\ncircle 15 23.660254 1\ncircle 15 6.339746 1\n"
    "extrude cut to 4 0 1 2\n",
}


READ_BACK = [(name, dialect) for name in PARTS for dialect in DIALECTS]


def written(text, dialect="build123d"):
    return script(dataclasses.replace(decode(text), id="bracket"), dialect)


def volume(sequence):
    solid = build(sequence)
    assert solid is not None
    return measure(solid).volume


def names(text):
    """The names that a script assigns at its top, once for each time."""
    targets = [node.targets[0] for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_a_part_is_written_as_a_person_would_write_it():
    assert written(PLATE + HOLES + "fillet 3 side@4/0:+y\n") == GOLDEN


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", PARTS)
def test_a_script_is_valid_and_short_lined_and_its_dimensions_stand_at_the_top(name, dialect):
    text = written(PARTS[name], dialect)
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= WIDTH + 12
    head, _, body = text.partition("\n# ")
    dimensions = names(head)
    assert dimensions
    assert len(dimensions) == len(set(dimensions))
    assert all(name in body for name in dimensions)
    assert not set(dimensions) & set(names(body))


@pytest.mark.parametrize(("name", "dialect"), READ_BACK)
def test_what_is_read_back_makes_the_same_solid(name, dialect, tmp_path):
    before = decode(PARTS[name])
    path = tmp_path / "part.py"
    path.write_text(written(PARTS[name], dialect))
    after = read(path).sequence
    assert not after.rest
    assert volume(after) == pytest.approx(volume(before), rel=1e-6)
    if name not in ("drilled", "bores", "sunk", "tapered"):  # read as the cuts or sides they are
        built = [[type(op).__name__ for op in s.operations if op.builds] for s in (before, after)]
        assert built[0] == built[1]


EDGES = {  # how edges are selected in both libraries, by what names them in the history
    "fillet 2 side@1/0": (".filter_by(Axis.Z)", '.edges("|Z")'),
    "fillet 2 all:z:+x": (".filter_by(Axis.Z).group_by(Axis.X)[-1]", '.edges("|Z").edges(">X")'),
    "chamfer 1 end@1/0": (  # no filter leaves the outline and not the hole
        "[part.edges().sort_by_distance(point)[0] for point in edge_points]",
        ".sort(lambda edge: edge.distance(cq.Vertex.makeVertex(*point))).val()for point in",
    ),
    "chamfer 1 end@1/1": (
        "part.edges().filter_by(GeomType.CIRCLE).group_by(Axis.Z)[-1]",
        '.edges("%CIRCLE").edges(">Z")',
    ),
    "fillet 1 end@1": ("part.faces().sort_by(Axis.Z)[-1].edges()", '.faces(">Z").edges()'),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges_are_selected_by_what_is_true_of_them_or_else_by_points(name):
    for dialect, said in zip(("build123d", "cadquery"), EDGES[name], strict=True):
        lines = "".join(line.strip() for line in written(f"{PLATE}{name}\n", dialect).splitlines())
        assert said in lines


SELECTED = [
    *((name, dialect) for name in ("chamfer 1 end@1/0", "fillet 1 end@1") for dialect in DIALECTS),
    *(
        (f"chamfer {size} {edge}", "build123d")
        for size in ("1/2", "2/1")
        for edge in ("end@1/1", "end@1/0.1", "side@1/0.3")
    ),
]


@pytest.mark.parametrize(("name", "dialect"), SELECTED)
def test_edges_that_are_selected_are_the_same_when_read_back(name, dialect, tmp_path):
    before = decode(f"{PLATE}{name}\n")
    path = tmp_path / "part.py"
    path.write_text(written(f"{PLATE}{name}\n", dialect))
    after = read(path).sequence
    assert not after.rest
    assert volume(after) == pytest.approx(volume(before), rel=1e-9)


def test_edges_whose_filter_is_not_certain_for_who_reads_it_are_said_by_points():
    text = f"{PLATE}chamfer 2 all:round:+z\nfillet 1 all:z:+x\n"
    assert "sort_by_distance" in written(text)


L_SHAPE = "loop 0 0\nline 9 0\nline 9 3\nline 3 3\nline 3 9\nline 0 9\nclose\n"

REFUSED = {  # what a library would make round, or does not know, by what is said of it
    "corners that open": (
        f"sketch 0 0 0 +z +x\n{L_SHAPE}extrude new taper 5 to 4 0\n",
        ("build123d", "cadquery"),
    ),
    "of a profile with holes": (
        PLATE.replace("extrude new", "extrude new taper 5"),
        ("cadquery",),
    ),
    "BSpline .with weights": (
        "sketch 0 0 0 +z +x\nloop 0 0\nspline 2 1 0,9;9,0 1,0.5,1\nline 0 0\nextrude new to 9 0\n",
        ("cadquery",),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_library_makes_otherwise_is_refused_with_what_to_do(name):
    text, dialects = REFUSED[name]
    for dialect in dialects:
        hint = "that is not written as a script of .*: export STEP"
        said = rf"at operation 1: not supported: .*{name}.*{hint}"
        with pytest.raises(UnsupportedError, match=said):
            written(text, dialect)


@pytest.mark.parametrize("dialect", ["build123d", "cadquery"])
def test_an_extrude_up_to_what_only_a_solid_tells_is_refused_by_its_number(dialect):
    text = f"{PLATE}sketch 0 0 20 +z +x\ncircle 20 15 4\nextrude join from next to 20 0\n"
    with pytest.raises(UnsupportedError, match=r"at operation 3: .*next.*: export STEP"):
        written(text, dialect)


def test_a_chamfer_of_two_sizes_names_its_first_face_or_is_refused():
    text = f"{PLATE}chamfer 1/2 end@1/1\n"
    assert "chamfer_other_size,reference=part.faces().sort_by_distance(" in "".join(
        line.strip() for line in written(text).splitlines()
    )
    with pytest.raises(UnsupportedError, match=r"Chamfer .of two sizes"):
        written(text, "cadquery")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_numbers_have_no_noise(dialect):
    noisy = PLATE.replace("40", "63.499999999").replace("10", "12.700000001")
    text = written(noisy, dialect)
    assert "63.5" in text
    assert "12.7" in text
    assert "999" not in text


def test_what_is_built_on_a_face_moves_with_it():
    boss = "sketch 0 0 10 +z +x\ncircle 12 12 7\nextrude join to 22 0\n"
    text = written(PLATE + boss + "sketch 0 0 22 +z +x\ncircle 8 8 1\nextrude cut to 0 0\n")
    assert "boss_height = 12" in text
    assert "Plane.XY.offset(plate_thickness) * " in text
    assert "Plane.XY.offset(plate_thickness + boss_height) * " in text
    assert "-plate_thickness - boss_height)" in text


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("build123d", "Pos(3, 4) * Ellipse(8, 5, rotation=30)"),
        ("cadquery", ".moveTo(3, 4).ellipse(8, 5, 30)"),
    ],
)
def test_an_ellipse_is_one(dialect, said):
    assert said in written("sketch 0 0 0 +z +x\nellipse 3 4 8 5 30\nextrude new to 9 0\n", dialect)


def test_an_extrude_that_starts_off_its_sketch_is_drawn_where_it_starts():
    sequence = decode(PLATE)
    extrude = sequence.operations[1]
    assert isinstance(extrude, Extrude)
    moved = dataclasses.replace(extrude, extent=dataclasses.replace(extrude.extent, start=2.5))
    text = script(CadSequence((sequence.operations[0], moved)))
    assert "plate_sketch = Plane.XY.offset(2.5) * plate_sketch" in text
    assert "extrude(plate_sketch, plate_thickness)" in text
    assert "plate_thickness = 10" in text


def test_a_level_is_not_known_from_another_direction():
    levels = Levels(Variables(Names()))
    ten = Extent(ExtentType.ONE_SIDED, 10.0)
    levels.reach(XY, ten, "plate", "plate", "thickness", first=True)
    assert levels.at((0.0, 0.0, -1.0), -10.0).text == "-plate_thickness"
    assert levels.at((1.0, 0.0, 0.0), 10.0).text == "10"
    assert levels.at((0.0, 0.0, 1.0), 7.0).text == "7"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (Sum(), "0"),
        (Sum.of("a", -1.0) + Sum.of("b"), "b - a"),
        (Sum.of("a", 0.5) - Sum(rest=2.0), "a / 2 - 2"),
        (Sum.of("a").times(-1.0), "-a"),
        (Sum.of("a") - Sum.of("a") + Sum(rest=1.5), "1.5"),
    ],
)
def test_a_sum_is_written_as_a_person_would(said, text):
    assert said.text == text


def test_things_of_one_size_share_a_variable_and_others_have_their_own():
    names = Names()
    dimensions = Variables(names)
    first = dimensions.named("hole", "hole", "diameter", "4")
    again = dimensions.named("hole", "hole_2", "diameter", "4")
    other = dimensions.named("hole", "hole_3", "diameter", "6")
    assert (first, again, other) == ("hole_diameter", "hole_diameter", "hole_3_diameter")
    assert dimensions.values == {"hole_diameter": "4", "hole_3_diameter": "6"}
    third, more = (dimensions.named("hole", "hole_3", "diameter", "8") for _ in range(2))
    assert third == more == "hole_3_diameter_2"


def test_long_statements_are_broken_in_brackets_and_mean_the_same():
    items = ", ".join(f"({n}, {math.sqrt(n):.6f})" for n in range(30))
    for line in (
        f"points = [{items}]",
        f"outline = make_face(Polyline({items}) + Line((1, 2), (3, 4)))",
        f"part -= [Pos(x, y) * Circle(hole_diameter / 2) for x, y in [{items}]]",
    ):
        lines = wrapped(line)
        assert max(map(len, lines)) <= WIDTH
        assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(line))


def test_a_sketch_that_nothing_uses_is_drawn():
    text = written(PLATE + "sketch 0 0 10 +z +x\nloop 0 0\nline 5 0\nline 5 9\n")
    assert "# Drawn, and not used yet" in text
    assert "Polyline((0, 0), (5, 0), (5, 9))" in text


def test_a_cut_of_nothing_is_refused():
    with pytest.raises(InputError, match="nothing to cut"):
        written("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude cut to 3 0\n")


def test_another_dialect_is_refused():
    with pytest.raises(InputError, match="at --dialect: unknown dialect: expected build123d"):
        written(PLATE, "openscad")


def test_a_dialect_has_every_operation():
    assert all(d.EXPORT.keys() == set(OPERATIONS.values()) for d in DIALECTS.values())


def test_convert_writes_the_dialect_that_is_asked_for(run, tmp_path):
    (tmp_path / "plate.lines").write_text(PLATE)
    for dialect in DIALECTS:
        target = tmp_path / f"{dialect}.py"
        code, _, _ = run("convert", tmp_path / "plate.lines", target, "--dialect", dialect)
        assert code == 0
        assert read(target).origin == dialect
    code, _, err = run(
        "convert", tmp_path / "plate.lines", tmp_path / "a.py", "--dialect", "native"
    )
    assert code == 2
    assert "unknown dialect" in err
