"""Law 13: a solid contains what went in, and what makes no sense is told."""

from __future__ import annotations

import importlib.util
import math
import sys

import pytest
from conftest import ROOT

from cadcomplete.errors import BuildError
from cadcomplete.history.crossings import crossing
from cadcomplete.history.curves import CURVES, Arc, BSpline, Circle, Ellipse, EllipseArc, Line
from cadcomplete.history.geometry import XY
from cadcomplete.history.operations import Extrude, Loop, Profile, Sketch
from cadcomplete.kernel.arrangement import difference, intersection, prism, union
from cadcomplete.kernel.attempts import ALGORITHMS, CELLS, Attempt
from cadcomplete.kernel.build import build, construct
from cadcomplete.kernel.examine import examine
from cadcomplete.kernel.polygons import Fineness
from cadcomplete.kernel.report import Senseless
from cadcomplete.language.lines import decode

GROUND = "sketch 0 0 0 +z +x\n"


def benchmark():
    """The module of the sweep."""
    spec = importlib.util.spec_from_file_location("solids", ROOT / "benchmarks" / "solids.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["solids"] = module
    spec.loader.exec_module(module)
    return module


def box(x, y, width, depth, height, boolean="join", *, z=0):
    """A sketch of a rectangle and its extrude up to `height`."""
    corners = [(x + width, y), (x + width, y + depth), (x, y + depth)]
    lines = "".join(f"line {a:.6f} {b:.6f}\n" for a, b in corners)
    lines = f"sketch 0 0 {z} +z +x\nloop {x:.6f} {y:.6f}\n{lines}close\n"
    return f"{lines}extrude {boolean} to {height} 0\n"


def disc(x, y, radius, height, boolean="join", *, z=0):
    return f"sketch 0 0 {z} +z +x\ncircle {x} {y} {radius}\nextrude {boolean} to {height} 0\n"


CUBE = box(0, 0, 10, 10, 10, "new")


# --- nothing is lost ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 10, 100])
@pytest.mark.parametrize("overlap", [1e-4, 1.4e-4, 1.64e-4, 2e-4, 5e-4])
def test_a_wall_that_all_but_ends_at_a_block_is_not_lost(size, overlap):
    s, wall = size, round(0.25 * size + overlap, 6)
    text = box(0, 0, 1.5 * s, 0.9 * s, 0.2 * s, "new") + box(0, 0, wall, 0.9 * s, 0.65 * s)
    solid = build(decode(text + box(0.25 * s, 0.6 * s, 0.38 * s, 0.26 * s, 0.43 * s)))
    # The plate, the wall on it, and the block on it less what it shares with the wall.
    right = 1.5 * 0.9 * 0.2 * s**3 + wall * 0.9 * 0.45 * s**2
    right += (0.38 * s - (wall - 0.25 * s)) * 0.26 * 0.23 * s**2
    assert solid is not None and solid.volume == pytest.approx(right, rel=1e-6)


def test_a_piece_of_a_part_of_60_mm_is_not_lost():
    plate, wall = box(0, 0, 90, 54.948, 13.125, "new"), box(0, 0, 15.00016, 54.948, 27.49705)
    blocks = box(15, 0, 23.4, 17.022, 22.112052) + box(15, 38.748, 22.98, 16.19984, 25.201445)
    report = examine(decode(plate + wall + blocks)).report
    right = 90 * 54.948 * 13.125 + 15.00016 * 54.948 * (27.49705 - 13.125)
    right += (23.4 - 0.00016) * 17.022 * (22.112052 - 13.125)
    right += (22.98 - 0.00016) * 16.19984 * (25.201445 - 13.125)
    assert report.measures is not None
    assert report.measures.volume == pytest.approx(right, rel=1e-6)
    assert report.measures.bounding_box.maximum[2] == pytest.approx(27.49705)


def test_random_builds_with_small_gaps_and_overlaps_have_the_volume_of_an_exact_arrangement():
    solids = benchmark()
    verdicts = []
    for _, sequence, right in solids.builds(8, seed=3):
        verdicts.append(solids.verdict(examine(sequence).report, right))
    assert verdicts == ["right"] * 8


def test_the_exact_arrangement_is_exact():
    solids = benchmark()
    up, top = (0.0, 0.0, 0.0), (4.0, 4.0, 3.0)
    plate = solids.Piece(solids.Boolean.NEW_BODY, up, top)
    hole = solids.Piece(solids.Boolean.CUT, (1.0, 1.0, -1.0), (3.0, 3.0, 5.0), round=True)
    lens = solids.Piece(solids.Boolean.INTERSECT, (2.0, 1.0, 0.0), (4.0, 3.0, 3.0), round=True)
    assert solids.volume_of([plate, hole]) == pytest.approx(3 * (16 - math.pi), rel=1e-12)
    # Two unit circles whose middles are 1 apart share 2π/3 - √3/2.
    shared = 2 * math.pi / 3 - math.sqrt(3) / 2
    right = 3 * (math.pi - shared)
    assert solids.volume_of([plate, hole, lens]) == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("kind", ["fuse", "cut", "common"])
def test_a_kernel_that_is_always_wrong_is_an_error_that_names_the_operation(monkeypatch, kind):
    wrong = "cut" if kind == "common" else "common"
    monkeypatch.setitem(ALGORITHMS, kind, ALGORITHMS[wrong])
    monkeypatch.setitem(CELLS, kind, CELLS[wrong])
    boolean = {"fuse": "join", "cut": "cut", "common": "intersect"}[kind]
    text = CUBE + box(4, 0, 12, 10, 10, boolean)
    with pytest.raises(BuildError, match=r"off by [+-]\d+ mm³ where \d+ mm³") as caught:
        build(decode(text))
    assert caught.value.operation == 3


def test_a_wrong_result_is_tried_again_with_another_fuzzy_value(monkeypatch):
    run = Attempt.run

    def sometimes(self, fuzzy, **options):
        wrong = Attempt("common", self.arguments, self.tools)
        return run(wrong if fuzzy > 1e-5 else self, fuzzy, **options)

    monkeypatch.setattr(Attempt, "run", sometimes)
    solid = build(decode(CUBE + box(4, 0, 12, 10, 10)))
    assert solid is not None and solid.volume == pytest.approx(1600)


def test_what_the_kernel_makes_only_with_other_booleans_is_made(monkeypatch):
    monkeypatch.setitem(ALGORITHMS, "fuse", ALGORITHMS["common"])  # what is left are cells
    solid = build(decode(CUBE + box(4, 0, 12, 10, 10)))
    assert solid is not None and solid.volume == pytest.approx(1600)


def test_bodies_that_touch_in_a_line_stay_two():
    touching = CUBE + disc(15, 5, 5, 10)
    report = examine(decode(touching)).report
    assert report.problems == ()
    assert report.bodies == 2
    assert report.measures is not None
    assert report.measures.volume == pytest.approx(1000 + 250 * math.pi, rel=1e-6)


def test_cuts_that_do_not_meet_are_done_together(monkeypatch):
    made = []
    run = Attempt.run
    monkeypatch.setattr(Attempt, "run", lambda self, *a, **k: made.append(1) or run(self, *a, **k))
    holes = "".join(disc(x, 5, 1, 10, "cut") for x in (2, 5, 8))
    solid = build(decode(CUBE + holes))
    assert solid is not None and solid.volume == pytest.approx(1000 - 30 * math.pi)
    assert len(made) == 1
    build(decode(CUBE + holes + disc(8, 5, 1.5, 2, "cut")))  # meets the last one
    assert len(made) == 3


def test_of_several_cuts_the_one_that_fails_is_named():
    text = CUBE + disc(2, 2, 1, 10, "cut") + box(4, 4, 1, 1, 0, "cut")
    with pytest.raises(BuildError, match="operation 5: the extrude has no height"):
        build(decode(text + disc(8, 8, 1, 10, "cut")))


# --- the arrangement ----------------------------------------------------------------------------


def prisms(text):
    """The prism of each extrude, as an arrangement."""
    operations = decode(text).operations
    found = []
    for extrude in operations:
        if isinstance(extrude, Extrude):
            profile = extrude.profiles[0]
            sketch = operations[profile.sketch]
            assert isinstance(sketch, Sketch)
            found.append(prism(profile, sketch, *sorted(extrude.extent.span)))
    return found


def test_a_round_hole_counts_exactly_with_few_corners():
    plate, hole = prisms(CUBE + disc(5, 5, 3, 10, "cut"))
    left = difference(plate, [hole])
    assert left.volume() == pytest.approx(1000 - 90 * math.pi, rel=1e-9)
    ring = prisms(f"{GROUND}circle 0 0 5\ncircle 0 0 3\nextrude new to 10 0/1\n")[0]
    assert ring.volume() == pytest.approx(160 * math.pi, rel=1e-9)


def test_what_runs_through_an_arc_is_exact_with_many_corners():
    block, post = prisms(CUBE + disc(10, 5, 3, 10))
    both = union([block, post])
    half = 45 * math.pi
    assert not both.has(1000 + half + 0.01, within=1e-3)
    assert both.has(1000 + half, within=1e-3)
    fine = Fineness(1e-6)
    assert both.volume(fine) == pytest.approx(1000 + half, abs=1e-4)
    assert intersection(block, post).volume(fine) == pytest.approx(half, abs=1e-4)


@pytest.mark.parametrize("turned", [False, True])
def test_turning_everything_changes_no_volume(turned):
    block, other = prisms(CUBE + box(4, 3, 12, 5, 20, z=2))
    left = difference(block, [other])
    assert left.volume(Fineness(turned=turned)) == pytest.approx(1000 - 6 * 5 * 8, rel=1e-12)


def test_arcs_in_pieces_have_the_area_of_the_circle():
    whole = f"{GROUND}circle 0 0 10\nextrude new to 1 0\n"
    pieces = f"{GROUND}loop 10 0\narc -6 8 126.869898\narc 10 0 233.130102\nextrude new to 1 0\n"
    for text in (whole, pieces):
        assert prisms(text)[0].volume() == pytest.approx(100 * math.pi, rel=1e-7)


def test_a_tiny_part_is_as_exact_as_a_large_one():
    tiny = decode(f"{GROUND}circle 0.003 0.002 0.001\nextrude new to 0.01 0\n").operations[0]
    assert isinstance(tiny, Sketch)
    assert prism(Profile(0, 0), tiny, 0, 0.01).volume() == pytest.approx(1e-8 * math.pi, rel=1e-7)


# --- remarks ------------------------------------------------------------------------------------


def told(text, **options):
    return [(r.operation, r.kind) for r in construct(decode(text), **options).remarks]


FAR = (50, 50, 5, 5, 5)
IDLE, FLOATS = Senseless.CHANGES_NOTHING, Senseless.TOUCHES_NOTHING


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        (CUBE, []),
        (CUBE + box(*FAR, "new"), []),  # a body of its own is meant
        (CUBE + box(*FAR), [(3, FLOATS)]),
        (CUBE + box(10.01, 0, 5, 5, 5), [(3, FLOATS)]),
        (CUBE + box(10, 0, 5, 5, 5), []),
        (CUBE + disc(16, 5, 5, 5), [(3, FLOATS)]),
        (CUBE + disc(14, 5, 5, 5), []),
        (CUBE + box(*FAR, "cut"), [(3, IDLE)]),
        (CUBE + box(2, 2, 3, 3, 3), [(3, IDLE)]),
        (CUBE + box(-5, -5, 30, 30, 30, "intersect"), [(3, IDLE)]),
        (CUBE + box(10, 0, 5, 5, 5, "cut"), [(3, IDLE)]),  # touches it, removes nothing
        # Several that one boolean does.
        (CUBE + box(5, 0, 9, 9, 9) + box(2, 2, 3, 3, 3) + box(*FAR), [(5, IDLE), (7, FLOATS)]),
        (CUBE + disc(2, 2, 1, 9, "cut") + box(*FAR, "cut"), [(5, IDLE)]),
        (CUBE + box(*FAR, "cut") + disc(2, 2, 1, 9, "cut"), [(3, IDLE)]),
    ],
)
def test_what_makes_no_sense_is_told(text, remarks):
    assert told(text) == remarks


