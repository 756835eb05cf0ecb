"""Pictures: the z-buffer in its three forms, and what a picture of a part shows."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from conftest import mesh_of

from cadcomplete.history.geometry import BoundingBox
from cadcomplete.language.lines import decode
from cadcomplete.meshes import raster
from cadcomplete.meshes.mesh import EMPTY, open_sketches
from cadcomplete.meshes.raster import fill_loops, fill_numpy, rasterize
from cadcomplete.meshes.render import ISOMETRIC, Camera, best_camera, corner_normals, render

GROUND = "sketch 0 0 0 +z +x\n"
OUTLINE = "loop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\n"
BOX = GROUND + OUTLINE + "extrude new to 10 0\n"


@pytest.fixture(scope="module")
def box():
    """A box of 40 × 30 × 10 mm."""
    return mesh_of(BOX)


# --- the z-buffer -------------------------------------------------------------------------------

SIZE = 24


def empty_buffers():
    depth = np.full((SIZE, SIZE), -np.inf)
    return depth, np.full((SIZE, SIZE), -1, dtype=np.int32), np.zeros((SIZE, SIZE, 3))


def filled(fill, corners):
    buffers = empty_buffers()
    fill(corners, *buffers)
    return buffers


def triangles(kind):
    random = np.random.default_rng(7)
    corners = random.uniform(-10, SIZE + 10, size=(40, 3, 3))
    if kind == "on the samples":  # corners and edges that pass exactly through sample points
        corners = np.floor(corners) + 0.5
    if kind == "small":
        corners = corners[:, :1] + random.uniform(-1, 1, size=(40, 3, 3))
    if kind == "without area":
        corners[:, 2] = (corners[:, 0] + corners[:, 1]) / 2
        corners[::2, 1] = corners[::2, 0]
    if kind == "twice the same":  # the first one is seen
        corners = np.concatenate([corners, corners])
    return corners


KINDS = ["anywhere", "on the samples", "small", "without area", "twice the same"]


@pytest.mark.parametrize("kind", KINDS)
def test_loops_numpy_and_compiled_fill_the_same_buffers(kind):
    corners = triangles(kind)
    loops, vectors = filled(fill_loops, corners), filled(fill_numpy, corners)
    compiled = rasterize(corners, SIZE)
    for a, b, c in zip(loops, vectors, compiled, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)
    assert (loops[1] >= 0).any() == (kind != "without area")


def test_compiled_form_is_used_where_numba_is_installed():
    pytest.importorskip("numba")
    assert raster._fill() is not fill_numpy


def test_without_numba_numpy_fills(monkeypatch):
    compiled = rasterize(triangles("anywhere"), SIZE)
    monkeypatch.setitem(sys.modules, "numba", None)  # what Python has of a module that is not there
    raster._fill.cache_clear()
    try:
        assert raster._fill() is fill_numpy
        plain = rasterize(triangles("anywhere"), SIZE)
    finally:
        raster._fill.cache_clear()
    assert all(np.array_equal(a, b) for a, b in zip(compiled, plain, strict=True))


def test_nearest_triangle_wins():
    far = [(0, 0, 1), (SIZE * 2, 0, 1), (0, SIZE * 2, 1)]  # covers everything
    near = [(4, 4, 5), (12, 4, 5), (4, 12, 5)]
    for order in ([far, near], [near, far]):
        depth, owner, _ = rasterize(np.array(order, dtype=float), SIZE)
        assert depth[6, 6] == 5
        assert depth[20, 20] == 1
        assert owner[6, 6] == order.index(near)


def test_weights_give_the_place_in_the_triangle():
    corners = np.array([[(0, 0, 0), (20, 0, 40), (0, 20, 60)]], dtype=float)
    depth, _, weights = rasterize(corners, SIZE)
    # The sample in row 4, column 10 is at x = 10.5, y = 4.5: depth 2 x + 3 y.
    assert depth[4, 10] == pytest.approx(2 * 10.5 + 3 * 4.5)
    assert weights[4, 10] == pytest.approx([1 - 15 / 20, 10.5 / 20, 4.5 / 20])
    assert depth[15, 15] == -np.inf


# --- pictures -----------------------------------------------------------------------------------


def colored(picture):
    return (picture != 255).any(axis=2)


def orange(picture):
    return picture[..., 0].astype(int) - picture[..., 2] > 60


def blue(picture):
    return picture[..., 2].astype(int) - picture[..., 0] > 60


def grey(picture):
    red, _, blue = np.moveaxis(picture.astype(int), 2, 0)
    return (np.abs(red - blue) < 25) & (red > 90) & (red < 250)


def visible_areas(camera, size):
    """Return the projected areas of the sides x, y and z of a box, in mm²."""
    w, d, h = size
    x, y, z = np.abs(camera.axes[2])
    return d * h * x, w * h * y, w * d * z


def test_view_is_from_the_upper_right_front():
    x, y, z = ISOMETRIC.axes[2]
    assert (x > 0, y < 0, z > 0) == (True, True, True)
    assert np.allclose(ISOMETRIC.axes @ ISOMETRIC.axes.T, np.eye(3))
    assert np.linalg.det(ISOMETRIC.axes) == pytest.approx(1)
    assert ISOMETRIC.axes[1][2] > 0  # up is up


@pytest.mark.parametrize("camera", [ISOMETRIC, Camera(20, -40), Camera(200, 75)])
def test_silhouette_of_a_box_is_its_projected_hexagon(box, camera):
    size = 400
    seen = colored(render(box, size=size, camera=camera))
    corners = np.array([(x, y, z) for x in (0, 40) for y in (0, 30) for z in (0, 10)])
    flat = corners @ camera.axes[:2].T
    wide = (flat.max(axis=0) - flat.min(axis=0)).max()
    pixels = (0.9 * size / wide) ** 2  # per mm²: the box fills nine tenths
    assert seen.sum() == pytest.approx(sum(visible_areas(camera, (40, 30, 10))) * pixels, rel=0.02)
    rows, columns = np.nonzero(seen)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    assert extent == pytest.approx(0.9 * size, abs=3)
    assert (rows.min() + rows.max(), columns.min() + columns.max()) == pytest.approx(
        (size, size), abs=3
    )


def test_edges_are_drawn_where_they_are_seen(box):
    picture = render(box, size=400)
    camera, center = ISOMETRIC.axes, np.array([20, 15, 5])
    corners = np.array([(x, y, z) for x in (0, 40) for y in (0, 30) for z in (0, 10)])
    flat = (corners - center) @ camera[:2].T
    at = np.rint(200 + flat * [1, -1] * 180 / np.abs(flat).max()).astype(int)
    dark = {
        tuple(corner): int(picture[row - 2 : row + 3, column - 2 : column + 3].min())
        for corner, (column, row) in zip(corners.tolist(), at.tolist(), strict=True)
    }
    hidden = dark.pop((0, 30, 0))  # the only corner that no visible side has
    assert hidden > 90
    assert max(dark.values()) < 90


def test_nearer_sides_hide_what_is_behind():
    two = BOX + "sketch 0 60 0 +z +x\n" + OUTLINE + "extrude new to 10 0\n"
    one = mesh_of(BOX)
    frame = Camera(-90, 0, box=BoundingBox((0, 0, 0), (40, 90, 10)))
    # From the front the second box stands exactly behind the first.
    assert np.array_equal(
        colored(render(mesh_of(two), size=100, camera=frame)),
        colored(render(one, size=100, camera=frame)),
    )


def test_picture_is_deterministic(box):
    assert np.array_equal(render(box, size=64), render(box, size=64))


@pytest.mark.parametrize("size", [1, 33, 128])
def test_picture_has_the_size_asked_for(box, size):
    picture = render(box, size=size)
    assert (picture.shape, picture.dtype) == ((size, size, 3), np.uint8)


def test_empty_scene_is_white():
    assert (render(EMPTY, size=16) == 255).all()
    assert (render(EMPTY, size=16, given=EMPTY) == 255).all()


def test_round_surface_is_smooth_and_edges_are_sharp(box):
    assert np.allclose(np.abs(corner_normals(box)).max(axis=2), 1)  # along an axis each
    cylinder = mesh_of(GROUND + "circle 0 0 5\nextrude new to 20 0\n")
    normals, corners = corner_normals(cylinder), cylinder.vertices[cylinder.triangles]
    side = np.abs(cylinder.normals[:, 2]) < 0.5
    radial = corners[side] * [1, 1, 0] / 5
    # A flat triangle would be half a chord off, 3 degrees or 0.05.
    assert np.allclose(normals[side], radial, atol=0.03)
    assert np.allclose(np.abs(normals[~side]), [0, 0, 1])


# --- given and new ------------------------------------------------------------------------------

STORY = BOX + "sketch 0 0 10 +z +x\n" + OUTLINE + "extrude join to 20 0\n"


def test_new_surface_is_orange_and_given_surface_grey(box):
    picture = render(mesh_of(STORY), size=300, given=box)
    x, y, z = visible_areas(ISOMETRIC, (40, 30, 10))
    # One storey more on the box: its sides and the roof are new, the lower sides are not.
    share = orange(picture).sum() / (orange(picture).sum() + grey(picture).sum())
    assert share == pytest.approx((x + y + z) / (2 * x + 2 * y + z), abs=0.01)


def test_nothing_is_orange_where_nothing_is_new(box):
    assert not orange(render(box, size=100, given=box)).any()
    assert not orange(render(box, size=100)).any()


def test_all_is_orange_where_nothing_was_given(box):
    picture = render(box, size=100, given=EMPTY)
    assert orange(picture).sum() > 0.9 * colored(picture).sum()


POCKETS = {
    "top": "sketch 0 0 10 +z +x\ncircle 20 15 8\nextrude cut to 4 0\n",
    "bottom": "sketch 0 0 0 +z +x\ncircle 20 15 8\nextrude cut to 6 0\n",
    "back": "sketch 0 30 0 +y +z\ncircle 5 20 4\nextrude cut to 20 0\n",
    "left": "sketch 0 0 0 +x +y\ncircle 15 5 4\nextrude cut to 10 0\n",
}


@pytest.mark.parametrize("side", POCKETS)
def test_best_camera_finds_the_pocket(box, side):
    part = mesh_of(BOX + POCKETS[side])
    camera = best_camera(part, given=box)
    assert (camera == ISOMETRIC) == (side == "top")
    assert orange(render(part, size=100, camera=camera, given=box)).sum() > 100
    assert orange(render(part, size=100, given=box)).any() == (side == "top")


def test_best_camera_of_nothing_is_the_usual_one(box):
    assert best_camera(EMPTY, given=EMPTY) == ISOMETRIC
    assert best_camera(box, given=box) == ISOMETRIC


# --- sketches -----------------------------------------------------------------------------------


def test_sketch_is_blue_and_seen_through_the_part(box):
    behind = decode(BOX + "sketch 0 30 0 +y +z\ncircle 5 20 4\n")  # on the far side
    picture = render(box, size=200, sketches=open_sketches(behind))
    assert blue(picture).sum() > 50
    assert not blue(render(box, size=200)).any()


def test_sketch_alone_fills_the_picture():
    square = decode("sketch 0 0 0 +z +x\nloop 0 0\nline 9 0\nline 9 9\nline 0 9\nclose\n")
    camera = Camera(-90, 90)  # from above
    rows, columns = np.nonzero(blue(render(EMPTY, sketches=open_sketches(square), camera=camera)))
    assert (np.ptp(rows), np.ptp(columns)) == pytest.approx((0.9 * 512, 0.9 * 512), abs=5)


def test_sketch_with_one_line_is_drawn():
    (line,) = open_sketches(decode("sketch 0 0 0 +z +x\nloop 0 0\nline 9 0\n"))
    rows_columns = np.argwhere(blue(render(EMPTY, size=100, sketches=(line,))))
    right, up, _ = ISOMETRIC.axes[:, 0]  # where x goes in the picture: more sideways than up
    length = math.hypot(*np.ptp(rows_columns, axis=0))
    assert length == pytest.approx(90 * math.hypot(right, up) / right, abs=4)
