"""Point clouds: where their points lie, how evenly, and the frame they are in."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import trimesh
from conftest import PLATE, mesh_of
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete.clouds import cloud
from cadcomplete.clouds.cloud import (
    METHODS,
    by_area,
    choose_loops,
    choose_numpy,
    farthest,
    normalize,
    sample_cloud,
)
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.mesh import EMPTY, Mesh, to_trimesh

GROUND = "sketch 0 0 0 +z +x\n"
BOX = GROUND + "loop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 20 0\n"
TUBE = GROUND + "circle 0 0 10\ncircle 0 0 6\nextrude new to 30 0/1\n"
POCKET = "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude cut to 4 0\n"
TOWER = "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude join to 500 0\n"


@pytest.fixture(scope="module")
def box():
    """A box of 40 × 30 × 20 mm."""
    return mesh_of(BOX)


@pytest.fixture(scope="module")
def tube():
    """A tube of 30 mm between the radii 6 and 10."""
    return mesh_of(TUBE)


def moved(mesh, *, scale=1.0, by=(0, 0, 0)):
    return Mesh(mesh.vertices * scale + by, mesh.triangles)


def gaps(points):
    """Return the distance of each point to its nearest neighbour."""
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    return np.sqrt(squared.min(axis=1))


# --- points and normals -------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_points_lie_on_the_surface_with_unit_normals(tube, method):
    made = sample_cloud(tube, 1000, method=method)
    assert made.points.shape == made.normals.shape == (1000, 3)
    assert np.allclose(np.linalg.norm(made.normals, axis=1), 1)
    _, distances, faces = trimesh.proximity.closest_point_naive(
        to_trimesh(tube), made.millimetres[:200]
    )
    assert distances.max() < 1e-9
    assert np.allclose((made.normals[:200] * tube.normals[faces]).sum(axis=1), 1)


@pytest.mark.parametrize("method", METHODS)
def test_points_are_as_near_to_the_exact_surface_as_the_mesh(tube, method):
    made = sample_cloud(tube, 2000, method=method)
    side = np.abs(made.normals[:, 2]) < 0.5
    radii = np.linalg.norm(made.millimetres[side, :2], axis=1)
    # The middle of a chord of 12 degrees is 1 - cos(6°) = 0.55 % nearer to the axis.
    off = np.minimum(np.abs(radii - 10), np.abs(radii - 6))
    assert off.max() < 10 * 0.0056
    outwards = (made.millimetres[side, :2] * made.normals[side, :2]).sum(axis=1) > 0
    assert np.array_equal(outwards, radii > 8)


def test_normals_of_points_are_those_of_their_face(box):
    points, normals = by_area(box, 2000)
    low, high = np.array([0, 0, 0]), np.array([40, 30, 20])
    upper, lower = normals > 0.5, normals < -0.5
    assert (upper.sum(axis=1) + lower.sum(axis=1) == 1).all()
    assert np.allclose(points[upper], np.broadcast_to(high, points.shape)[upper])
    assert np.allclose(points[lower], np.broadcast_to(low, points.shape)[lower])


def test_points_are_uniform_by_area(box):
    count = 8000
    normals = sample_cloud(box, count).normals
    axis, side = np.abs(normals).argmax(axis=1), normals.sum(axis=1) > 0
    seen = np.bincount(2 * axis + side, minlength=6)
    areas = np.array([600, 600, 800, 800, 1200, 1200])
    expected = count * areas / areas.sum()
    chi_square = ((seen - expected) ** 2 / expected).sum()
    assert chi_square < 20.5  # five degrees of freedom: p = 0.001


def test_points_are_uniform_within_a_face(box):
    points, normals = by_area(box, 8000)
    top = points[normals[:, 2] > 0.5]
    seen, _, _ = np.histogram2d(top[:, 0], top[:, 1], bins=4, range=[[0, 40], [0, 30]])
    expected = len(top) / 16
    assert ((seen - expected) ** 2 / expected).sum() < 37.7  # 15 degrees of freedom: p = 0.001


def test_triangle_without_area_has_no_points():
    corners = np.array([(0, 0, 0), (4, 0, 0), (0, 4, 0), (2, 0, 0)], dtype=float)
    needle = (0, 1, 3)  # three corners on a line
    mesh = Mesh(corners, np.array([needle, (0, 1, 2), needle, (1, 1, 1)]))
    _, normals = by_area(mesh, 500)
    assert np.allclose(normals, (0, 0, 1))


@pytest.mark.parametrize("method", METHODS)
def test_mesh_without_surface_raises_geometry_error(method):
    flat = Mesh(np.zeros((3, 3)), np.array([(0, 1, 2)]))
    for mesh in (EMPTY, flat):
        with pytest.raises(GeometryError, match="there is no surface"):
            sample_cloud(mesh, 10, method=method)


def test_unknown_method_raises_input_error(box):
    with pytest.raises(InputError, match="expected area or farthest, got poisson"):
        sample_cloud(box, 10, method="poisson")


@pytest.mark.parametrize("method", METHODS)
def test_points_depend_on_the_seed_alone(tube, method):
    first, again, other = (sample_cloud(tube, 50, method=method, seed=s).points for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_points_are_the_same_on_every_machine():
    # A right triangle with legs of 1, and the numbers that PCG64 draws from the seed 0.
    mesh = Mesh(np.eye(3), np.array([(0, 1, 2)]))
    points, _ = by_area(mesh, 1)
    _, along, across = np.random.default_rng(0).random(3)
    assert (along, across) == pytest.approx((0.2697867138, 0.0409735239))
    side = along**0.5
    assert points[0] == pytest.approx((1 - side, side * (1 - across), side * across))


# --- farthest points ----------------------------------------------------------------------------


def test_farthest_points_lie_farther_apart_than_random_ones(tube):
    even, drawn = (sample_cloud(tube, 300, method=m).points for m in ("farthest", "area"))
    assert gaps(even).min() > 5 * gaps(drawn).min()
    assert np.ptp(gaps(even)) < np.ptp(gaps(drawn))


def test_farthest_points_begin_with_the_first_and_then_the_farthest():
    line = np.array([(x, 0, 0) for x in (3, 0, 1, 10, 4)], dtype=float)
    # From 3 the farthest is 10, then 0 at 3; then 1 and 4 are 1 away, and 1 comes first.
    assert farthest(line, 5).tolist() == [0, 3, 1, 2, 4]


def clouds(kind):
    random = np.random.default_rng(5)
    if kind == "grid":  # full of equal distances
        return random.permutation(np.mgrid[0:6, 0:6, 0:6].reshape(3, -1).T.astype(float))
    if kind == "plane":
        return random.random((200, 3)) * [1, 1, 0]
    if kind == "twice the same":
        return np.repeat(random.random((40, 3)), 2, axis=0)
    return random.normal(size=(333, 3)) * 100


@pytest.mark.parametrize("kind", ["anywhere", "grid", "plane", "twice the same"])
@pytest.mark.parametrize("count", [1, 2, 60])
def test_loops_numpy_and_compiled_choose_the_same_points(kind, count):
    points = clouds(kind)
    order = cloud._along_curve(points)
    assert sorted(order) == list(range(len(points)))
    loops, vectors = (f(points[order], order, count) for f in (choose_loops, choose_numpy))
    assert loops.tolist() == vectors.tolist() == farthest(points, count).tolist()


def test_without_numba_numpy_chooses(monkeypatch):
    compiled = farthest(clouds("anywhere"), 50)
    monkeypatch.setitem(sys.modules, "numba", None)  # what Python has of a module that is not there
    cloud._choose.cache_clear()
    try:
        assert cloud._choose() is choose_numpy
        assert np.array_equal(farthest(clouds("anywhere"), 50), compiled)
    finally:
        cloud._choose.cache_clear()


@pytest.mark.parametrize("count", [0, 6])
def test_more_points_than_there_are_cannot_be_chosen(count):
    with pytest.raises(GeometryError, match=f"cannot choose {count} of 5 points"):
        farthest(np.eye(5, 3), count)


# --- the frame ----------------------------------------------------------------------------------

coordinates = st.floats(-1e4, 1e4).map(lambda x: round(x, 3))
some_points = st.lists(st.tuples(*[coordinates] * 3), min_size=2, max_size=30, unique=True)


@given(some_points)
def test_largest_side_of_the_box_fills_the_frame(points):
    placed, center, scale = normalize(np.array(points))
    low, high = placed.min(axis=0), placed.max(axis=0)
    assert np.allclose(low + high, 0, atol=1e-6)
    assert (high - low).max() == pytest.approx(2)
    assert np.allclose(center + scale * placed, points, atol=1e-6)


@given(some_points)
def test_frame_of_points_in_their_frame_is_that_frame(points):
    placed, center, scale = normalize(normalize(np.array(points))[0])
    assert np.allclose(center, 0, atol=1e-6)
    assert scale == pytest.approx(1)
    assert np.abs(placed).max() == pytest.approx(1)


@given(some_points, st.randoms())
def test_frame_does_not_depend_on_the_order_of_points(points, random):
    mixed = random.sample(points, len(points))
    _, center, scale = normalize(np.array(points))
    _, again, same = normalize(np.array(mixed))
    assert (again.tolist(), same) == (center.tolist(), scale)


@settings(max_examples=20, deadline=None)
@given(st.integers(-8, 8), st.tuples(*[st.integers(-1000, 1000)] * 3))
def test_frame_takes_out_where_a_part_lies_and_how_large_it_is(power, by):
    mesh, scale = mesh_of(BOX), 2.0**power
    here, there = sample_cloud(mesh, 100), sample_cloud(moved(mesh, scale=scale, by=by), 100)
    assert np.allclose(there.points, here.points, atol=1e-9)
    assert np.allclose(there.normals, here.normals)
    assert np.allclose(there.center, here.center * scale + by)
    assert there.scale == pytest.approx(here.scale * scale)


def test_frame_of_a_box(box):
    made = sample_cloud(box, 4096)
    # The outermost of thousands of points lie on the faces but for rounding: those that face
    # along x have 600 of 5200 mm², so every side has hundreds.
    assert made.center == pytest.approx([20, 15, 10])
    assert made.scale == pytest.approx(20)
    assert np.abs(made.points).max(axis=0) == pytest.approx([1, 0.75, 0.5])


def test_scan_of_a_part_lies_where_its_cloud_lies(box):
    # A scanner sees other points of the same part.
    scanned, _, _ = normalize(by_area(box, 5000, seed=7)[0])
    made = sample_cloud(box, 5000)
    assert np.allclose(scanned.min(axis=0), made.points.min(axis=0), atol=1e-9)
    assert np.allclose(scanned.max(axis=0), made.points.max(axis=0), atol=1e-9)


@pytest.mark.parametrize(
    "points", [np.zeros((0, 3)), np.ones((5, 3)), np.ones((5, 2)), np.full((2, 3), np.nan)]
)
def test_points_without_extent_have_no_frame(points):
    with pytest.raises(GeometryError):
        normalize(points)


@pytest.mark.parametrize("method", METHODS)
def test_cloud_of_a_prefix_does_not_depend_on_what_follows(method):
    alone = sample_cloud(mesh_of(PLATE), 100, method=method)
    for rest in (POCKET, TOWER):
        whole = decode(PLATE + rest)
        solid = build(truncate(whole, 2))
        assert solid is not None
        prefix = sample_cloud(tessellate(solid), 100, method=method)
        assert np.array_equal(prefix.points, alone.points)
        assert np.array_equal(prefix.normals, alone.normals)
        assert (prefix.center.tolist(), prefix.scale) == (alone.center.tolist(), alone.scale)
    tower = sample_cloud(mesh_of(PLATE + TOWER), 100, method=method)
    assert tower.scale > 2 * alone.scale  # which would have given it away