def test_a_remark_reads_as_a_sentence():
    report = examine(decode(CUBE + box(*FAR))).report
    assert [str(r) for r in report.remarks] == ["operation 3: the join touches nothing"]
    assert (report.valid, report.bodies) == (True, 2)


@pytest.mark.parametrize("curve", CURVES.values())
def test_every_curve_has_a_polygon_and_an_equation(curve):
    closing = (Line((9, 0), (4, 9)), Line((4, 9), (0, 0)))
    made = {
        Line: Line((0, 0), (9, 0)),
        Arc: Arc((0, 0), (4, -3), (9, 0)),
        Circle: Circle((0, 0), 5),
        Ellipse: Ellipse((0, 0), 5, 3, 30),
        EllipseArc: EllipseArc((0, 0), (9, 0), 90, 20, 0.6),
        BSpline: BSpline(2, ((0, 0), (4, -3), (9, 0)), (0, 1)),
    }
    loop = Loop((made[curve], *(() if curve.closed else closing)))
    polyhedron = prism(Profile(0, 0), Sketch(XY, (loop,)), 0, 1)
    assert polyhedron.volume() == pytest.approx(abs(loop.area), rel=1e-7)
    assert crossing(loop) is None


@pytest.mark.parametrize("count", [4, 40])
@pytest.mark.parametrize("height", [0.3, -0.77])
def test_a_row_of_discs_across_an_edge_is_right_though_all_polygons_err_to_one_side(count, height):
    discs = "".join(f"circle {2.5 * i} 0 1\n" for i in range(count))
    text = (
        box(-2, -5, 2.5 * count + 2, 5 + height, 10, "new") + f"{GROUND}{discs}extrude join to 10 "
    )
    solid = build(decode(text + " ".join(map(str, range(count))) + "\n"))
    # Of each disc the segment above the edge: r² acos(h) - h sqrt(1 - h²).
    above = math.acos(height) - height * math.sqrt(1 - height**2)
    right = 10 * ((2.5 * count + 2) * (5 + height) + count * above)
    assert solid is not None and solid.volume == pytest.approx(right, rel=1e-6)


def test_round_walls_that_meet_askew_are_known_to():
    sketches = [
        decode(f"sketch 0 0 0 {axes}\ncircle 0 0 4\n").operations[0] for axes in ("+z +x", "+x +y")
    ]
    upright, lying = (prism(Profile(0, 0), sketch, -9, 9) for sketch in sketches)
    assert intersection(upright, lying).askew
    assert not union([upright, upright]).askew
