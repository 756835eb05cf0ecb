"""Scans: what was not seen is completed as designers draw, and what nobody saw is no evidence."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import mesh_of

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.scanner import scanned
from cadcomplete.fitting import finish, wanted
from cadcomplete.fitting.faces.faces import Cylinder, Flat
from cadcomplete.fitting.scan.ends import unseen_ends
from cadcomplete.fitting.scan.opening import Opening, opening
from cadcomplete.fitting.scan.snapping import snapped
from cadcomplete.fitting.scan.support import support
from cadcomplete.fitting.scan.symmetry import completed
from cadcomplete.fitting.scan.traced import traced
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import iou, solid

RING = "sketch 0 0 0 +y +x\ncircle 0 0 15\ncircle 0 0 8.5\nextrude new to 3 0/1\n"
ROD = "sketch 0 0 0 +z +x\ncircle 4 2 6\nextrude new to 200 0\n"
BAR = "sketch 0 0 0 +y +x\ncircle 0 0 15\nextrude new sym 100 0\n"
PLATE = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 80 0\nline 80 50\nline 0 50\nclose\nextrude new to 4 0\n"
)
HOLE = "sketch 0 0 4 +z +x\ncircle 60 25 8\nextrude cut to 0 0\n"
NOWHERE = "sketch 0 0 4 +z +x\ncircle 20 25 8\nextrude cut to 0 0\n"
STAR = (
    "sketch 0 0 0 +z +x\nloop 30 0\nline 12 8\nline 10 28\nline -6 13\nline -26 16\n"
    "line -15 0\nline -26 -16\nline -6 -13\nline 10 -28\nline 12 -8\nclose\nextrude new to 9 0\n"
)


def cloud(text: str):
    return sample_cloud(mesh_of(text), 4096)


def box(count: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals on a box from (-20, 0, -10) to (20, 30, 10)."""
    random = np.random.default_rng(0)
    size = np.array([40.0, 30.0, 20.0])
    points, normals = random.random((count, 3)) * size, np.zeros((count, 3))
    faces = random.choice(6, count, p=np.repeat([600, 800, 1200], 2) / 5200)
    rows, axis, side = np.arange(count), faces // 2, faces % 2
    points[rows, axis] = side * size[axis]
    normals[rows, axis] = 2.0 * side - 1
    return points - [20, 0, 10], normals


# --- what was not seen --------------------------------------------------------------------------


@pytest.mark.parametrize("direction", [(1, 0, 0), (-0.6, 0.64, 0.48), (0, -0.8, 0.6)])
def test_a_part_is_open_towards_where_it_was_cut_off(direction):
    points, normals = box()
    height = points @ np.array(direction, float)
    kept = height < np.quantile(height, 2 / 3)
    opened = opening(points[kept], normals[kept])
    assert opened is not None and opened.normal @ direction > np.cos(np.radians(10))
    assert opening(points, normals) is None


@pytest.mark.parametrize(
    ("low", "high", "end"),
    [(20.0, 60.0, 0.0), (-100.0, 70.0, 100.0), (30.0, 70.0, 78.0)],
    ids=["at the origin", "as far as the other end", "a little beyond"],
)
def test_an_end_that_was_not_seen_lies_where_designers_draw_it(low, high, end):
    random = np.random.default_rng(1)
    points = np.column_stack([random.random((500, 2)) * 5, low + (high - low) * random.random(500)])
    down = end < low
    normal = np.array([0.0, 0.0, -1.0 if down else 1.0])
    opened = Opening(normal, -low if down else high)
    (found,) = unseen_ends(points, [], [], opened, 0.1)
    assert found.normal == tuple(normal)
    assert found.offset * normal[2] == pytest.approx(end, abs=0.5)


def test_a_face_that_was_seen_is_the_end():
    points, _ = box()
    faces = [Flat((1.0, 0.0, 0.0), 20.0, 100, ((20.0, 0, -10), (20.0, 30, 10)))]
    assert not unseen_ends(points, faces, [], Opening(np.array([1.0, 0, 0]), 20.0), 0.1)


def test_the_mirror_completes_a_symmetric_part_and_no_other():
    points, normals = box()
    seen = points[:, 0] < 5
    opened = Opening(np.array([1.0, 0, 0]), 5.0)
    more, facing = completed(points[seen], normals[seen], ([], []), opened, 0.05)
    assert more[: seen.sum()] == pytest.approx(points[seen])
    assert more[:, 0].max() == pytest.approx(20)
    assert (facing[more[:, 0] > 19.9] @ [1, 0, 0] > 0.99).any()

    step = points.copy()
    step[points[:, 0] < 0, 2] *= 0.5  # thinner on one side
    same, _ = completed(step[seen], normals[seen], ([], []), opened, 0.05)
    assert len(same) == seen.sum()


# --- noise --------------------------------------------------------------------------------------


def test_points_are_put_on_the_face_that_looks_their_way():
    random = np.random.default_rng(2)
    flat = Flat((0.0, 0.0, 1.0), 1.0, 200, ((0.0, 0, 1), (10.0, 10, 1)))
    below = Flat((0.0, 0.0, -1.0), 0.0, 200, ((0.0, 0, 0), (10.0, 10, 0)))
    points = random.random((400, 3)) * [10, 10, 0] + np.repeat([0.0, 1.0], 200)[:, None] * [0, 0, 1]
    normals = np.repeat([[0.0, 0, -1], [0, 0, 1]], 200, axis=0)
    noisy = points + random.normal(0, 0.4, points.shape)
    places, facing, known = snapped(noisy, normals, [flat, below], [], 0.4)
    assert known.mean() > 0.95
    assert places[known, 2] == pytest.approx(points[known, 2], abs=1e-9)
    assert (facing == normals).all()


def test_points_of_a_bore_are_put_on_it_and_look_inwards():
    angle = np.linspace(0, 6, 50)
    around = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(50)])
    bore = Cylinder((0.0, 0, 1), (0.0, 0, 0), 5.0, False, 50, ((-5.0, -5, -1), (5.0, 5, 1)))
    places, facing, known = snapped(5.1 * around, -around, [], [bore], 0.1)
    assert known.all()
    assert places == pytest.approx(5 * around) and facing == pytest.approx(-around)


# --- evidence -----------------------------------------------------------------------------------


def test_a_hole_that_was_seen_has_support_and_one_that_is_not_there_has_none():
    target = wanted(scanned(cloud(PLATE + HOLE), name="here"))
    assert support(decode(PLATE + HOLE), target) > 0.5
    assert support(decode(PLATE + NOWHERE), target) < 0.1
    assert support(decode(PLATE), target) > 0.5


def test_an_outline_without_walls_is_traced():
    target = wanted(cloud(STAR))
    region = next(traced(target, np.eye(3), 0.0, 9.0))
    (outline,) = region.loops
    (true,) = decode(STAR).operations[0].loops
    assert abs(outline.area) == pytest.approx(abs(true.area), rel=0.03)
    assert len(outline.curves) < 30


# --- whole parts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "least"),
    [(RING, 0.9), (ROD, 0.85), (BAR, 0.9), (STAR, 0.6)],
    ids=["ring", "rod", "bar", "star"],
)
def test_from_a_scan_alone_simple_parts_come_back(text, least):
    overlaps = [
        iou(
            solid(finish(CadSequence(()), wanted(scanned(cloud(text), name=str(n))))[0]),
            solid(decode(text)),
        )
        for n in range(3)
    ]
    assert np.median(overlaps) > least
