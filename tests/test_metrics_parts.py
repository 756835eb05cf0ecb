"""The finished part: IoU, gain, distances, topology, commands, curves; numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import PLATE
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete.clouds.nearest import nearest_numpy, nearest_squared
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Loop, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import iou, mesh_of, solid
from cadcomplete.meshes.mesh import EMPTY, Mesh
from cadcomplete.metrics.clouds import chamfer, chamfer_deepcad, chamfer_recode
from cadcomplete.metrics.deepcad import Accuracy, accuracy, vectors
from cadcomplete.metrics.generation import coverage_and_matching, divergence, novel, unique
from cadcomplete.metrics.parts import chosen_iou, iou_centred, score_parts, target_part
from cadcomplete.metrics.text2cad import assign, count
from cadcomplete.metrics.topology import (
    components,
    dangling_edges,
    flux_enclosure,
    segment_error,
    self_intersection,
)
from cadcomplete.predictions import Answer

BOX = "sketch 0 0 0 +z +x\nloop {x} 0\nline {r} 0\nline {r} 10\nline {x} 10\nclose\n"


def box(x: float = 0.0, width: float = 10.0, height: float = 10.0) -> CadSequence:
    """A box of width × 10 × height whose left side is at x."""
    return decode(BOX.format(x=x, r=x + width) + f"extrude new to {height} 0\n")


# A block of 10 × 10 × 10 and another on top of it: 1,000 mm³, then 2,000.
TOWER = decode(
    BOX.format(x=0, r=10)
    + "extrude new to 10 0\n"
    + BOX.format(x=0, r=10).replace("sketch 0 0 0", "sketch 0 0 10")
    + "extrude join to 20 0\n"
)


def finished(sequence, **options):
    return Answer(sequence, 0.5, **options)


# --- IoU and gain -------------------------------------------------------------------------------


def test_half_of_what_was_missing_is_a_gain_of_half():
    three_quarters = CadSequence((*TOWER.operations[:3], box(height=5.0).operations[1]))
    extrude = TOWER.operations[3]
    half = type(extrude)(extrude.profiles, three_quarters.operations[3].extent, extrude.boolean)
    truth = target_part(TOWER, 2)
    assert truth.prefix_iou == pytest.approx(0.5)
    made = CadSequence((*TOWER.operations[:3], half))
    score = truth.score(finished(made), distances=False)
    assert (score.iou, score.gain) == (pytest.approx(0.75), pytest.approx(0.5))


def test_an_invalid_part_counts_as_no_part_at_all():
    truth = target_part(TOWER, 2)
    bad = finished(TOWER, valid=False, problems=("the kernel crashed",))
    for part, why in ((bad, "the kernel crashed"), (None, "no part")):
        score = truth.score(part)
        assert (score.iou, score.gain, score.failed) == (0.0, pytest.approx(-1.0), why)
        assert score.chamfer == math.inf
    assert truth.score(finished(CadSequence(()))).failed == "no volume"


def test_there_is_no_gain_where_the_prefix_is_the_whole_part():
    truth = target_part(TOWER, 4)
    assert truth.prefix_iou == pytest.approx(1.0)
    assert truth.score(finished(TOWER), distances=False).gain is None


def test_the_centred_iou_does_not_see_place_and_size():
    a, b = solid(box()), solid(box(50.0, width=20.0, height=10.0))
    assert iou(a, b) == 0.0
    assert iou_centred(a, solid(box(50.0))) == pytest.approx(1.0)
    # 20 × 10 × 10 with its largest side 1 is a quarter of the unit cube.
    assert iou_centred(a, b) == pytest.approx(0.25)


def test_of_several_parts_rank_1_the_mean_and_the_best_are_told_apart():
    truth = target_part(TOWER, 2)
    good = score_parts(truth, [finished(truncate(TOWER, 2)), finished(TOWER)])
    assert chosen_iou(good) == pytest.approx({"rank 1": 0.5, "expected": 0.75, "oracle": 1.0})
    assert chosen_iou(score_parts(truth, [])) == {"rank 1": 0.0, "expected": 0.0, "oracle": 0.0}


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.floats(-9, 9), st.floats(1, 20), st.floats(1, 20)),
    st.tuples(st.floats(-9, 9), st.floats(1, 20), st.floats(1, 20)),
    st.tuples(st.floats(-90, 90), st.floats(-90, 90), st.floats(-90, 90)),
)
def test_iou_is_symmetric_and_that_of_intervals_and_does_not_move(a, b, angles):
    first, second = solid(box(*a)), solid(box(*b))
    width = max(0.0, min(a[0] + a[1], b[0] + b[1]) - max(a[0], b[0]))
    shared = 10 * width * min(a[2], b[2])
    together = 10 * a[1] * a[2] + 10 * b[1] * b[2] - shared
    assert iou(first, second) == pytest.approx(shared / together, abs=1e-6)
    assert iou(second, first) == pytest.approx(iou(first, second), abs=1e-6)
    moved = [body.rotate(angles).translate((3.0, -7.0, 11.0)) for body in (first, second)]
    assert iou(*moved) == pytest.approx(iou(first, second), abs=1e-6)


# --- Chamfer distance ---------------------------------------------------------------------------


def test_the_chamfer_distance_of_shifted_points_is_twice_the_square_of_the_shift():
    points = np.arange(30.0).reshape(10, 3) * 10
    assert chamfer(points, points + np.array([0.3, 0.0, 0.4])) == pytest.approx(2 * 0.25)


def test_the_compiled_search_finds_what_comparing_all_finds():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(500, 3)), rng.normal(size=(400, 3)) * [0.01, 1, 5]
    assert nearest_squared(a, b) == pytest.approx(nearest_numpy(a, b))
    with pytest.raises(GeometryError):
        nearest_squared(a, b[:0])


def test_two_samples_of_one_cube_are_as_near_as_chance_makes_them():
    # Poisson points of density ρ: the mean of the squared distance is 1 / (π ρ); ρ = 8192 / 6.
    cube = mesh_of(solid(box()))
    assert chamfer_recode(cube, cube) == pytest.approx(2000 * 6 / 8192 / math.pi, rel=0.1)
    assert chamfer_recode(cube, mesh_of(solid(box(77.0)))) < 0.6  # centred


def test_deepcads_chamfer_distance_is_not_centred():
    # The farthest coordinate, 20 mm, stands at 0.75. The shift of 10 mm is 0.375 there, and a
    # point of a cube's sides is farther away the farther its side is.
    a, b = mesh_of(solid(box(10.0))), mesh_of(solid(box(0.0)))
    assert chamfer_deepcad(a, a) < 0.01
    assert 0.05 < chamfer_deepcad(a, b) < 2 * 0.375**2
    with pytest.raises(GeometryError):
        chamfer_deepcad(EMPTY, a)
    with pytest.raises(GeometryError):
        chamfer_recode(a, EMPTY)


# --- CAD-MLLM -----------------------------------------------------------------------------------

CORNERS = np.array([[x, y, z] for x in (0, 2) for y in (0, 2) for z in (0, 2)], dtype=float)
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def cube(*, without: int = 0, at: float = 0.0, turned: float = 0.0) -> Mesh:
    """A cube of 2 mm, each triangle with vertices of its own, without its last sides."""
    sides = SIDES[: 6 - without]
    triangles = [t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))]
    c, s = math.cos(turned), math.sin(turned)
    corners = CORNERS @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + at
    return Mesh(
        corners[np.array(triangles)].reshape(-1, 3), np.arange(3 * len(triangles)).reshape(-1, 3)
    )


def together(*meshes: Mesh) -> Mesh:
    offsets = np.cumsum([0, *(len(m.vertices) for m in meshes)])
    parts = [m.triangles + o for m, o in zip(meshes, offsets[:-1], strict=True)]
    return Mesh(np.concatenate([m.vertices for m in meshes]), np.concatenate(parts))


def test_a_closed_cube_has_no_faults():
    assert dangling_edges(cube()) == 0.0
    assert self_intersection(cube()) == 0.0
    assert flux_enclosure(cube(at=5.0)) == pytest.approx(0.0, abs=1e-12)


def test_a_cube_without_its_top_has_a_rim_and_a_hole():
    # Four edges of 2 mm over half of 2 mm; a hole of 4 mm² with its normal along z.
    assert dangling_edges(cube(without=1)) == pytest.approx(8.0)
    assert flux_enclosure(cube(without=1)) == pytest.approx(4.0)


def test_cubes_apart_are_components():
    pair = together(cube(), cube(at=7.0))
    assert (components(cube()), components(pair), components(EMPTY)) == (1, 2, 0)
    assert segment_error(cube(), pair) == 1


def test_cubes_through_each_other_intersect():
    pair = together(cube(), cube(at=1.03, turned=0.3))
    apart = together(cube(), cube(at=7.0, turned=0.3))
    assert 0.2 < self_intersection(pair) < 1.0
    assert self_intersection(apart) == self_intersection(EMPTY) == 0.0


def test_what_a_history_makes_has_no_faults():
    mesh = mesh_of(solid(decode(PLATE)))
    assert (dangling_edges(mesh), self_intersection(mesh), components(mesh)) == (0.0, 0.0, 1)
    assert flux_enclosure(mesh) == pytest.approx(0.0, abs=1e-9)


# --- DeepCAD ------------------------------------------------------------------------------------


def test_the_commands_of_a_cube():
    # The farthest coordinate, 10 mm, stands at 0.75: a level is 2 / 256 / 0.075 mm.
    rows = vectors(box())
    assert [row[0] for row in rows] == [4, 0, 0, 0, 0, 5, 3]
    assert [row[1:3] for row in rows[1:5]] == [(223, 128), (223, 223), (128, 223), (128, 128)]
    # The plane is that of x and y, at 0, its sketch 0.75 large; 0.75 high, new, one-sided.
    assert rows[5][6:] == (128, 128, 128, 128, 128, 128, 96, 224, 128, 0, 0)


def test_vectors_say_what_the_reader_reads(example_sequences):
    h5py = pytest.importorskip("h5py")
    import io

    from cadcomplete.readers.deepcad import parse

    for sequence in example_sequences:
        data = io.BytesIO()
        with h5py.File(data, "w") as file:
            file["vec"] = np.array(vectors(sequence))
        again = parse(data.getvalue())
        reach = max(map(abs, solid(sequence).bounding_box()))
        body = solid(again).scale((reach / 96,) * 3)
        assert iou(body, solid(sequence)) > 0.9


def test_a_part_has_all_of_its_own_commands_and_parameters():
    assert accuracy(TOWER, TOWER) == Accuracy(1.0, 1.0)
    assert accuracy(TOWER, TOWER, given=2) == Accuracy(1.0, 1.0)
    assert accuracy(TOWER, None) == Accuracy(0.0, None)


def test_a_prefix_does_not_count_and_what_is_missing_does():
    # Of loop, four lines, extrude, end only the place of the end is right: it has come before.
    assert accuracy(TOWER, truncate(TOWER, 2), given=2) == Accuracy(1 / 7, None)
    # Of loop, lines, extrude twice, and the end: the first six, and the end.
    assert accuracy(TOWER, truncate(TOWER, 2)).commands == pytest.approx(7 / 13)


def test_one_parameter_that_is_three_levels_off_is_wrong():
    # Of four lines' 8 and an extrude's 11 parameters one is; the reach is the true part's 10 mm.
    assert accuracy(box(), box(height=9.85)).parameters == 1.0
    assert accuracy(box(), box(height=9.5)).parameters == pytest.approx(18 / 19)


# --- Text2CAD -----------------------------------------------------------------------------------


def test_curves_are_paired_by_place_and_compared_by_kind():
    plate = decode(PLATE)
    sketch, extrude = plate.operations
    counts = count(plate, plate)
    assert [counts[name].f1 for name in ("line", "arc", "circle", "extrude")] == [1, None, 1, 1]
    square = Sketch(sketch.plane, sketch.loops[:1])
    lost = count(plate, CadSequence((square, extrude)))
    assert (lost["circle"].f1, lost["line"].f1) == (0.0, 1.0)
    rounded = Sketch(sketch.plane, (Loop((Circle((20.0, 15.0), 20.0),)), sketch.loops[1]))
    wrong = count(plate, CadSequence((rounded, extrude)))
    # The outer loops are a pair: one circle stands for one of four lines.
    assert (wrong["line"].missing, wrong["circle"].extra, wrong["circle"].right) == (4, 1, 1)
    assert wrong["circle"].f1 == pytest.approx(2 / 3)
    assert count(plate, None)["line"].f1 == 0.0
    assert count(TOWER, truncate(TOWER, 2), given=2)["extrude"].f1 == 0.0


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6))
def test_the_assignment_has_the_least_cost(rows, columns, seed):
    from itertools import permutations

    cost = np.random.default_rng(seed).random((rows, columns))
    pairs = assign(cost)
    small = cost if rows <= columns else cost.T
    least = min(
        sum(small[i, j] for i, j in enumerate(order))
        for order in permutations(range(small.shape[1]), small.shape[0])
    )
    assert sum(cost[i, j] for i, j in pairs) == pytest.approx(least)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == min(rows, columns)


# --- made from nothing --------------------------------------------------------------------------


def clouds(count: int, *, at: float = 0.0) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.random((50, 3)) * 0.1 + at + 0.2 * i for i in range(count)]


def test_a_set_covers_itself_and_one_part_covers_one():
    real = clouds(4)
    assert coverage_and_matching(real, real) == (1.0, 0.0)
    covered, far = coverage_and_matching(real[:1], real)
    assert covered == 0.25 and far > 0.1
    with pytest.raises(InputError):
        coverage_and_matching([], real)


def test_the_divergence_is_0_of_equal_sets_and_1_bit_of_sets_apart():
    assert divergence(clouds(3), clouds(3)) == pytest.approx(0.0, abs=1e-12)
    assert divergence(clouds(1, at=-0.9), clouds(1, at=0.5)) == pytest.approx(1.0)
    with pytest.raises(InputError):
        divergence([], clouds(1))


def test_a_larger_copy_is_neither_new_nor_unique():
    small, large = box(), box(width=20.0, height=20.0)
    doubled = decode(BOX.format(x=0, r=20).replace(" 10\n", " 20\n") + "extrude new to 20 0\n")
    assert novel([doubled, large], [small]) == 0.5
    assert unique([small, doubled, large]) == pytest.approx(1 / 3)
    assert novel([], []) is None


def test_a_plane_turned_about_its_normal_is_in_the_angles():
    sketch, extrude = box().operations
    for angle in (0.0, 90.0, -45.0):
        x_axis = (math.cos(math.radians(angle)), math.sin(math.radians(angle)), 0.0)
        turned = Sketch(Plane.of((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), x_axis), sketch.loops)
        row = vectors(CadSequence((turned, extrude)))[5]
        assert row[6:9] == (128, 128, 128 + round(angle / 180 * 128))
